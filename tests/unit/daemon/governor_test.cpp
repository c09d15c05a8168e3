#include "daemon/governor.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

using std::chrono::seconds;

// Ticks once a second with a constant load; returns the number of changes.
struct Host {
  Governor governor{0.01};
  BootTime now = boot_time(1'000'000'000);
  Nanoseconds cpu{0};

  int run(int ticks, double load) {
    int changes = 0;
    for (int i = 0; i < ticks; ++i) {
      now += seconds(1);
      cpu += Nanoseconds(static_cast<int64_t>(load * 1e9));
      changes += governor.update(now, cpu) ? 1 : 0;
    }
    return changes;
  }
};

TEST(Governor, UnderBudgetNothingChanges) {
  Host host;
  EXPECT_EQ(host.run(600, 0.009), 0);
  EXPECT_EQ(host.governor.decision(), GovernorDecision{});
  EXPECT_NEAR(host.governor.load(), 0.009, 1e-6);
}

TEST(Governor, StartingCostIsNotJudged) {
  Host host;
  host.run(1, 3.0);
  EXPECT_EQ(host.run(60, 0.005), 0);
}

TEST(Governor, ClimbsTheLadderAndDropsTheSlowTierLast) {
  Host host;
  EXPECT_EQ(host.run(11, 0.05), 1);
  EXPECT_EQ(host.governor.decision().plan.all_every, 2u);
  EXPECT_EQ(host.governor.decision().plan.host_every, 10u);
  EXPECT_EQ(host.governor.decision().interval_factor, 1);
  EXPECT_TRUE(host.governor.decision().plan.slow);
  EXPECT_NE(host.governor.reason().find("own CPU 5.00 %"), std::string::npos);
  EXPECT_NE(host.governor.reason().find("budget 1.00 %"), std::string::npos);
  EXPECT_EQ(host.run(200, 0.05), Governor::kMaxStep - 1);
  EXPECT_EQ(host.governor.decision().interval_factor, 4);
  EXPECT_FALSE(host.governor.decision().plan.slow);
}

TEST(Governor, DescendsOnlyWhenTheLowerStepWouldFit) {
  Host host;
  host.run(11, 0.05);
  // Half the work fits at 0.6 % because it is stretched; unstretched it would
  // be 1.2 %.
  EXPECT_EQ(host.run(300, 0.006), 0);
  EXPECT_EQ(host.governor.decision().plan.all_every, 2u);
  EXPECT_EQ(host.run(60, 0.002), 1);
  EXPECT_EQ(host.governor.decision(), GovernorDecision{});
}

TEST(Governor, DescendingIsPatient) {
  Host host;
  host.run(11, 0.05);
  EXPECT_EQ(host.run(25, 0.002), 0);
  EXPECT_EQ(host.run(20, 0.002), 1);
}

}  // namespace
}  // namespace tidemark
