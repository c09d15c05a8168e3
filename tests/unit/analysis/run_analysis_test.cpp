#include "core/analysis/run_analysis.h"

#include <gtest/gtest.h>

#include "tests/unit/analysis/synthetic_run.h"

namespace tidemark::synthetic {
namespace {

constexpr double kMiB = 1 << 20;

const PhaseUse& phase(const RunSummary& summary, const std::string& path,
                      uint32_t cycle = 1) {
  for (const PhaseUse& use : summary.phases) {
    if (use.phase.path == path && use.phase.cycle == cycle) return use;
  }
  ADD_FAILURE() << "no phase " << path << "#" << cycle;
  static const PhaseUse kNone;
  return kNone;
}

const SubjectUse& use_of(const PhaseUse& phase, SubjectId id) {
  for (const SubjectUse& use : phase.subjects) {
    if (use.subject == id) return use;
  }
  ADD_FAILURE() << "process not in " << phase.phase.path;
  static const SubjectUse kNone;
  return kNone;
}

const Finding* finding(const RunSummary& summary, SubjectId id,
                       Resource resource) {
  for (const Finding& f : summary.findings) {
    if (f.subject == id && f.resource == resource) return &f;
  }
  return nullptr;
}

TEST(RunAnalysis, NothingSeenIsAnEmptySummary) {
  const RunSummary summary = RunAnalysis().summarize(Dictionary());
  EXPECT_TRUE(summary.phases.empty());
  EXPECT_TRUE(summary.findings.empty());
  EXPECT_EQ(summary.command_status, -1);
}

TEST(RunAnalysis, CountersAreCutAtThePhaseEdges) {
  RunModel run;
  const SubjectId server = run.process("server", 10);
  run.figure(server, "cpu_user", [](double t) { return 3e8 * t; });
  run.figure(server, "cpu_system", [](double t) { return 1e8 * t; });
  run.counts(server, "minor_faults", 50);
  run.counts(server, "io_read_bytes", 1000);
  run.counts(server, "run_delay", 2e6);
  const SubjectId client = run.client("server", server);
  run.phase(client, "load", PhaseKind::load, 10.25, 20.75);
  const RunSummary summary = run.summarize(30);
  const SubjectUse& use = use_of(phase(summary, "load"), server);
  EXPECT_NEAR(use.cpu_seconds, 10.5 * 0.4, 1e-6);
  EXPECT_NEAR(use.cpu_ratio.mean, 0.4, 1e-6);
  EXPECT_NEAR(use.cpu_ratio.min, 0.4, 1e-3);
  EXPECT_NEAR(use.cpu_ratio.max, 0.4, 1e-3);
  EXPECT_EQ(use.minor_faults, 525);
  EXPECT_EQ(use.io_read_bytes, 10500);
  EXPECT_NEAR(use.run_delay_seconds, 0.021, 1e-6);
}

// A counter that stands still is left out of the frames; its later growth
// belongs to the second in which it grew.
TEST(RunAnalysis, GrowthAfterAStandstillIsNotSpreadOverIt) {
  RunModel run;
  const SubjectId server = run.process("server", 10);
  run.figure(server, "cpu_user",
             [](double t) { return t < 50 ? 0 : 1e9 * (t - 50); });
  run.figure(server, "cpu_system", [](double) { return 0; });
  const SubjectId client = run.client("server", server);
  run.phase(client, "idle", PhaseKind::custom, 10, 50);
  run.phase(client, "busy", PhaseKind::custom, 50, 55);
  const RunSummary summary = run.summarize(60);
  EXPECT_NEAR(use_of(phase(summary, "idle"), server).cpu_seconds, 0, 1e-9);
  EXPECT_NEAR(use_of(phase(summary, "busy"), server).cpu_seconds, 5, 1e-6);
}

TEST(RunAnalysis, LevelsOverAPhase) {
  RunModel run;
  const SubjectId server = run.process("server", 10);
  run.figure(server, "rss_anon",
             [](double t) { return (t < 15 ? 10 : 20) * kMiB; });
  run.figure(server, "swap", [](double t) { return t < 18 ? 0 : kMiB; });
  run.figure(server, "fds", [](double t) { return 5 + (t < 12 ? 0 : 3); });
  const SubjectId client = run.client("server", server);
  run.phase(client, "load", PhaseKind::load, 10, 20);
  const RunSummary summary = run.summarize(30);
  const SubjectUse& use = use_of(phase(summary, "load"), server);
  EXPECT_DOUBLE_EQ(use.rss_anon_bytes.first, 10 * kMiB);
  EXPECT_DOUBLE_EQ(use.rss_anon_bytes.last, 21 * kMiB);
  EXPECT_DOUBLE_EQ(use.rss_anon_bytes.min, 10 * kMiB);
  EXPECT_DOUBLE_EQ(use.rss_anon_bytes.max, 21 * kMiB);
  EXPECT_NEAR(use.rss_anon_bytes.mean / kMiB, 15.2, 0.1);
  EXPECT_EQ(use.fds.first, 5);
  EXPECT_EQ(use.fds.last, 8);
  EXPECT_EQ(use.threads.n, 0);  // never read: absent
}

TEST(RunAnalysis, CostsPerOperationOfTheProcessesOwnOps) {
  RunModel run;
  const SubjectId server = run.process("server", 10);
  const SubjectId other = run.process("other", 11);
  run.counts(server, "cpu_user", 2e8);
  run.counts(server, "cpu_system", 0);
  run.counts(other, "cpu_user", 1e8);
  run.counts(other, "cpu_system", 0);
  run.figure(server, "rss_anon", [](double t) { return 1000 * t; });
  const SubjectId client = run.client("server", server);
  run.counts(client, "op.request", 100);
  run.figure(client, "op.rare", [](double t) { return t < 15 ? 0 : 1; });
  run.phase(client, "load", PhaseKind::load, 10, 20);
  const RunSummary summary = run.summarize(30);
  const PhaseUse& load = phase(summary, "load");
  EXPECT_EQ(load.ops.at("request"), 1000);
  EXPECT_EQ(load.ops.at("rare"), 1);
  const SubjectUse& use = use_of(load, server);
  EXPECT_NEAR(use.per_op.at("cpu_seconds"), 0.002, 1e-9);
  EXPECT_NEAR(use.per_op.at("rss_anon_bytes"), 10, 0.01);
  // A process that counts nothing itself: by the run's first op.
  EXPECT_NEAR(use_of(load, other).per_op.at("cpu_seconds"), 0.001, 1e-9);
}

TEST(RunAnalysis, TheOpThatAClientCallsPrimaryIsItsUnitOfWork) {
  RunModel run;
  const SubjectId server = run.process("server", 10);
  run.counts(server, "cpu_user", 2e8);
  run.counts(server, "cpu_system", 0);
  const SubjectId client = run.client("server", server);
  run.counts(client, "op.byte", 1000);  // counted first
  run.figure(client, "op.request", [](double t) { return t < 5 ? 0 : 10 * t; });
  run.mark(client, EventKind::client_primary, "request", 1);
  run.phase(client, "load", PhaseKind::load, 10, 20);
  const RunSummary summary = run.summarize(30);
  EXPECT_NEAR(use_of(phase(summary, "load"), server).per_op.at("cpu_seconds"),
              0.02, 1e-9);
}

TEST(RunAnalysis, OpsBeforeTheRecordingAreNotCounted) {
  RunModel run;
  const SubjectId server = run.process("server", 10);
  run.counts(server, "cpu_user", 1e6);
  const SubjectId client = run.client("server", server);
  run.figure(client, "op.request", [](double t) { return 5000 + t; });
  const RunSummary summary = run.summarize(30);
  EXPECT_EQ(phase(summary, "run").ops.at("request"), 30);
}

TEST(RunAnalysis, AnOlderClientThatConnectsAgainIsNotCountedTwice) {
  RunModel run;
  const SubjectId server = run.process("server", 10, "", 5);
  run.counts(server, "cpu_user", 1e6);
  const SubjectId first = run.client("server", server);
  const SubjectId again = run.client("server", server);
  run.figure(first, "op.request", [](double t) { return 10 * (t - 5); });
  run.ends(first, 20);
  run.figure(again, "op.request",
             [](double t) { return 10 * std::max(t - 5, 15.0); });
  const RunSummary summary = run.summarize(30);
  // 140 by the first until its last reading at 19 s, 100 by the second.
  EXPECT_NEAR(static_cast<double>(phase(summary, "run").ops.at("request")), 245,
              15);
}

TEST(RunAnalysis, SpansOfAPhaseAreItsOwn) {
  RunModel run;
  const SubjectId server = run.process("server", 10);
  run.counts(server, "cpu_user", 1e6);
  const SubjectId client = run.client("server", server);
  // 10 per second: 1 ms in the first 20 s, 9 ms after that.
  run.span(client, "query", 10,
           [](int64_t i) { return i < 200 ? 1'000'000 : 9'000'000; });
  run.counts(client, "span_errors.query", 2);
  run.phase(client, "fast", PhaseKind::load, 5, 20);
  run.phase(client, "slow", PhaseKind::load, 20, 40);
  const RunSummary summary = run.summarize(50);
  ASSERT_EQ(phase(summary, "fast").spans.size(), 1u);
  const SpanStats& fast = phase(summary, "fast").spans[0];
  const SpanStats& slow = phase(summary, "slow").spans[0];
  EXPECT_EQ(fast.name, "query");
  EXPECT_EQ(fast.count, 150);
  EXPECT_EQ(fast.errors, 30);
  EXPECT_NEAR(fast.p99_ns, 1e6, 1e3);
  EXPECT_NEAR(fast.per_second, 10, 1e-6);
  EXPECT_EQ(slow.count, 200);
  EXPECT_NEAR(slow.p50_ns, 9e6, 1e4);
  ASSERT_EQ(summary.path_spans.at("slow").size(), 1u);
  EXPECT_EQ(summary.path_spans.at("slow")[0].count, 200);
}

TEST(RunAnalysis, MarksOutOfOrderAndTwiceMakeTheSamePhases) {
  RunModel run;
  const SubjectId server = run.process("server", 10);
  run.counts(server, "cpu_user", 1e8);
  const SubjectId client = run.client("server", server);
  run.phase(client, "a", PhaseKind::load, 5, 10);
  run.phase(client, "b", PhaseKind::load, 10.5, 20);
  const RunSummary expected = run.summarize(30);

  std::vector<Item> items = run.items(30, true);
  std::vector<Event> marks;
  std::erase_if(items, [&](const Item& item) {
    if (const auto* event = std::get_if<Event>(&item)) marks.push_back(*event);
    return std::holds_alternative<Event>(item);
  });
  ASSERT_EQ(marks.size(), 4u);
  RunAnalysis analysis;
  for (const Item& item : items) {
    const auto& frame = std::get<FrameItem>(item);
    analysis.on_frame(frame.frame, frame.chapter_begin, run.dictionary());
  }
  for (const size_t i : {2u, 0u, 3u, 1u, 0u, 2u}) analysis.on_event(marks[i]);
  const RunSummary summary = analysis.summarize(run.dictionary());
  ASSERT_EQ(summary.phases.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(summary.phases[i].phase.path, expected.phases[i].phase.path);
    EXPECT_EQ(summary.phases[i].phase.begin, expected.phases[i].phase.begin);
    EXPECT_EQ(summary.phases[i].phase.end, expected.phases[i].phase.end);
    EXPECT_DOUBLE_EQ(summary.phases[i].subjects[0].cpu_seconds,
                     expected.phases[i].subjects[0].cpu_seconds);
  }
}

TEST(RunAnalysis, WithoutMarksTheRunIsOnePhase) {
  RunModel run;
  const SubjectId server = run.process("server", 10);
  run.counts(server, "cpu_user", 1e8);
  const RunSummary summary = run.summarize(30);
  ASSERT_EQ(summary.phases.size(), 1u);
  EXPECT_EQ(summary.phases[0].phase.path, "run");
  EXPECT_NEAR(use_of(summary.phases[0], server).cpu_seconds, 3, 1e-6);
}

TEST(RunAnalysis, AnOpenPhaseCostsUntilTheEnd) {
  RunModel run;
  const SubjectId server = run.process("server", 10);
  run.counts(server, "cpu_user", 1e8);
  const SubjectId client = run.client("server", server);
  run.mark(client, EventKind::phase_begin, "load", 10, PhaseKind::load);
  const RunSummary summary = run.summarize(30);
  EXPECT_EQ(phase(summary, "load").phase.status, PhaseStatus::open);
  EXPECT_NEAR(use_of(phase(summary, "load"), server).cpu_seconds, 2, 1e-6);
}

// Cycles of 30 s: 20 s load, 10 s rest, after a warm-up of 30 s.
RunModel cycles(int n, double kept_per_op) {
  RunModel run;
  const SubjectId server = run.process("server", 10);
  const SubjectId client = run.client("server", server);
  const auto ops = [](double t) {
    const double cycle = std::floor(std::max(t - 30, 0.0) / 30);
    const double within = std::max(t - 30, 0.0) - 30 * cycle;
    return std::floor(100 * (20 * cycle + std::min(within, 20.0)));
  };
  run.figure(client, "op.request", ops);
  run.figure(server, "rss_anon", [=](double t) {
    const double working = std::fmod(t, 30) < 20 ? 5 * kMiB : 0;
    return 100 * kMiB + working + kept_per_op * ops(t);
  });
  run.figure(server, "fds", [](double) { return 20; });
  run.counts(server, "cpu_user", 1e8);
  run.phase(client, "warmup", PhaseKind::warmup, 0, 30);
  for (int i = 0; i < n; ++i) {
    const double begin = 30 + 30 * i;
    run.phase(client, "load", PhaseKind::load, begin, begin + 20);
    run.phase(client, "rest", PhaseKind::cooldown, begin + 20, begin + 30);
  }
  return run;
}

TEST(RunAnalysis, RetainedReadingsAreTakenAfterEachCooldown) {
  RunModel run = cycles(12, 1000);
  const RunSummary summary = run.summarize(391);
  const Finding* memory = finding(summary, SubjectId{0}, Resource::rss_anon);
  ASSERT_NE(memory, nullptr);
  ASSERT_EQ(memory->cycles, 12);
  for (size_t i = 0; i < 12; ++i) {
    const auto cycle = static_cast<double>(i);
    // Without the 5 MiB that the load works with.
    EXPECT_NEAR(memory->points[i].ops, 2000 * (cycle + 1), 1);
    EXPECT_NEAR(memory->points[i].value, 100 * kMiB + 2'000'000 * (cycle + 1),
                1000);
    EXPECT_NEAR(memory->points[i].seconds, 60 + 30 * cycle, 0.1);
  }
  EXPECT_EQ(memory->verdict, Verdict::leak);
  EXPECT_EQ(memory->op_name, "request");
  ASSERT_TRUE(memory->slope_per_op);
  EXPECT_NEAR(memory->slope_per_op->value, 1000, 5);
  EXPECT_EQ(memory->phases, std::vector<std::string>{"load"});
  EXPECT_EQ(summary.findings.front().verdict, Verdict::leak);
  EXPECT_EQ(finding(summary, SubjectId{0}, Resource::fds)->verdict,
            Verdict::none);
}

TEST(RunAnalysis, NoGrowthOverCyclesIsNoLeak) {
  const RunSummary summary = cycles(12, 0).summarize(391);
  EXPECT_EQ(finding(summary, SubjectId{0}, Resource::rss_anon)->verdict,
            Verdict::none);
}

TEST(RunAnalysis, FewCyclesConfirmNothing) {
  const RunSummary summary = cycles(7, 1000).summarize(241);
  const Finding* memory = finding(summary, SubjectId{0}, Resource::rss_anon);
  EXPECT_NE(memory->verdict, Verdict::leak);
}

TEST(RunAnalysis, AResourceThatWasNeverReadHasNoFinding) {
  const RunSummary summary = cycles(3, 0).summarize(121);
  EXPECT_EQ(finding(summary, SubjectId{0}, Resource::sockets), nullptr);
  EXPECT_EQ(finding(summary, SubjectId{0}, Resource::rss_shmem), nullptr);
}

TEST(RunAnalysis, AProcessIsReadOnlyWhileItLives) {
  RunModel run = cycles(12, 0);
  const SubjectId worker = run.process("worker", 11, "", 100);
  run.figure(worker, "rss_anon", [](double t) { return 1e6 + 1000 * t; });
  run.counts(worker, "cpu_user", 1e8);
  run.ends(worker, 200);
  const RunSummary summary = run.summarize(391);
  const Finding* memory = finding(summary, worker, Resource::rss_anon);
  ASSERT_NE(memory, nullptr);
  EXPECT_NE(memory->verdict, Verdict::leak);
  for (const Finding::Point& point : memory->points) {
    EXPECT_GE(point.seconds, 100);
    EXPECT_LE(point.seconds, 200);
  }
  for (const SubjectUse& use : phase(summary, "load", 2).subjects) {
    EXPECT_NE(use.subject, worker);  // 60..80 s: not born yet
  }
  EXPECT_GT(use_of(phase(summary, "load", 4), worker).cpu_seconds, 1);
}

TEST(RunAnalysis, ExitFiguresCompleteTheCounters) {
  RunModel run;
  const SubjectId server = run.process("server", 10);
  run.counts(server, "cpu_user", 1e8);
  const SubjectId worker = run.process("worker", 11, "", 10);
  run.figure(worker, "cpu_user", [](double t) { return 1e9 * (t - 10); });
  run.counts(worker, "cpu_system", 0);
  run.ends(worker, 12.5);
  Event exit;
  exit.kind = EventKind::exit;
  exit.time = at(12.5);
  exit.subject = worker;
  exit.value = 9;
  exit.life.cpu_user_ns = 2'500'000'000;
  run.event(exit);
  const RunSummary summary = run.summarize(30);
  const SubjectUse& use = use_of(phase(summary, "run"), worker);
  EXPECT_NEAR(use.cpu_seconds, 2.5, 1e-6);
  ASSERT_EQ(summary.notes.size(), 1u);
  EXPECT_EQ(summary.notes[0].kind, EventKind::exit);
}

// A process scan that comes late must not lengthen a life.
TEST(RunAnalysis, AnExitWithoutASubjectEndsTheLifeOfItsKey) {
  RunModel run;
  run.counts(run.process("server", 10), "cpu_user", 1e8);
  const SubjectId worker = run.process("worker", 11, "", 10);
  run.counts(worker, "cpu_user", 1e6);
  run.ends(worker, 60);
  Event exit;
  exit.kind = EventKind::exit;
  exit.time = at(13);
  exit.life.key = run.dictionary().subject(worker)->process;
  run.event(exit);
  const RunSummary summary = run.summarize(100);
  EXPECT_EQ(summary.too_brief, 1);
}

TEST(RunAnalysis, BriefProcessesAreCountedNotJudged) {
  RunModel run = cycles(3, 0);
  for (int i = 0; i < 5; ++i) {
    const SubjectId brief = run.process("brief", 100 + i, "", 50 + i);
    run.figure(brief, "rss_anon", [](double) { return 1e6; });
    run.ends(brief, 55 + i);
  }
  const RunSummary summary = run.summarize(121);
  EXPECT_EQ(summary.too_brief, 5);
  for (const Finding& f : summary.findings) {
    EXPECT_EQ(f.subject, SubjectId{0});
  }
}

TEST(RunAnalysis, UnwatchedProcessesAreNotKept) {
  RunModel run;
  const SubjectId watched = run.process("watched", 10);
  const SubjectId other = run.process("other", 11);
  run.counts(watched, "cpu_user", 1e8);
  run.counts(other, "cpu_user", 1e8);
  run.unwatch(other);
  const RunSummary summary = run.summarize(20);
  ASSERT_EQ(summary.phases[0].subjects.size(), 1u);
  EXPECT_EQ(summary.phases[0].subjects[0].subject, watched);
}

TEST(RunAnalysis, MissingTicksLowerTheCoverage) {
  RunModel run = cycles(12, 1000);
  run.gap(100, 150, "late");
  const RunSummary summary = run.summarize(391);
  EXPECT_NEAR(summary.quality.coverage, 342.0 / 392, 0.003);
  ASSERT_EQ(summary.quality.gaps.size(), 1u);
  EXPECT_EQ(summary.quality.gaps[0].ticks, 50);
  EXPECT_EQ(summary.quality.gaps[0].reason, "late");
  // And a verdict that depends on them is withheld.
  EXPECT_EQ(finding(summary, SubjectId{0}, Resource::rss_anon)->verdict,
            Verdict::inconclusive);
}

TEST(RunAnalysis, QualityTellsLossDegradationAndCost) {
  RunModel run = cycles(3, 0);
  const SubjectId self = run.self("tidemark");
  run.counts(self, "self.cpu", 5e6);
  run.figure(self, "self.rss", [](double t) { return t < 50 ? 2e7 : 1e7; });
  const SubjectId cause = run.self("lane full");
  run.figure(cause, "self.dropped", [](double t) { return t < 20 ? 0 : 7; });
  Event degraded;
  degraded.kind = EventKind::degraded;
  degraded.time = at(1);
  degraded.name = "lives";
  degraded.text = "no CAP_BPF; run as root";
  run.event(degraded);
  const Quality quality = run.summarize(121).quality;
  EXPECT_DOUBLE_EQ(quality.coverage, 1);
  EXPECT_EQ(quality.dropped.at("lane full"), 7);
  EXPECT_NEAR(quality.self_cpu_seconds, 0.605, 1e-3);
  EXPECT_EQ(quality.self_rss_peak_bytes, 20'000'000);
  ASSERT_EQ(quality.degraded.size(), 1u);
  EXPECT_EQ(quality.degraded[0].what, "lives");
  EXPECT_EQ(quality.degraded[0].cause, "no CAP_BPF");
  EXPECT_EQ(quality.degraded[0].remedy, "run as root");
}

TEST(RunAnalysis, CommandStatusIsKept) {
  RunModel run = cycles(1, 0);
  Event end;
  end.kind = EventKind::command_end;
  end.time = at(60);
  end.value = 3 << 8;
  run.event(end);
  EXPECT_EQ(run.summarize(61).command_status, 3 << 8);
}

TEST(RunAnalysis, LiveSummariesEndLikeTheLast) {
  RunModel run = cycles(3, 500);
  RunAnalysis analysis;
  int i = 0;
  for (const Item& item : run.items(121, true)) {
    if (const auto* frame = std::get_if<FrameItem>(&item)) {
      analysis.on_frame(frame->frame, frame->chapter_begin, run.dictionary());
    } else if (const auto* event = std::get_if<Event>(&item)) {
      analysis.on_event(*event);
    }
    if (++i % 25 == 0) analysis.summarize(run.dictionary());
  }
  const RunSummary live = analysis.summarize(run.dictionary());
  const RunSummary after = run.summarize(121);
  ASSERT_EQ(live.phases.size(), after.phases.size());
  EXPECT_EQ(analysis.phases().phases().size(), after.phases.size());
  EXPECT_DOUBLE_EQ(live.findings[0].slope_per_minute.value,
                   after.findings[0].slope_per_minute.value);
}

// Figures, ids and times as no sensor gives them: no crash, whatever it says.
TEST(RunAnalysis, HostileFramesAreSurvived) {
  RunModel run = cycles(3, 0);
  RunAnalysis analysis;
  run.play(analysis, 121);
  Frame frame;
  for (const int64_t time :
       {INT64_MIN, int64_t{-1}, INT64_MAX, to_ns(at(122)), to_ns(at(60.5))}) {
    frame.time = boot_time(time);
    frame.interval_ns = INT64_MIN;
    Column column;
    column.metric = run.dictionary().find_metric("cpu_user")->id;
    column.read_begin = boot_time(INT64_MAX);
    column.read_span = Nanoseconds(INT64_MAX);
    column.subjects = {SubjectId{0}, SubjectId{4'000'000'000}};
    column.values = {INT64_MIN, INT64_MAX};
    frame.columns = {column};
    column.read_begin = at(122);
    column.read_span = Nanoseconds(0);
    frame.columns.push_back(column);
    column.values.pop_back();
    frame.columns.push_back(column);
    column.metric = MetricId{77'777};
    frame.columns.push_back(column);
    frame.histograms = {
        {MetricId{77'777}, SubjectId{0}, -1, -1, {{9, 9}, {1, 1}}}};
    frame.ended = {SubjectId{12'345}};
    analysis.on_frame(frame, true, run.dictionary());
  }
  Event event;
  event.kind = EventKind::phase_end;
  event.time = boot_time(INT64_MAX);
  analysis.on_event(event);
  analysis.on_gap(boot_time(INT64_MIN), boot_time(INT64_MAX), INT64_MIN, "x");
  const RunSummary summary = analysis.summarize(run.dictionary());
  EXPECT_EQ(summary.quality.gaps[0].ticks, 0);
  EXPECT_EQ(to_ns(summary.end), to_ns(at(122)));
}

}  // namespace
}  // namespace tidemark::synthetic
