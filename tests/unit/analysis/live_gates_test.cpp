// Gates while a run goes on: states, hold, hysteresis, abort, bounded memory.
#include "core/analysis/live_gates.h"

#include <gtest/gtest.h>

#include "tests/unit/analysis/synthetic_run.h"

namespace tidemark {
namespace {

using namespace synthetic;

constexpr double kMiB = 1 << 20;

Gate gate(const std::string& text) {
  auto made = make_gate(text, "test", [](const char*) { return nullptr; });
  EXPECT_TRUE(made) << made.error().what;
  return made ? std::move(*made) : Gate();
}

struct Played {
  std::vector<GateAlert> alerts;
  std::vector<GateResult> standing;
};

Played play(RunModel& run, double seconds, const std::string& text,
            LiveGateOptions options = {}) {
  LiveGates live({gate(text)}, options);
  Played played;
  for (const Item& item : run.items(seconds, false)) {
    if (const auto* frame = std::get_if<FrameItem>(&item)) {
      live.on_frame(frame->frame, run.dictionary());
    } else if (const auto* event = std::get_if<Event>(&item)) {
      live.on_event(*event);
    }
    for (GateAlert& alert : live.take_alerts()) {
      played.alerts.push_back(std::move(alert));
    }
  }
  played.standing = live.standing();
  return played;
}

double seconds_in(const GateAlert& alert) {
  return to_seconds(alert.time - at(0));
}

// 100 MiB; 300 MiB between `from` and `to`.
RunModel hill(double from, double to) {
  RunModel run;
  const SubjectId server = run.process("server", 7, "server");
  run.figure(server, "rss_anon", [=](double t) {
    return t >= from && t < to ? 300 * kMiB : 100 * kMiB;
  });
  return run;
}

TEST(LiveGates, FiresAndClears) {
  RunModel run = hill(50, 80);
  const Played played =
      play(run, 200, "memory: max(rss_anon) < 256MiB, warn 200MiB");
  ASSERT_EQ(played.alerts.size(), 2u);
  EXPECT_EQ(played.alerts[0].state, GateStatus::fail);
  EXPECT_NEAR(seconds_in(played.alerts[0]), 50, 1.1);
  EXPECT_EQ(played.alerts[0].name, "memory");
  EXPECT_FALSE(played.alerts[0].ends_run);
  EXPECT_NE(played.alerts[0].text.find("is 300 MiB · server (pid 7)"),
            std::string::npos)
      << played.alerts[0].text;
  // Better must last ten seconds.
  EXPECT_EQ(played.alerts[1].state, GateStatus::pass);
  EXPECT_NEAR(seconds_in(played.alerts[1]), 90, 1.1);
}

TEST(LiveGates, AShortPeakIsNoAlertUnderFor) {
  RunModel brief = hill(50, 58);
  EXPECT_TRUE(
      play(brief, 200, "max(rss_anon) < 256MiB, for 20s").alerts.empty());
  RunModel lasting = hill(50, 90);
  const Played played = play(lasting, 200, "max(rss_anon) < 256MiB, for 20s");
  ASSERT_GE(played.alerts.size(), 1u);
  EXPECT_NEAR(seconds_in(played.alerts[0]), 70, 1.1);
}

TEST(LiveGates, AValueAtItsLimitDoesNotFlicker) {
  RunModel run;
  const SubjectId server = run.process("server", 7, "server");
  run.figure(server, "rss_anon", [](double t) {
    const bool above = static_cast<int>(t / 15) % 2 == 1;
    return above ? 257 * kMiB : 255 * kMiB;
  });
  EXPECT_EQ(play(run, 300, "max(rss_anon) < 256MiB").alerts.size(), 1u);
  LiveGateOptions eager;
  eager.margin = 0;
  eager.latch.clear = Nanoseconds(0);
  EXPECT_GT(play(run, 300, "max(rss_anon) < 256MiB", eager).alerts.size(), 10u);
}

TEST(LiveGates, HoldsAnAlertBackWhileItMayPass) {
  RunModel run = hill(50, 58);
  LiveGateOptions patient;
  patient.latch.hold = std::chrono::seconds(10);
  EXPECT_TRUE(play(run, 100, "max(rss_anon) < 256MiB", patient).alerts.empty());
}

TEST(LiveGates, LooksAtItsPhaseAlone) {
  RunModel run = hill(20, 150);
  const SubjectId client = run.client("shop", SubjectId(0));
  run.phase(client, "warm", PhaseKind::warmup, 0, 60);
  run.phase(client, "steady", PhaseKind::steady, 60, 100);
  const Played played =
      play(run, 200, "max(rss_anon) during steady < 256MiB, after 10s, abort");
  ASSERT_EQ(played.alerts.size(), 2u);
  EXPECT_NEAR(seconds_in(played.alerts[0]), 71, 1.1);
  EXPECT_TRUE(played.alerts[0].ends_run);
  // The phase is over: nothing is beyond any limit there now.
  EXPECT_NEAR(seconds_in(played.alerts[1]), 110, 1.5);
  EXPECT_EQ(played.alerts[1].state, GateStatus::pass);
  EXPECT_EQ(played.standing[0].reason, "not in such a phase now");
}

// A model's spans are played once.
RunModel busier_after_100() {
  RunModel run;
  const SubjectId server = run.process("server", 7, "server");
  const SubjectId client = run.client("shop", server);
  run.figure(server, "cpu_user",
             [](double t) { return 1e8 * t + 8e8 * std::max(0.0, t - 100); });
  run.figure(server, "cpu_system", [](double) { return 0; });
  run.span(client, "checkout", 10, [](int64_t i) {
    return static_cast<uint64_t>(i < 1000 ? 1 : 50) * 1'000'000;
  });
  return run;
}

TEST(LiveGates, KnowsRatesAndPercentilesOfTheLastMinute) {
  RunModel run = busier_after_100();
  const Played cpu = play(run, 300, "p95(cpu) < 50%");
  ASSERT_EQ(cpu.alerts.size(), 1u);
  EXPECT_NEAR(seconds_in(cpu.alerts[0]), 104, 3);
  EXPECT_NEAR(cpu.standing[0].value.value_or(0), 0.9, 0.01);
}

TEST(LiveGates, KnowsSpansOfTheLastMinute) {
  RunModel run = busier_after_100();
  const Played span = play(run, 300, "p95(span.checkout) < 20ms");
  ASSERT_EQ(span.alerts.size(), 1u);
  EXPECT_NEAR(seconds_in(span.alerts[0]), 104, 6);
  RunModel again = busier_after_100();
  const Played rate = play(again, 300, "rate(span.checkout) > 5");
  EXPECT_TRUE(rate.alerts.empty());
  EXPECT_NEAR(rate.standing[0].value.value_or(0), 10, 0.5);
}

TEST(LiveGates, SaysWhatNoDataIsWorth) {
  RunModel run = hill(500, 600);
  EXPECT_TRUE(play(run, 200, "max(fds) < 10").alerts.empty());
  const Played played = play(run, 200, "max(fds) < 10, on nodata fail");
  ASSERT_EQ(played.alerts.size(), 1u);
  EXPECT_EQ(played.alerts[0].state, GateStatus::fail);
}

TEST(LiveGates, VerdictsCountOnceThreeEvaluationsAgree) {
  LiveGates live({gate("leak(server) in {none}, abort")}, {});
  EXPECT_TRUE(live.needs_verdicts());
  GateResult leak;
  leak.status = GateStatus::fail;
  GateResult open;
  const auto hear = [&](const GateResult& result, double seconds) {
    live.on_verdicts({&result, 1}, at(seconds));
    return live.take_alerts();
  };
  EXPECT_TRUE(hear(leak, 30).empty());
  EXPECT_TRUE(hear(leak, 60).empty());
  EXPECT_FALSE(live.decided());
  EXPECT_TRUE(hear(open, 90).empty());
  EXPECT_TRUE(hear(leak, 120).empty());
  EXPECT_TRUE(hear(leak, 150).empty());
  const auto alerts = hear(leak, 180);
  ASSERT_EQ(alerts.size(), 1u);
  EXPECT_TRUE(alerts[0].ends_run);
  EXPECT_TRUE(alerts[0].provisional);
  EXPECT_TRUE(live.decided());
}

// One evaluation's findings, at each of these times.
std::vector<GateAlert> hear_findings(const std::vector<Verdict>& verdicts) {
  RunModel run;
  Finding finding;
  finding.subject = run.process("server", 7, "server");
  finding.resource = Resource::heap;
  finding.reason = "2 sites keep a part";
  LiveGates live({}, {});
  double seconds = 0;
  for (const Verdict verdict : verdicts) {
    finding.verdict = verdict;
    live.on_findings({&finding, 1}, run.dictionary(), at(seconds += 30));
  }
  return live.take_alerts();
}

TEST(LiveGates, ALeakIsToldOnceWhenThreeInARowFoundIt) {
  using enum Verdict;
  EXPECT_TRUE(hear_findings({leak, leak}).empty());
  EXPECT_TRUE(hear_findings({leak, leak, suspect, leak, leak}).empty());
  EXPECT_TRUE(hear_findings({suspect, suspect, suspect, suspect}).empty());
  const auto alerts = hear_findings({leak, leak, leak, leak, leak});
  ASSERT_EQ(alerts.size(), 1u);
  EXPECT_EQ(alerts[0].gate, GateAlert::kFinding);
  EXPECT_TRUE(alerts[0].provisional);
  EXPECT_FALSE(alerts[0].ends_run);
  EXPECT_NEAR(seconds_in(alerts[0]), 90, 0.1);
  EXPECT_EQ(alerts[0].name, "leak of heap");
  EXPECT_NE(alerts[0].text.find("leaks, provisional: 2 sites keep a part"),
            std::string::npos)
      << alerts[0].text;
}

TEST(LiveGates, ALeakIsToldOnceAndThatItIsOver) {
  LiveGates live({}, {});
  Dictionary dictionary;
  Subject server;
  server.kind = SubjectKind::process;
  server.id = SubjectId(4);
  server.name = "shop_server";
  server.role = "server";
  dictionary.define(server);
  Finding leak;
  leak.subject = server.id;
  leak.resource = Resource::fds;
  leak.verdict = Verdict::leak;
  leak.slope_per_minute.value = 6;
  double now = 0;
  const auto find = [&](Verdict verdict) {
    leak.verdict = verdict;
    live.on_findings({&leak, 1}, dictionary, at(now += 30));
    return live.take_alerts();
  };
  EXPECT_TRUE(find(Verdict::leak).empty());
  EXPECT_TRUE(find(Verdict::leak).empty());
  const auto told = find(Verdict::leak);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].name, "leak of fds");
  EXPECT_EQ(told[0].role, "server");
  EXPECT_EQ(told[0].state, GateStatus::fail);
  EXPECT_EQ(told[0].value, 6);
  EXPECT_TRUE(find(Verdict::leak).empty());
  const auto over = find(Verdict::none);
  ASSERT_EQ(over.size(), 1u);
  EXPECT_EQ(over[0].name, "leak of fds");
  EXPECT_EQ(over[0].role, "server");
  EXPECT_EQ(over[0].state, GateStatus::pass);
  EXPECT_TRUE(find(Verdict::none).empty());
  // What was never told is not over.
  EXPECT_TRUE(find(Verdict::leak).empty());
  EXPECT_TRUE(find(Verdict::none).empty());
}

