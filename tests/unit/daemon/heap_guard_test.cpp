#include "daemon/heap_guard.h"

#include <gtest/gtest.h>

#include <type_traits>

namespace tidemark {
namespace {

constexpr double kSecond = 1e9;

TEST(HeapCostShare, IsOfTheTimeThatTheProcessRan) {
  EXPECT_DOUBLE_EQ(heap_cost_share({0.05 * kSecond, kSecond, kSecond}), 0.05);
  EXPECT_DOUBLE_EQ(heap_cost_share({0.05 * kSecond, 2 * kSecond, kSecond}),
                   0.025);
}

TEST(HeapCostShare, AProcessThatHardlyRunsCountsAsAFifthOfACore) {
  EXPECT_DOUBLE_EQ(heap_cost_share({0.001 * kSecond, 0, kSecond}), 0.005);
  EXPECT_EQ(heap_cost_share({}), 0);
}

// The time after which a guard detaches probes of a constant share; 0: never
// within a minute.
double time_to_detach(double share, double budget) {
  HeapGuard guard(budget);
  for (int i = 1; i <= 300; ++i) {
    const double wall = 0.2 * kSecond * i;
    if (guard.update({share * wall, wall, wall})) return wall / kSecond;
  }
  return 0;
}

TEST(HeapGuard, DetachesTheSoonerTheMoreItCosts) {
  EXPECT_EQ(time_to_detach(0.04, 0.05), 0);
  EXPECT_GT(time_to_detach(0.06, 0.05), 10);
  EXPECT_LE(time_to_detach(0.5, 0.05), 0.6);
  EXPECT_LE(time_to_detach(0.95, 0.05), 0.4);
}

TEST(HeapGuard, ForgivesABurstThatIsPaidBack) {
  HeapGuard guard(0.05);
  // 100 ms of probes at the start, then little.
  EXPECT_FALSE(guard.update({0.1 * kSecond, 0.2 * kSecond, 0.2 * kSecond}));
  double probes = 0.1 * kSecond;
  for (int i = 2; i <= 100; ++i) {
    probes += 0.002 * kSecond;
    EXPECT_FALSE(guard.update({probes, 0.2 * kSecond * i, 0.2 * kSecond * i}));
  }
  EXPECT_NEAR(guard.share(), 0.01, 1e-9);
}

// One is kept for each process that is watched, and there are storms of them.
static_assert(std::is_trivially_copyable_v<GrowthTrigger>, "no heap behind it");
static_assert(sizeof(GrowthTrigger) <= 72);

class GrowthTriggerTest : public testing::Test {
 protected:
  // A reading each second; the second at which it triggers, -1: never.
  template <typename Curve>
  int trigger(int seconds, Curve&& curve) {
    GrowthTrigger growth(std::chrono::seconds(40));
    for (int i = 0; i < seconds; ++i) {
      if (growth.add(boot_time(i * 1'000'000'000ll), curve(i))) return i;
    }
    return -1;
  }
};

TEST_F(GrowthTriggerTest, SeesSteadyGrowth) {
  const int at = trigger(120, [](int i) { return (64 + i) * (1ll << 20); });
  EXPECT_GE(at, 30);
  EXPECT_LE(at, 45);
}

TEST_F(GrowthTriggerTest, LeavesAFlatProcessAlone) {
  EXPECT_EQ(trigger(600, [](int) { return 1ll << 30; }), -1);
}

TEST_F(GrowthTriggerTest, LeavesASawtoothAlone) {
  EXPECT_EQ(trigger(600, [](int i) { return (64 + i % 15) * (1ll << 20); }),
            -1);
}

TEST_F(GrowthTriggerTest, LeavesOneStepAlone) {
  EXPECT_EQ(
      trigger(600, [](int i) { return (i < 200 ? 64 : 128) * (1ll << 20); }),
      -1);
}

TEST_F(GrowthTriggerTest, LeavesGrowthBelowAMebibyteAlone) {
  EXPECT_EQ(trigger(40, [](int i) { return (1ll << 30) + i * (10 << 10); }),
            -1);
}

}  // namespace
}  // namespace tidemark
