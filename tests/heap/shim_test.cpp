// libtidemark-heap in real programs, read as it stands in their segments.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/bpf/heap_session.h"
#include "tests/heap/shim_host.h"

namespace tidemark {
namespace {

using testing_bpf::CuedTarget;
using testing_heap::ShimHost;

struct Sums {
  uint64_t live_bytes = 0, alloc_bytes = 0, samples = 0;
};

Sums sums_of(const tidemark_heap_segment& segment) {
  Sums sums;
  for (uint32_t i = 0; i < segment.header.row_count; ++i) {
    const tidemark_heap_row& row = segment.rows[i];
    sums.live_bytes += row.alloc_bytes - row.freed_bytes;
    sums.alloc_bytes += row.alloc_bytes;
    sums.samples += row.samples;
  }
  return sums;
}

// What the target's "sampled" work leaves alive.
Sums run_sampled(uint64_t period) {
  ShimHost host;
  CuedTarget target({TIDEMARK_HEAP_TARGET, "sampled"},
                    host.environment(period));
  EXPECT_TRUE(target.hear("ready\n"));
  target.answer();
  EXPECT_TRUE(target.hear("done\n"));
  EXPECT_TRUE(host.accept());
  EXPECT_EQ(host.segment().header.untracked, 0u);
  return sums_of(host.segment());
}

TEST(ShimTest, EstimatesLieWithinTheirBounds) {
  constexpr uint64_t kPeriod = 64 << 10;
  constexpr int kRuns = 40;
  const Sums truth = run_sampled(TIDEMARK_HEAP_EXACT);
  ASSERT_GT(truth.live_bytes, 30u << 20);
  const double bound =
      2 * std::sqrt(static_cast<double>(kPeriod * truth.live_bytes));
  int inside = 0;
  double mean = 0;
  for (int i = 0; i < kRuns; ++i) {
    const double error = static_cast<double>(run_sampled(kPeriod).live_bytes) -
                         static_cast<double>(truth.live_bytes);
    inside += std::abs(error) <= bound ? 1 : 0;
    mean += error / kRuns;
  }
  std::printf("%d of %d runs within %.0f B of %llu B, mean error %.0f B\n",
              inside, kRuns, bound,
              static_cast<unsigned long long>(truth.live_bytes), mean);
  EXPECT_GE(inside, kRuns * 95 / 100);
  // No bias: the mean of many is closer than each of them.
  EXPECT_LT(std::abs(mean), 2 * bound / std::sqrt(kRuns));
}

TEST(ShimTest, TellsWhatWasAskedForInAll) {
  const Sums exact = run_sampled(TIDEMARK_HEAP_EXACT);
  ShimHost host;
  CuedTarget target({TIDEMARK_HEAP_TARGET, "sampled"},
                    host.environment(16 << 10));
  ASSERT_TRUE(target.hear("ready\n"));
  target.answer();
  ASSERT_TRUE(target.hear("done\n"));
  ASSERT_TRUE(host.accept());
  const auto told = static_cast<double>(host.segment().header.alloc_bytes);
  // All but what came after the last sample of the one thread that it has.
  EXPECT_NEAR(told, static_cast<double>(exact.alloc_bytes), 512 << 10);
}

class OddityTest : public testing::TestWithParam<uint64_t> {};

TEST_P(OddityTest, ProgramsFareAsWithoutAShim) {
  const ShimHost host;
  auto environment = host.environment(GetParam());
  environment.push_back("TIDEMARK_PLUGIN=" TIDEMARK_HEAP_PLUGIN);
  CuedTarget target({TIDEMARK_HEAP_ODDITIES}, environment);
  std::string said;
  while (target.hear("\n")) said += target.heard();
  const int status = target.wait();
  EXPECT_TRUE(WIFEXITED(status)) << said;
  EXPECT_EQ(WEXITSTATUS(status), 0) << said;
}

INSTANTIATE_TEST_SUITE_P(Periods, OddityTest,
                         testing::Values(1, 3000, 512 << 10),
                         [](const auto& each) {
                           return "In" + std::to_string(each.param);
                         });

TEST(ShimTest, KeepsNoDescriptor) {
  ShimHost host;
  CuedTarget target({TIDEMARK_HEAP_TARGET, "malloc"}, host.environment(1));
  ASSERT_TRUE(target.hear("ready\n"));
  ASSERT_TRUE(host.accept());
  const std::string folder = "/proc/" + std::to_string(target.pid().value);
  int open = 0;
  for (const auto& each : std::filesystem::directory_iterator(folder + "/fd")) {
    std::error_code error;
    const auto leads_to = std::filesystem::read_symlink(each, error).string();
    EXPECT_EQ(leads_to.find("memfd"), std::string::npos) << leads_to;
    EXPECT_EQ(leads_to.find("socket"), std::string::npos) << leads_to;
    ++open;
  }
  EXPECT_GT(open, 2);
}

// A child is a process of its own: its own segment, nothing of its parent's.
TEST(ShimTest, AChildBeginsAnew) {
  ShimHost host;
  CuedTarget target({TIDEMARK_HEAP_TARGET, "fork"}, host.environment(1));
  ASSERT_TRUE(target.hear("ready\n"));
  ASSERT_TRUE(host.accept());
  target.answer();
  ASSERT_TRUE(target.hear("done\n"));
  target.answer_child();
  ASSERT_TRUE(target.hear_child());
  ASSERT_TRUE(host.accept());
  const Sums child = sums_of(host.segment());
  EXPECT_EQ(child.live_bytes, 13u * 100);
  EXPECT_EQ(child.samples, 13u);
  target.answer_child();
  target.answer();
}

// Who listens later hears of what is allocated from then on.
TEST(ShimTest, WaitsForADaemonWithoutHaste) {
  CuedTarget target(
      {TIDEMARK_HEAP_TARGET, "malloc"},
      {"LD_PRELOAD=" TIDEMARK_HEAP_SHIM, "TIDEMARK_SOCKET=/nowhere/socket",
       "TIDEMARK_HEAP_PERIOD=1"});
  ASSERT_TRUE(target.hear("ready\n"));
  target.answer();
  ASSERT_TRUE(target.hear("done\n"));
  target.answer();
  EXPECT_EQ(target.wait(), 0);
}

}  // namespace
}  // namespace tidemark
