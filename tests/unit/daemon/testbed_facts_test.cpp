// What of made-up hosts a recording says of its testbed.
#include "daemon/testbed_facts.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace tidemark {
namespace {

class TestbedFactsTest : public testing::Test {
 protected:
  TestbedFactsTest() {
    char pattern[] = "/tmp/tidemark-test-XXXXXX";
    folder_ = ::mkdtemp(pattern);
    roots_ = {folder_ + "/proc", folder_ + "/sys"};
  }
  ~TestbedFactsTest() override { std::filesystem::remove_all(folder_); }

  void make(const std::string& path, const std::string& text) const {
    const std::filesystem::path file = folder_ + "/" + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  bool has(const std::string& fact) const {
    return std::ranges::count(testbed_facts(roots_), fact) == 1;
  }

  std::string folder_;
  Roots roots_;
};

TEST_F(TestbedFactsTest, AHostThatTellsNothingHasNone) {
  EXPECT_TRUE(testbed_facts(roots_).empty());
}

TEST_F(TestbedFactsTest, TellsWhatChangesFigures) {
  make("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n");
  make("sys/kernel/mm/transparent_hugepage/enabled",
       "always [madvise] never\n");
  make("proc/sys/kernel/randomize_va_space", "2\n");
  EXPECT_TRUE(has("testbed.governor: powersave"));
  EXPECT_TRUE(has("testbed.huge_pages: madvise"));
  EXPECT_TRUE(has("testbed.aslr: 2"));
}

TEST_F(TestbedFactsTest, LimitsOfItsControlGroup) {
  make("proc/self/cgroup", "5:memory:/ci\n4:cpu,cpuacct:/ci\n");
  make("sys/fs/cgroup/memory/ci/memory.limit_in_bytes", "2147483648\n");
  make("sys/fs/cgroup/cpu/ci/cpu.cfs_quota_us", "-1\n");
  EXPECT_TRUE(has("testbed.memory_limit: 2 GiB"));
  make("sys/fs/cgroup/cpu/ci/cpu.cfs_quota_us", "150000\n");
  EXPECT_TRUE(has("testbed.cpu_quota: 150000"));
  make("sys/fs/cgroup/memory/ci/memory.limit_in_bytes",
       "9223372036854771712\n");
  EXPECT_FALSE(has("testbed.memory_limit: 2 GiB"));
}

TEST_F(TestbedFactsTest, AndOfTheSecondVersion) {
  make("proc/self/cgroup", "0::/build\n");
  make("sys/fs/cgroup/build/memory.max", "max\n");
  EXPECT_TRUE(testbed_facts(roots_).empty());
  make("sys/fs/cgroup/build/memory.max", "1073741824\n");
  make("sys/fs/cgroup/build/cpu.max", "200000 100000\n");
  EXPECT_TRUE(has("testbed.memory_limit: 1 GiB"));
  EXPECT_TRUE(has("testbed.cpu_quota: 200000 100000"));
}

}  // namespace
}  // namespace tidemark
