// Whole reports as text and JSON against tests/golden.
#include "tests/unit/report/recorded_run.h"

namespace tidemark::synthetic {
namespace {

void expect_reports(const std::string& name, RunModel run, double seconds,
                    bool closed = true) {
  const RecordingFile file(name);
  write(file.path(), run, seconds, closed);
  ReportData data = load(file.path());
  data.timeline = {};  // thousands of numbers; timeline_test.cpp reads them
  expect_golden(name + ".txt", render(data, "text"));
  expect_golden(name + ".json", render(data, "json"));
}

TEST(Golden, LeakInCycles) {
  expect_reports("leak_in_cycles", shop(412, 0.01), kShopSeconds);
}

TEST(Golden, NoLeakInCycles) {
  expect_reports("no_leak_in_cycles", shop(0), kShopSeconds);
}

TEST(Golden, LeakWithSites) {
  SiteSoak soak = soak_with_sites();
  expect_reports("leak_with_sites", soak.run, soak.end() + 1);
}

TEST(Golden, TooShortWithoutMarks) {
  RunModel run;
  const SubjectId sleeper = run.process("sleep", 77);
  run.figure(sleeper, "rss_anon", [](double) { return 300 * 1024; });
  run.figure(sleeper, "fds", [](double) { return 3; });
  run.counts(sleeper, "cpu_user", 1000);
  expect_reports("too_short_without_marks", std::move(run), 12);
}

TEST(Golden, PoorData) {
  RunModel run = shop(412);
  run.gap(200, 240, "late ticks");
  Event degraded;
  degraded.kind = EventKind::degraded;
  degraded.time = at(0);
  degraded.name = "process lives";
  degraded.text = "no CAP_BPF; run as root or grant CAP_BPF and CAP_PERFMON";
  run.event(degraded);
  Event killed;
  killed.kind = EventKind::oom_kill;
  killed.time = at(300);
  killed.subject = SubjectId{1};
  run.event(killed);
  run.counts(run.self("lane full"), "self.dropped", 2);
  expect_reports("poor_data", std::move(run), kShopSeconds, false);
}

}  // namespace
}  // namespace tidemark::synthetic