TEST(LiveGates, AnAlertSaysTheRoleThatItsGateNames) {
  RunModel run = hill(50, 80);
  const Played one = play(run, 100, "max(rss_anon{role='server'}) < 256MiB");
  ASSERT_FALSE(one.alerts.empty());
  for (const GateAlert& alert : one.alerts) EXPECT_EQ(alert.role, "server");
  RunModel again = hill(50, 80);
  const Played all = play(again, 100, "max(rss_anon{role=~'s*'}) < 256MiB");
  ASSERT_FALSE(all.alerts.empty());
  for (const GateAlert& alert : all.alerts) EXPECT_EQ(alert.role, "");
}

// What is kept of an hour is what is kept of ten minutes.
TEST(LiveGates, ForgetsWhatNoWindowNeeds) {
  const auto readings = [](double seconds) {
    RunModel run;
    const SubjectId server = run.process("server", 7, "server");
    run.figure(server, "rss_anon", [](double t) { return 4096 * t; });
    const std::vector<Gate> gates = {gate("max(rss_anon) < 1GiB")};
    GateStore store(gates);
    size_t most = 0;
    for (const Item& item : run.items(seconds, false)) {
      const auto* frame = std::get_if<FrameItem>(&item);
      if (frame == nullptr) continue;
      store.on_frame(frame->frame, run.dictionary());
      const BootTime kept[] = {at(0)};
      store.forget(frame->frame.time - std::chrono::seconds(60), kept);
      for (const GateStore::Metric& metric : store.metrics()) {
        for (const auto& [id, series] : metric.series) {
          most = std::max(most, series.size());
        }
      }
    }
    return most;
  };
  EXPECT_EQ(readings(600), readings(3600));
  EXPECT_LT(readings(600), 70u);
}

TEST(LiveGates, GrowthCountsFromThePhasesBegin) {
  RunModel run;
  const SubjectId server = run.process("server", 7, "server");
  const SubjectId client = run.client("shop", server);
  run.figure(server, "rss_anon", [](double t) { return kMiB * t; });
  run.phase(client, "steady", PhaseKind::steady, 100, 1000);
  const Played played =
      play(run, 999, "growth(rss_anon) during steady < 800MiB");
  ASSERT_EQ(played.alerts.size(), 1u);
  EXPECT_NEAR(seconds_in(played.alerts[0]), 900, 2);
}

}  // namespace
}  // namespace tidemark
