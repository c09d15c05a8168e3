#include <gtest/gtest.h>

#include "report/report.h"

namespace tidemark {
namespace {

ReportData with(std::initializer_list<Verdict> verdicts, int64_t status = -1) {
  RunSummary summary;
  for (const Verdict verdict : verdicts) {
    Finding finding;
    finding.verdict = verdict;
    summary.findings.push_back(finding);
  }
  summary.command_status = status;
  return make_report("x.tmk", {}, std::move(summary), Dictionary());
}

constexpr ReportFlags kStrict{.strict = true};
constexpr ReportFlags kWarnings{.warnings_as_errors = true};

TEST(ExitCode, NoLeakIsZero) {
  const ReportData data = with({Verdict::none, Verdict::startup});
  EXPECT_EQ(data.status, ReportStatus::pass);
  EXPECT_EQ(exit_code(data), 0);
  EXPECT_EQ(exit_code(data, kStrict), 0);
  EXPECT_EQ(exit_code(data, kWarnings), 0);
}

TEST(ExitCode, LeakIs22WhateverElseThereIs) {
  const ReportData data =
      with({Verdict::none, Verdict::inconclusive, Verdict::leak});
  EXPECT_EQ(data.status, ReportStatus::fail);
  EXPECT_EQ(exit_code(data), 22);
  EXPECT_EQ(exit_code(data, kStrict), 22);
}

TEST(ExitCode, SuspectCountsOnlyWhenStrict) {
  const ReportData data = with({Verdict::suspect, Verdict::inconclusive});
  EXPECT_EQ(data.status, ReportStatus::warn);
  EXPECT_EQ(exit_code(data), 0);
  EXPECT_EQ(exit_code(data, kStrict), 12);
  EXPECT_EQ(exit_code(data, kWarnings), 10);
}

TEST(ExitCode, InconclusiveCountsOnlyWhenStrict) {
  const ReportData data = with({Verdict::inconclusive, Verdict::saturating});
  EXPECT_EQ(data.status, ReportStatus::inconclusive);
  EXPECT_EQ(exit_code(data), 0);
  EXPECT_EQ(exit_code(data, kStrict), 11);
}

TEST(ExitCode, NothingJudgedIsInconclusive) {
  const ReportData data = with({});
  EXPECT_EQ(data.status, ReportStatus::inconclusive);
  EXPECT_EQ(exit_code(data, kStrict), 11);
}

TEST(ExitCode, FillingCacheWarns) {
  const ReportData data = with({Verdict::saturating});
  EXPECT_EQ(data.status, ReportStatus::warn);
  EXPECT_EQ(exit_code(data, kStrict), 0);
  EXPECT_EQ(exit_code(data, kWarnings), 10);
}

TEST(ExitCode, KilledCommandBeatsALeak) {
  const ReportData data = with({Verdict::leak}, 9);
  EXPECT_EQ(data.command_signal, 9);
  EXPECT_EQ(exit_code(data), 30);
}

TEST(ExitCode, LostDataBeatsAll) {
  ReportData data = with({Verdict::leak}, 9);
  data.damages.push_back({.reason = "torn tail", .truncation = true});
  EXPECT_EQ(exit_code(data), 30);
  data.damages.push_back({.reason = "bad checksum"});
  EXPECT_EQ(exit_code(data), 70);
}

TEST(ExitCode, CommandsOwnCodeWhenNothingElseFailed) {
  EXPECT_EQ(exit_code_of_command(with({Verdict::none}, 3 << 8)), 3);
  EXPECT_EQ(exit_code(with({Verdict::none}, 3 << 8)), 0);
  EXPECT_EQ(exit_code_of_command(with({Verdict::leak}, 3 << 8)), 22);
  EXPECT_EQ(exit_code_of_command(with({Verdict::none}, 0)), 0);
}

}  // namespace
}  // namespace tidemark
