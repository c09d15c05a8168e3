// The text report's shape, sentences and tables.
#include <nlohmann/json.hpp>

#include "report/phase_groups.h"
#include "report/sentences.h"
#include "report/table.h"
#include "tests/unit/report/recorded_run.h"

namespace tidemark::synthetic {
namespace {

ReportData with(std::vector<Finding> findings) {
  Dictionary dictionary;
  for (const auto& [id, name] : {std::pair(1u, "shop"), {2u, "cache"}}) {
    Subject subject;
    subject.id = SubjectId{id};
    subject.kind = SubjectKind::process;
    subject.name = name;
    subject.process = {Pid{static_cast<int32_t>(100 + id)}, 5};
    dictionary.define(subject);
  }
  RunSummary summary;
  summary.findings = std::move(findings);
  return make_report("run.tmk", recording_info(), std::move(summary),
                     dictionary);
}

Finding finding(Verdict verdict, Resource resource, uint32_t subject = 1) {
  Finding f;
  f.subject = SubjectId{subject};
  f.resource = resource;
  f.verdict = verdict;
  f.op_name = "request";
  f.slope_per_minute = {1024 * 1024, 1e6, 1.1e6, 12, "Theil-Sen"};
  f.slope_per_op = Estimate{412, 398, 425, 12, "Theil-Sen"};
  f.min_detectable_per_op = 12;
  f.min_detectable_per_minute = 30'000;
  f.cycles = 14;
  f.reason = "because";
  return f;
}

std::vector<std::string> texts(const ReportData& data) {
  std::vector<std::string> all;
  for (const Sentence& s : sentences(data)) all.push_back(s.text);
  return all;
}

TEST(Sentences, ALeakSaysHowMuchWhereAndWhatConfirmedIt) {
  Finding leak = finding(Verdict::leak, Resource::rss_anon);
  leak.confirmed_by = Confirmation::cycles;
  leak.phases = {"load", "spike"};
  EXPECT_EQ(texts(with({leak})),
            std::vector<std::string>{
                "shop (pid 101) leaks 412 B of memory per request [398, 425], "
                "1 MiB per minute, in load and spike phases. Confirmed by 14 "
                "cycles: because."});
}

TEST(Sentences, WithoutOperationsARatePerMinute) {
  Finding leak = finding(Verdict::suspect, Resource::rss_shmem);
  leak.slope_per_op.reset();
  leak.slope_per_minute = {2048, 1024, 3072, 9, ""};
  EXPECT_EQ(texts(with({leak}))[0],
            "shop (pid 101) may leak 2 KiB of shared memory per minute [1, 3]: "
            "because.");
}

TEST(Sentences, RareLeaksOfPiecesCountTheOperations) {
  Finding leak = finding(Verdict::leak, Resource::fds);
  leak.slope_per_op = Estimate{0.001, 0.0005, 0.002, 12, ""};
  leak.slope_per_minute = {6, 5, 7, 12, ""};
  leak.confirmed_by = Confirmation::integers;
  EXPECT_EQ(texts(with({leak}))[0],
            "shop (pid 101) leaks 1 file descriptor per 1,000 requests [500, "
            "2,000], 6 per minute. Confirmed by counts over 14 cycles: "
            "because.");
}

TEST(Sentences, WhatDoesNotLeakIsOneSentenceWithTheBound) {
  const auto all = texts(with({finding(Verdict::none, Resource::rss_anon),
                               finding(Verdict::none, Resource::fds),
                               finding(Verdict::none, Resource::threads)}));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0],
            "shop (pid 101) does not leak: no growth ≥ 425 B per request (99 "
            "%), over 14 cycles; nor do file descriptors and threads grow.");
}

TEST(Sentences, UndecidedSaysHowMuchLonger) {
  Finding open = finding(Verdict::inconclusive, Resource::rss_anon);
  open.reason = "too short: 3 s";
  open.needed_seconds = 150;
  Finding slow = finding(Verdict::inconclusive, Resource::sockets);
  slow.reason = "too short: 0 s";
  slow.needed_seconds = 180;
  const auto all = texts(with({open, slow}));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0],
            "shop (pid 101): cannot tell whether its memory and sockets leak: "
            "too short: 3 s; 3 min 00 s more would decide.");
}

TEST(Sentences, InfinityIsNoBound) {
  Finding leak = finding(Verdict::suspect, Resource::rss_anon);
  leak.slope_per_op->hi = std::numeric_limits<double>::infinity();
  leak.needed_seconds = std::numeric_limits<double>::infinity();
  const std::string text = texts(with({leak}))[0];
  EXPECT_EQ(text.find("inf"), std::string::npos);
  EXPECT_EQ(text.find('['), std::string::npos);
}

