// Parsers of the host's and the cgroups' files on real and on hostile text.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "daemon/procfs/cgroup_paths.h"
#include "daemon/procfs/devices.h"
#include "daemon/procfs/host_stat.h"
#include "daemon/procfs/key_values.h"
#include "daemon/procfs/pressure.h"
#include "daemon/procfs/text_cursor.h"

namespace tidemark::procfs {
namespace {

TEST(TextCursor, NumbersAreWholeAndFit) {
  EXPECT_EQ(parse_number("0"), 0);
  EXPECT_EQ(parse_number("9223372036854775807"), INT64_MAX);
  for (const std::string_view bad :
       {"", "-1", "+1", "1 ", "1x", "9223372036854775808", "0x1", "1.5"}) {
    EXPECT_FALSE(parse_number(bad)) << bad;
  }
  EXPECT_EQ(parse_limit("max"), kNoLimit);
}

TEST(TextCursor, WordsAndLines) {
  TextCursor words("  a\tb \n c");
  EXPECT_EQ(words.word(), "a");
  EXPECT_EQ(words.word(), "b");
  EXPECT_EQ(words.word(), "c");
  EXPECT_EQ(words.word(), "");
  EXPECT_TRUE(words.at_end());
  TextCursor lines("one\n\nthree");
  EXPECT_EQ(lines.line(), "one");
  EXPECT_EQ(lines.line(), "");
  EXPECT_EQ(lines.line(), "three");
  EXPECT_TRUE(lines.at_end());
}

TEST(HostStat, AllAndEachCpu) {
  std::vector<CpuTimes> cpus;
  const auto stat = parse_host_stat(
      "cpu  10 2 30 400 5 6 7 8 0 0\ncpu0 4 1 10 200 2 3 3 4 0 0\n"
      "cpu1 6 1 20 200 3 3 4 4 0 0\nintr 100 1 2 3\nctxt 200\nbtime "
      "1700000000\n"
      "processes 300\nprocs_running 2\nprocs_blocked 1\nsoftirq 5 1\n",
      cpus);
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->all.user, Ticks(10));
  EXPECT_EQ(stat->all.steal, Ticks(8));
  EXPECT_EQ(stat->interrupts, 100);
  EXPECT_EQ(stat->forks, 300);
  ASSERT_EQ(cpus.size(), 2u);
  EXPECT_EQ(cpus[1].cpu, 1);
  EXPECT_EQ(cpus[1].system, Ticks(20));
}

TEST(HostStat, ForeignText) {
  std::vector<CpuTimes> cpus;
  EXPECT_FALSE(parse_host_stat("", cpus));
  EXPECT_FALSE(parse_host_stat("cpu 1 2 3\n", cpus));
  EXPECT_FALSE(parse_host_stat("cpu99999999999 1 2 3 4 5 6 7 8\n", cpus));
  EXPECT_FALSE(parse_host_stat("cpu 1 2 3 4 5 6 7 8\nctxt x\n", cpus));
}

TEST(KeyValues, MeminfoAndPlain) {
  std::array<KeyValue, 3> wanted{{{"MemTotal"}, {"MemAvailable"}, {"Absent"}}};
  ASSERT_TRUE(parse_key_values(
      "meminfo", "MemTotal:  24 kB\nMemFree: 1 kB\nMemAvailable: 12 kB\n",
      wanted));
  EXPECT_EQ(wanted[0].value, 24 * 1024);
  EXPECT_EQ(wanted[1].value, 12 * 1024);
  EXPECT_FALSE(wanted[2].present);
}

TEST(KeyValues, OutOfOrderHugeAndForeign) {
  std::array<KeyValue, 2> wanted{{{"a"}, {"b"}}};
  ASSERT_TRUE(parse_key_values("x", "b 2\na 1\n", wanted));
  EXPECT_EQ(wanted[0].value, 1);
  EXPECT_EQ(wanted[1].value, 2);
  ASSERT_TRUE(
      parse_key_values("x", "a max\nb 9223372036854775807 kB\n", wanted));
  EXPECT_EQ(wanted[0].value, kNoLimit);
  EXPECT_FALSE(wanted[1].present);
  EXPECT_FALSE(parse_key_values("x", "a x\nb\n", wanted));
  EXPECT_FALSE(parse_key_values("x", "", wanted));
}

TEST(Diskstats, UnitsAreBytesAndNanoseconds) {
  std::vector<DiskStats> disks;
  ASSERT_TRUE(parse_diskstats(
      "   8       0 sda 10 1 16 20 30 2 64 40 0 50 60 0 0 0 0 5 7\n", disks));
  ASSERT_EQ(disks.size(), 1u);
  EXPECT_EQ(disks[0].name, "sda");
  EXPECT_EQ(disks[0].read, Bytes(16 * 512));
  EXPECT_EQ(disks[0].written, Bytes(64 * 512));
  EXPECT_EQ(disks[0].busy_time, Nanoseconds(50'000'000));
  EXPECT_FALSE(parse_diskstats("8 0 sda 10 1\n", disks));
  EXPECT_TRUE(parse_diskstats(
      "8 0 sda 1 1 9223372036854775807 1 1 1 1 1 1 1 1\n", disks));
  EXPECT_EQ(disks[0].read, Bytes(INT64_MAX));
}

TEST(NetDev, NamesWithColons) {
  std::vector<NetDevice> devices;
  ASSERT_TRUE(
      parse_net_dev("Inter-|   Receive |  Transmit\n face |bytes packets\n"
                    "    lo: 100 2 3 4 0 0 0 0 500 6 7 8 0 0 0 0\n"
                    "eth0:1: 1 1 0 0 0 0 0 0 2 2 0 0 0 0 0 0\n",
                    devices));
  ASSERT_EQ(devices.size(), 2u);
  EXPECT_EQ(devices[0].name, "lo");
  EXPECT_EQ(devices[0].receive_drops, 4);
  EXPECT_EQ(devices[0].sent, Bytes(500));
  EXPECT_EQ(devices[1].name, "eth0:1");
  EXPECT_FALSE(parse_net_dev("a\nb\nno figures\n", devices));
  EXPECT_FALSE(parse_net_dev("a\nb\nlo: 1 2 3\n", devices));
}

TEST(Pressure, TotalsInNanoseconds) {
  const auto pressure = parse_pressure(
      "some avg10=0.00 avg60=0.00 avg300=0.00 total=1234\n"
      "full avg10=0.00 avg60=0.00 avg300=0.00 total=5\n");
  ASSERT_TRUE(pressure);
  EXPECT_EQ(pressure->some, Nanoseconds(1'234'000));
  EXPECT_EQ(pressure->full, Nanoseconds(5'000));
  EXPECT_FALSE(parse_pressure("some total=x\n"));
  EXPECT_FALSE(parse_pressure(""));
}

TEST(CgroupPaths, V2HybridAndV1) {
  EXPECT_EQ(main_cgroup("0::/system.slice/x.service\n"),
            "/system.slice/x.service");
  constexpr std::string_view kHybrid =
      "12:memory:/jobs/a\n11:cpu,cpuacct:/jobs/b\n1:name=systemd:/init\n0::/\n";
  EXPECT_EQ(main_cgroup(kHybrid), "/jobs/a");
  EXPECT_EQ(cgroup_path(kHybrid, "cpuacct"), "/jobs/b");
  EXPECT_EQ(cgroup_path(kHybrid, "acct"), "");
  EXPECT_EQ(cgroup_path(kHybrid, ""), "/");
  EXPECT_EQ(main_cgroup("4:memory:/\n0::/\n"), "/");
  EXPECT_EQ(main_cgroup(""), "");
}

TEST(CgroupPaths, HostileLines) {
  EXPECT_EQ(main_cgroup("no colons\n1:memory\n:::\n2:memory:relative\n"), "");
  EXPECT_EQ(main_cgroup("0::/a:b c"), "/a:b c");
}

TEST(CgroupMounts, BothVersionsWithEscapes) {
  const auto mounts = parse_cgroup_mounts(
      "31 24 0:26 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:5 - cgroup "
      "cgroup rw,cpu,cpuacct\n"
      "32 24 0:27 /a\\040b /mnt/c\\134d rw - cgroup2 none rw\n"
      "33 24 0:28 / /proc rw - proc proc rw\n");
  ASSERT_TRUE(mounts);
  ASSERT_EQ(mounts->size(), 2u);
  EXPECT_FALSE((*mounts)[0].v2);
  EXPECT_EQ((*mounts)[0].controllers,
            (std::vector<std::string>{"cpu", "cpuacct"}));
  EXPECT_TRUE((*mounts)[1].v2);
  EXPECT_EQ((*mounts)[1].root, "/a b");
  EXPECT_EQ((*mounts)[1].mount_point, "/mnt/c\\d");
  EXPECT_FALSE(parse_cgroup_mounts("31 24 0:26 / /x rw cgroup\n"));
}

}  // namespace
}  // namespace tidemark::procfs
