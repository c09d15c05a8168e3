// What the doctor says.
#include "daemon/host_check.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

TEST(HostCheck, CauseAndRemedyAreTwo) {
  const auto both = split_remedy("probe x: refused; run as root; or not");
  EXPECT_EQ(both.cause, "probe x: refused");
  EXPECT_EQ(both.remedy, "run as root; or not");
  EXPECT_EQ(split_remedy("cause alone").remedy, "");
}

TEST(HostCheck, CapabilitiesFromStatus) {
  EXPECT_EQ(parse_capabilities("Name:\tx\nCapEff:\t000001ffffffffff\n"),
            0x1ffffffffffu);
  EXPECT_EQ(parse_capabilities("CapEff:\tnone\n"), 0u);
  EXPECT_EQ(parse_capabilities("CapEff:\tffffffffffffffffff\n"), 0u);
  EXPECT_EQ(parse_capabilities("CapPrm:\t00ff\n"), 0u);
  EXPECT_EQ(parse_capabilities(""), 0u);
}

TEST(HostCheck, OnlyTheEssentialDecides) {
  HostCheck check;
  check.state = HostCheck::State::missing;
  EXPECT_TRUE(can_record({check}));
  check.essential = true;
  EXPECT_FALSE(can_record({check}));
  check.state = HostCheck::State::degraded;
  EXPECT_TRUE(can_record({check}));
}

}  // namespace
}  // namespace tidemark