TEST(Headline, NamesTheWorst) {
  EXPECT_EQ(headline(with({finding(Verdict::leak, Resource::rss_anon),
                           finding(Verdict::leak, Resource::fds),
                           finding(Verdict::none, Resource::fds, 2)})),
            "2 leaks confirmed: shop (memory and file descriptors)");
  EXPECT_EQ(headline(with({finding(Verdict::none, Resource::rss_anon),
                           finding(Verdict::none, Resource::rss_anon, 2)})),
            "no leak in 2 processes");
  EXPECT_EQ(headline(with({})),
            "nothing was judged: no watched process was read");
  ReportData brief = with({});
  brief.summary.too_brief = 4;
  EXPECT_EQ(headline(brief),
            "nothing was judged: every watched process lived too briefly");
}

TEST(Json, WhatIsNotFiniteIsNull) {
  Finding f = finding(Verdict::inconclusive, Resource::rss_anon);
  f.slope_per_op->hi = std::numeric_limits<double>::infinity();
  f.slope_per_minute.value = std::numeric_limits<double>::quiet_NaN();
  const auto json = nlohmann::json::parse(render(with({f}), "json"));
  const auto& out = json.at("findings").at(0);
  EXPECT_TRUE(out.at("slope_per_op").at("hi").is_null());
  EXPECT_TRUE(out.at("slope_per_minute").at("value").is_null());
  EXPECT_EQ(out.at("slope_per_op").at("lo"), 398);
}

TEST(Json, HasTheNamesOfTheSchema) {
  const RecordingFile file("schema");
  RunModel run = shop(412);
  write(file.path(), run, kShopSeconds);
  const auto json = nlohmann::json::parse(render(load(file.path()), "json"));
  EXPECT_EQ(json.at("schema_version"), 1);
  for (const char* name : {"name", "command", "begin_ns", "end_ns", "exit_code",
                           "host", "testbed"}) {
    EXPECT_TRUE(json.at("run").contains(name)) << name;
  }
  EXPECT_EQ(json.at("verdict").at("status"), "fail");
  EXPECT_EQ(json.at("verdict").at("exit_code"), 22);
  EXPECT_TRUE(json.at("gates").is_array());
  const auto& phase = json.at("phases").at(1);
  for (const char* name : {"path", "cycle", "kind", "begin_ns", "end_ns",
                           "status", "ops", "subjects", "spans"}) {
    EXPECT_TRUE(phase.contains(name)) << name;
  }
  EXPECT_EQ(phase.at("path"), "load");
  EXPECT_EQ(phase.at("ops").at("checkout"), 2000);
  for (const char* name : {"role", "pid", "start_ticks", "comm", "cpu_seconds",
                           "cpu_ratio", "rss_anon_bytes", "io_read_bytes",
                           "io_write_bytes", "fds", "threads", "per_op"}) {
    EXPECT_TRUE(phase.at("subjects").at(0).contains(name)) << name;
  }
  for (const char* name :
       {"name", "count", "errors", "mean_ns", "p50_ns", "p90_ns", "p95_ns",
        "p99_ns", "max_ns", "per_second"}) {
    EXPECT_TRUE(phase.at("spans").at(0).contains(name)) << name;
  }
  for (const char* name :
       {"role", "pid", "start_ticks", "comm", "resource", "verdict", "class",
        "confirmed_by", "slope_per_minute", "slope_per_op",
        "min_detectable_per_minute", "reason", "needed_seconds", "sites"}) {
    EXPECT_TRUE(json.at("findings").at(0).contains(name)) << name;
  }
  for (const char* name :
       {"coverage", "level", "dropped", "gaps", "degraded", "self"}) {
    EXPECT_TRUE(json.at("quality").contains(name)) << name;
  }
}

TEST(Text, FitsTheTerminalAndPutsTheVerdictFirst) {
  const RecordingFile file("fits");
  RunModel run = shop(412, 0.01);
  write(file.path(), run, kShopSeconds);
  for (const bool detail : {false, true}) {
    const std::string text =
        render(load(file.path()), "text", {.color = false, .detail = detail});
    std::istringstream lines(text);
    int number = 0;
    int verdict = 0;
    for (std::string line; std::getline(lines, line); ++number) {
      EXPECT_LE(display_width(line), 100u) << line;
      EXPECT_TRUE(line.empty() || line.back() != ' ') << line;
      if (line.find("✗ FAIL") == 0) verdict = number;
    }
    EXPECT_GT(verdict, 0);
    EXPECT_LE(verdict, 5);
  }
}

