// Rows of roles, cgroups, the host and the sensors, from the sample run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/tui/sample_run.h"
#include "tui/cgroup_rows.h"
#include "tui/host_rows.h"
#include "tui/sensor_rows.h"

namespace tidemark {
namespace {

class RowsTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(source_.seek(at_second(125))); }

  SampleRun run_;
  FrameSource source_ = run_.open();
};

TEST_F(RowsTest, CgroupsHaveLimitsRatesAndWatchedProcesses) {
  auto rows = make_cgroup_rows(source_.shown(), source_.dictionary());
  sort_cgroups(rows, CgroupColumn::path, false);
  ASSERT_EQ(rows.size(), 2u);
  const CgroupRow& unit = rows[1];
  EXPECT_EQ(unit.subject->name, "/shop.slice/shop.service");
  EXPECT_EQ(unit.limit, 268435456.0);
  EXPECT_EQ(unit.pids, 100.0);
  ASSERT_TRUE(unit.cpu);
  EXPECT_NEAR(*unit.cpu, 1.5, 0.001);
  EXPECT_EQ(unit.watched, 2u);
  EXPECT_FALSE(rows[0].limit);
  EXPECT_FALSE(rows[0].cpu);
  EXPECT_EQ(cgroup_memory_limit(source_.shown(), source_.dictionary(),
                                "/shop.slice/shop.service"),
            268435456.0);
  EXPECT_FALSE(
      cgroup_memory_limit(source_.shown(), source_.dictionary(), "/other"));
}

TEST_F(RowsTest, UnknownCgroupFiguresComeLastInEitherOrder) {
  auto rows = make_cgroup_rows(source_.shown(), source_.dictionary());
  for (const bool reverse : {false, true}) {
    sort_cgroups(rows, CgroupColumn::limit, reverse);
    EXPECT_TRUE(rows.front().limit);
    EXPECT_FALSE(rows.back().limit);
  }
}

TEST_F(RowsTest, TheHostInRatiosAndRates) {
  const HostRows rows = make_host_rows(source_.shown(), source_.dictionary());
  ASSERT_EQ(rows.cpus.size(), 2u);
  EXPECT_NEAR(*rows.cpus[0].busy, 0.95, 0.001);
  EXPECT_NEAR(*rows.cpus[1].user, 0.6, 0.001);
  EXPECT_FALSE(rows.cpus[0].steal);
  ASSERT_EQ(rows.disks.size(), 1u);
  EXPECT_NEAR(*rows.disks[0].busy, 0.2, 0.001);
  EXPECT_NEAR(*rows.disks[0].wait_seconds, 0.0025, 1e-6);
  EXPECT_FALSE(rows.disks[0].write);
  ASSERT_EQ(rows.nets.size(), 1u);
  EXPECT_NEAR(*rows.nets[0].receive, 15e6, 1);
  EXPECT_FALSE(rows.nets[0].errors);
  EXPECT_NEAR(*host_busy(source_.shown(), source_.dictionary()), 0.75, 0.001);
}

TEST_F(RowsTest, SensorsWithLevelCostAndCause) {
  const SensorRows rows =
      make_sensor_rows(source_.info(), source_.shown(), source_.dictionary(),
                       source_.history().events(), source_.history().begin());
  ASSERT_EQ(rows.sensors.size(), 3u);
  EXPECT_EQ(rows.sensors[0].level, "iter/task");
  EXPECT_NEAR(*rows.sensors[0].cost, 400e-6, 1e-9);
  EXPECT_FALSE(rows.sensors[0].degraded());
  EXPECT_TRUE(rows.sensors[2].degraded());
  EXPECT_THAT(rows.sensors[2].cause, ::testing::HasSubstr("no BTF"));
  EXPECT_FALSE(rows.sensors[2].cost);
  ASSERT_TRUE(rows.tick_late);
}

TEST_F(RowsTest, ARoleIsTheSumOfItsProcesses) {
  Subject first, second, other;
  first.role = second.role = "worker";
  const auto row = [](const Subject& subject, uint32_t id, double cpu) {
    ProcessRow result;
    result.id = SubjectId(id);
    result.subject = &subject;
    result.cpu = cpu;
    return result;
  };
  std::vector<ProcessRow> rows = {row(first, 1, 0.5), row(other, 2, 1),
                                  row(second, 3, 0.25), row(other, 4, 2)};
  rows[2].fds = 7;
  Finding leak;
  leak.verdict = Verdict::leak;
  rows[2].worst = &leak;
  group_by_role(rows);
  ASSERT_EQ(rows.size(), 3u);  // those without a role stay apart
  EXPECT_EQ(rows[0].members, 2u);
  EXPECT_EQ(rows[0].cpu, 0.75);
  EXPECT_EQ(rows[0].fds, 7.0);
  EXPECT_EQ(rows[0].worst, &leak);
  EXPECT_EQ(rows[1].members, 1u);
}

}  // namespace
}  // namespace tidemark
