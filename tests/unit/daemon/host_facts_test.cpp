// What the doctor says of hosts that these tests make up.
#include "daemon/host_facts.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace tidemark {
namespace {

using State = HostCheck::State;

class HostFacts : public testing::Test {
 protected:
  HostFacts() {
    char pattern[] = "/tmp/tidemark-test-XXXXXX";
    folder_ = ::mkdtemp(pattern);
    roots_ = {folder_ + "/proc", folder_ + "/sys"};
  }
  ~HostFacts() override { std::filesystem::remove_all(folder_); }

  void make(const std::string& path, const std::string& text) const {
    const std::filesystem::path file = folder_ + "/" + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }

  std::string folder_;
  Roots roots_;
};

TEST_F(HostFacts, NamesTheCapabilitiesThatAreMissing) {
  make("proc/self/status", "CapEff:\t000000c000080004\n");
  EXPECT_EQ(check_capabilities(roots_).state, State::ok);
  make("proc/self/status", "CapEff:\t0000008000080004\n");
  const HostCheck check = check_capabilities(roots_);
  EXPECT_EQ(check.state, State::degraded);
  EXPECT_EQ(check.detail, "not held: CAP_PERFMON");
  EXPECT_FALSE(check.lost.empty());
  EXPECT_FALSE(check.remedy.empty());
}

TEST_F(HostFacts, LockdownIsTheModeInBrackets) {
  EXPECT_EQ(check_lockdown(roots_).state, State::ok);
  make("sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
  EXPECT_EQ(check_lockdown(roots_).state, State::ok);
  EXPECT_EQ(check_lockdown(roots_).detail, "integrity");
  make("sys/kernel/security/lockdown", "none integrity [confidentiality]\n");
  EXPECT_EQ(check_lockdown(roots_).state, State::degraded);
  make("sys/kernel/security/lockdown", "]garbage[\n");
  EXPECT_EQ(check_lockdown(roots_).state, State::ok);
}

TEST_F(HostFacts, CgroupsByTheMountsThereAre) {
  EXPECT_EQ(check_cgroups(roots_).state, State::degraded);
  make("proc/self/mountinfo", "1 2 0:3 / /x rw - cgroup2 none rw\n");
  EXPECT_EQ(check_cgroups(roots_).detail, "version 2");
  make("proc/self/mountinfo",
       "1 2 0:3 / /x rw - cgroup none rw,memory\n"
       "1 2 0:3 / /y rw - cgroup2 none rw\n");
  EXPECT_EQ(check_cgroups(roots_).detail, "version 1, and 2 beside it");
}

TEST_F(HostFacts, DelaysAndBpf) {
  EXPECT_EQ(check_delays(roots_).state, State::degraded);
  EXPECT_EQ(check_unprivileged_bpf(roots_).state, State::degraded);
  make("proc/self/schedstat", "1 2 3\n");
  make("proc/sys/kernel/unprivileged_bpf_disabled", "2\n");
  EXPECT_EQ(check_delays(roots_).state, State::ok);
  EXPECT_EQ(check_unprivileged_bpf(roots_).detail, "off, as it should be");
}

TEST_F(HostFacts, ASlowClockSourceIsSaid) {
  const std::string file =
      "sys/devices/system/clocksource/clocksource0/current_clocksource";
  make(file, "tsc\n");
  EXPECT_EQ(check_clock(roots_).state, State::ok);
  make(file, "hpet\n");
  const HostCheck check = check_clock(roots_);
  EXPECT_EQ(check.state, State::degraded);
  EXPECT_NE(check.lost.find("marks"), std::string::npos);
}

TEST(HostFactsLive, TheAllocatorOfThisProcessIsGlibcs) {
  const HostCheck check = check_allocator(Pid{::getpid()});
  EXPECT_NE(check.detail.find("libc"), std::string::npos) << check.detail;
  EXPECT_EQ(check_allocator(Pid{0x3fffffff}).state, State::degraded);
}

}  // namespace
}  // namespace tidemark