TEST(Text, ColoursOnlyWhenAsked) {
  const ReportData data = with({finding(Verdict::leak, Resource::rss_anon)});
  EXPECT_EQ(render(data, "text").find('\033'), std::string::npos);
  EXPECT_NE(render(data, "text", {.color = true}).find("\033[1;31m✗ FAIL"),
            std::string::npos);
}

TEST(Text, AKilledCommandIsSaid) {
  ReportData data = with({});
  data.command_signal = 9;
  EXPECT_NE(render(data, "text").find("died of signal 9"), std::string::npos);
}

TEST(PhaseGroups, PutCyclesTogether) {
  RunModel run = shop(412);
  const ReportData data = make_report(
      "", recording_info(), run.summarize(kShopSeconds), run.dictionary());
  const auto groups = group_phases(data);
  ASSERT_EQ(groups.size(), 3u);
  EXPECT_EQ(groups[1].path, "load");
  EXPECT_EQ(groups[1].cycles, 12);
  EXPECT_NEAR(groups[1].seconds, 240, 1e-6);
  EXPECT_EQ(groups[1].ops.at("checkout"), 24'000);
  EXPECT_EQ(groups[1].roles[0].role, "server");
  EXPECT_NEAR(groups[1].roles[0].cpu_seconds, 12, 1e-3);
  EXPECT_NEAR(groups[1].roles[0].ops, 24'000, 1);
  EXPECT_EQ(groups[1].spans[0].count, 14'400);
  EXPECT_EQ(each_phase(data).size(), 25u);
  EXPECT_EQ(each_phase(data)[3].path, "load#2");
}

TEST(PhaseGroups, PutProcessesOfARoleTogether) {
  RunModel run;
  for (int i = 0; i < 3; ++i) {
    const SubjectId worker = run.process("worker", 10 + i, "pool");
    run.counts(worker, "cpu_user", 1e8);
    run.figure(worker, "rss_anon", [](double) { return 1000; });
    run.figure(worker, "fds", [](double) { return 4; });
  }
  const ReportData data =
      make_report("", recording_info(), run.summarize(10), run.dictionary());
  const auto groups = group_phases(data);
  ASSERT_EQ(groups.size(), 1u);
  ASSERT_EQ(groups[0].roles.size(), 1u);
  const RoleUse& pool = groups[0].roles[0];
  EXPECT_EQ(pool.processes.size(), 3u);
  EXPECT_NEAR(pool.cpu_seconds, 3, 1e-6);
  EXPECT_NEAR(pool.cpu_ratio(), 0.3, 1e-6);
  EXPECT_EQ(pool.rss_peak_bytes, 3000);
  EXPECT_EQ(pool.fds_last, 12);
}

TEST(TextTable, AlignsByWhatIsShownNotByBytes) {
  TextTable table({{"name"}, {"n", TextTable::Align::right}});
  table.add({"日本", "1"});
  table.add({"ab", "1234"});
  EXPECT_EQ(table.render(), "name     n\n日本     1\nab    1234\n");
  EXPECT_EQ(display_width("日本"), 4u);
  EXPECT_EQ(fit("abcdef", 4), "abc…");
  EXPECT_EQ(fit("日本語", 4), "日…");
}

TEST(TextTable, LeavesOutWhatIsSpareWhenTooWide) {
  TextTable table({{"a"},
                   {"b", TextTable::Align::left, 40, 1},
                   {"c", TextTable::Align::left, 40, 2},
                   {"d"}});
  table.add({"1111", "2222", "3333", "4444"});
  EXPECT_EQ(table.render("", 22),
            "a     b     c     d\n1111  2222  3333  4444\n");
  EXPECT_EQ(table.render("", 21), "a     b     d\n1111  2222  4444\n");
  EXPECT_EQ(table.render("  ", 13), "  a     d\n  1111  4444\n");
  EXPECT_EQ(table.render("", 3), "a     d\n1111  4444\n");
}

TEST(Wrap, BreaksAtBlanks) {
  EXPECT_EQ(wrap("one two three", 9, 2), "one two\n  three");
  EXPECT_EQ(wrap("unbreakable", 4, 0), "unbreakable");
  EXPECT_EQ(wrap("", 10, 0), "");
}

}  // namespace
}  // namespace tidemark::synthetic
