// Collectors on a fixture of /proc, /sys and cgroups.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "daemon/process_table.h"
#include "daemon/stack_desk.h"
#include "tests/unit/daemon/fake_engine.h"

namespace tidemark {
namespace {

class CollectorsTest : public testing::Test {
 protected:
  CollectorsTest() {
    std::string pattern = testing::TempDir() + "/collectors_XXXXXX";
    root_ = ::mkdtemp(pattern.data());
    std::filesystem::create_directories(root_ / "proc");
    roots_ = {(root_ / "proc").string(), (root_ / "sys").string()};
    table_ = std::make_unique<ProcessTable>(roots_, definer_);
    stacks_ = std::make_unique<StackDesk>(definer_, roots_.proc);
  }
  ~CollectorsTest() override { std::filesystem::remove_all(root_); }

  void write(const std::string& path, const std::string& text) {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path, std::ios::trunc) << text;
  }
  void write_stat(int pid, int parent, int utime, char state = 'S') {
    write("proc/" + std::to_string(pid) + "/stat",
          std::to_string(pid) + " (x) " + state + " " + std::to_string(parent) +
              " 1 1 0 -1 0 7 0 3 0 " + std::to_string(utime) +
              " 5 0 0 20 0 2 0 50 409600 10\n");
  }
  CollectorContext context() {
    return {roots_, definer_, *table_, *stacks_, clock_};
  }
  std::unique_ptr<Collector> start(std::string_view name) {
    auto collector = make_collector(name);
    const auto level = collector->start(context());
    EXPECT_TRUE(level) << level.error().what;
    if (level) level_ = *level;
    return collector;
  }
  FakeFrame collect(Collector& collector, FrameKind kind = FrameKind::tick) {
    FakeFrame frame(definer_);
    const Status status = collector.collect({clock_.time, kind}, frame);
    EXPECT_TRUE(status) << status.error().what;
    EXPECT_EQ(frame.repeated, 0);
    return frame;
  }
  SubjectId named(SubjectKind kind, std::string_view name) {
    return definer_.subject(kind, name);
  }
  SubjectId pid(int value) const { return table_->find_pid(Pid{value})->id; }

  std::filesystem::path root_;
  Roots roots_;
  FakeDefiner definer_;
  FakeClock clock_;
  std::unique_ptr<ProcessTable> table_;
  std::unique_ptr<StackDesk> stacks_;
  std::string level_;
};

TEST_F(CollectorsTest, ScanByTextFindsReadsAndEnds) {
  write_stat(10, 1, 100);
  write_stat(11, 10, 1);
  auto scan = start("process_scan");
  EXPECT_NE(level_.find("stat"), std::string::npos);
  FakeFrame frame = collect(*scan);
  EXPECT_EQ(table_->size(), 2u);
  EXPECT_EQ(frame.get("cpu_user", pid(10)), 1'000'000'000);
  EXPECT_EQ(frame.get("cpu_system", pid(10)), 50'000'000);
  EXPECT_EQ(frame.get("minor_faults", pid(10)), 7);
  EXPECT_EQ(frame.get("threads", pid(10)), 2);
  EXPECT_EQ(frame.get("rss_estimate", pid(10)), 40960);
  EXPECT_EQ(frame.get("run_delay", pid(10)), std::nullopt);
  std::filesystem::remove_all(root_ / "proc/11");
  collect(*scan);
  EXPECT_EQ(table_->find_pid(Pid{11}), nullptr);
  EXPECT_EQ(definer_.ended.size(), 1u);
}

TEST_F(CollectorsTest, ScanByTextReadsMoreOfTheWatched) {
  write_stat(10, 1, 100);
  write_stat(11, 1, 100);
  for (const char* folder : {"proc/10/", "proc/11/"}) {
    write(std::string(folder) + "io",
          "rchar: 1\nwchar: 2\nsyscr: 0\nsyscw: 0\nread_bytes: 3\n"
          "write_bytes: 4\ncancelled_write_bytes: 5\n");
  }
  auto scan = start("process_scan");
  collect(*scan);
  table_->watch(pid(10));
  const FakeFrame frame = collect(*scan);
  EXPECT_EQ(frame.get("io_rchar", pid(10)), 1);
  EXPECT_EQ(frame.get("io_write_bytes", pid(10)), 4);
  EXPECT_EQ(frame.get("io_rchar", pid(11)), std::nullopt);
}

TEST_F(CollectorsTest, AnEdgeIsOfTheWatchedOnly) {
  write_stat(10, 1, 100);
  write_stat(11, 1, 100);
  auto scan = start("process_scan");
  collect(*scan);
  table_->watch(pid(10));
  const FakeFrame frame = collect(*scan, FrameKind::edge);
  EXPECT_TRUE(frame.get("cpu_user", pid(10)));
  EXPECT_FALSE(frame.get("cpu_user", pid(11)));
}

TEST_F(CollectorsTest, ExactMemoryAndDescriptors) {
  write_stat(10, 1, 100);
  write("proc/10/statm", "100 50 20 1 0 30 0\n");
  auto scan = start("process_scan");
  auto exact = start("process_exact");
  collect(*scan);
  EXPECT_FALSE(collect(*exact).get("rss", pid(10)));
  table_->watch(pid(10));
  for (int i = 0; i < 2; ++i) {
    const FakeFrame frame = collect(*exact);
    EXPECT_EQ(frame.get("rss", pid(10)), 50 * 4096);
    EXPECT_EQ(frame.get("rss_anon", pid(10)), 30 * 4096);
    EXPECT_EQ(frame.get("rss_shared", pid(10)), 20 * 4096);
  }
  // A zombie has no memory: absent, not zero.
  write("proc/10/statm", "0 0 0 0 0 0 0\n");
  EXPECT_FALSE(collect(*exact).get("rss", pid(10)));
}

TEST_F(CollectorsTest, AChildThatWasWaitedForIsNoChildBeforeTheNextScan) {
  write_stat(10, 1, 100);
  write_stat(11, 10, 1);
  write_stat(12, 10, 1);
  auto scan = start("process_scan");
  auto slow = start("process_slow");
  collect(*scan);
  table_->watch(pid(10));
  for (const int child : {11, 12}) {
    table_->on_exit(table_->find(pid(child))->process);
  }
  std::filesystem::remove_all(root_ / "proc/12");  // 11 stays a zombie
  const FakeFrame frame = collect(*slow);
  EXPECT_EQ(frame.get("children", pid(10)), 1);
  EXPECT_EQ(frame.get("zombies", pid(10)), 1);
}

TEST_F(CollectorsTest, SlowFactsOfTheWatched) {
  write_stat(10, 1, 100);
  write_stat(11, 10, 1);
  write_stat(12, 10, 1, 'Z');
  write("proc/10/status",
        "State:\tS\nVmSize:\t100 kB\nVmHWM:\t60 kB\nRssFile:\t20 kB\n"
        "RssShmem:\t3 kB\nVmPTE:\t4 kB\nVmSwap:\t5 kB\n");
  write("proc/10/maps", "a\nb\nc\n");
  write("proc/10/limits", "Max open files  1024  4096  files\n");
  std::filesystem::create_directories(root_ / "proc/10/fd");
  const auto link = [&](int fd, const char* target) {
    std::filesystem::create_symlink(target,
                                    root_ / "proc/10/fd" / std::to_string(fd));
  };
  link(0, "/dev/null");
  link(1, "pipe:[1]");
  link(2, "socket:[2]");
  link(3, "socket:[3]");
  link(4, "anon_inode:[eventfd]");
  link(5, "anon_inode:inotify");
  link(6, "/memfd:x (deleted)");
  write("proc/10/fdinfo/5",
        "pos:\t0\ninotify wd:2 ino:1\ninotify wd:1 ino:2\n");
  auto scan = start("process_scan");
  auto slow = start("process_slow");
  collect(*scan);
  table_->watch(pid(10));
  const FakeFrame frame = collect(*slow);
  const auto get = [&](const char* name) { return frame.get(name, pid(10)); };
  EXPECT_EQ(get("rss_file"), 20 * 1024);
  EXPECT_EQ(get("swap"), 5 * 1024);
  EXPECT_EQ(get("rss_peak"), 60 * 1024);
  EXPECT_EQ(get("mappings"), 3);
  EXPECT_EQ(get("sockets"), 2);
  EXPECT_EQ(get("fds_pipe"), 1);
  EXPECT_EQ(get("fds_file"), 1);
  EXPECT_EQ(get("fds_other"), 3);
  EXPECT_EQ(get("inotify_watches"), 2);
  EXPECT_EQ(get("fd_limit"), 1024);
  EXPECT_EQ(get("children"), 2);
  EXPECT_EQ(get("zombies"), 1);
}

TEST_F(CollectorsTest, HostFiles) {
  write("proc/stat",
        "cpu 10 0 5 100 0 0 0 0 0 0\ncpu0 10 0 5 100 0 0 0 0 0 0\n"
        "intr 5\nctxt 6\nprocesses 7\nprocs_running 1\n"
        "procs_blocked 0\n");
  write("proc/meminfo", "MemTotal: 100 kB\nMemAvailable: 50 kB\n");
  write("proc/vmstat", "pgfault 9\n");
  write("proc/diskstats",
        "8 0 sda 1 0 2 0 3 0 4 0 0 5 6\n"
        "8 1 sda1 1 0 2 0 3 0 4 0 0 5 6\n"
        "7 0 loop0 0 0 0 0 0 0 0 0 0 0 0\n");
  write("sys/block/sda/size", "1\n");
  write("proc/self/net/dev", "h\nh\n lo: 1 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0\n");
  const SubjectId host = named(SubjectKind::system, "host");
  const FakeFrame cpu = collect(*start("host_cpu"));
  EXPECT_EQ(cpu.get("host.cpu_user", host), 100'000'000);
  EXPECT_EQ(cpu.get("cpu.idle", named(SubjectKind::cpu, "0")), 1'000'000'000);
  EXPECT_EQ(cpu.get("host.forks", host), 7);
  const FakeFrame memory = collect(*start("host_memory"));
  EXPECT_EQ(memory.get("host.mem_available", host), 50 * 1024);
  EXPECT_EQ(memory.get("host.page_faults", host), 9);
  EXPECT_EQ(memory.get("host.mem_free", host), std::nullopt);
  const FakeFrame disk = collect(*start("host_disk"));
  EXPECT_EQ(disk.values.size(), 9u);
  EXPECT_EQ(disk.get("disk.read_bytes", named(SubjectKind::device, "sda")),
            1024);
  const FakeFrame net = collect(*start("host_net"));
  EXPECT_EQ(net.get("net.send_drops", named(SubjectKind::device, "lo")), 8);
}

// CPUs come and go while it records (hotplug).
TEST_F(CollectorsTest, ACpuThatGoesOfflineEndsAndComesBack) {
  const std::string all = "cpu 20 0 10 200 0 0 0 0 0 0\n";
  const std::string first = "cpu0 10 0 5 100 0 0 0 0 0 0\n";
  const std::string second = "cpu1 10 0 5 100 0 0 0 0 0 0\n";
  write("proc/stat", all + first + second);
  auto cpus = start("host_cpu");
  collect(*cpus);
  const SubjectId gone = named(SubjectKind::cpu, "1");
  write("proc/stat", all + first);
  EXPECT_EQ(collect(*cpus).get("cpu.idle", gone), std::nullopt);
  EXPECT_EQ(definer_.ended, std::vector<SubjectId>{gone});
  write("proc/stat", all + first + second);
  const FakeFrame back = collect(*cpus);
  const SubjectId again = named(SubjectKind::cpu, "1");
  EXPECT_NE(again, gone);
  EXPECT_EQ(back.get("cpu.idle", again), 1'000'000'000);
  EXPECT_EQ(back.get("cpu.idle", named(SubjectKind::cpu, "0")), 1'000'000'000);
}

TEST_F(CollectorsTest, PressureThatIsOffIsAnErrorWithTheRemedy) {
  auto collector = make_collector("host_pressure");
  const auto level = collector->start(context());
  ASSERT_FALSE(level);
  EXPECT_EQ(level.error().kind, ErrorKind::unsupported);
  EXPECT_NE(level.error().what.find("psi=1"), std::string::npos);
}

TEST_F(CollectorsTest, CgroupsOfBothVersions) {
  const std::string sys = root_.string() + "/sys/fs/cgroup";
  write("proc/self/mountinfo",
        "1 0 0:1 / " + sys + "/memory rw - cgroup cgroup rw,memory\n" +
            "2 0 0:2 / " + sys + "/cpuacct rw - cgroup cgroup rw,cpuacct\n" +
            "3 0 0:3 / " + sys + "/unified rw - cgroup2 none rw\n");
  write("sys/fs/cgroup/memory/jobs/a/memory.usage_in_bytes", "4096\n");
  write("sys/fs/cgroup/memory/jobs/a/memory.limit_in_bytes",
        "9223372036854771712\n");
  write("sys/fs/cgroup/memory/jobs/a/memory.stat",
        "cache 1\ntotal_cache 10\ntotal_rss 20\n");
  write("sys/fs/cgroup/memory/jobs/a/memory.oom_control",
        "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n");
  write("sys/fs/cgroup/cpuacct/other/cpuacct.usage", "777\n");
  write("sys/fs/cgroup/unified/new/io.stat",
        "8:0 rbytes=1 wbytes=2 rios=3 wios=4\n8:16 rbytes=10 wbytes=20\n");
  write("sys/fs/cgroup/unified/new/memory.max", "max\n");
  write("sys/fs/cgroup/unified/new/cpu.stat", "usage_usec 5\n");
  write("sys/fs/cgroup/unified/new/cpu.pressure", "some avg10=0 total=4\n");
  write_stat(10, 1, 100);
  write("proc/10/cgroup", "2:cpuacct:/other\n1:memory:/jobs/a\n0::/\n");
  auto scan = start("process_scan");
  auto cgroups = start("cgroup");
  EXPECT_EQ(level_, "v1 (memory, cpuacct) and v2");
  collect(*scan);
  table_->watch(pid(10));
  const FakeFrame frame = collect(*cgroups);
  const SubjectId a = named(SubjectKind::cgroup, "/jobs/a");
  EXPECT_EQ(frame.get("cgroup.memory", a), 4096);
  EXPECT_EQ(frame.get("cgroup.memory_limit", a), std::nullopt);
  EXPECT_EQ(frame.get("cgroup.memory_anon", a), 20);
  EXPECT_EQ(frame.get("cgroup.oom_kills", a), 3);
  EXPECT_EQ(frame.get("cgroup.cpu_usage", a), 777);
  const SubjectId fresh = named(SubjectKind::cgroup, "/new");
  EXPECT_EQ(frame.get("cgroup.io_read_bytes", fresh), 11);
  EXPECT_EQ(frame.get("cgroup.io_writes", fresh), 4);
  EXPECT_EQ(frame.get("cgroup.cpu_usage", fresh), 5000);
  EXPECT_EQ(frame.get("cgroup.memory_limit", fresh), std::nullopt);
  EXPECT_EQ(frame.get("cgroup.pressure_cpu_some", fresh), 4000);
  // The tree comes less often than the watched.
  clock_.time += std::chrono::seconds(5);
  const FakeFrame next = collect(*cgroups);
  EXPECT_TRUE(next.get("cgroup.memory", a));
  EXPECT_FALSE(next.get("cgroup.cpu_usage", fresh));
  // And one that was removed ends.
  std::filesystem::remove_all(root_ / "sys/fs/cgroup/unified/new");
  clock_.time += std::chrono::seconds(30);
  collect(*cgroups);
  EXPECT_EQ(definer_.ended, std::vector<SubjectId>{fresh});
}

TEST_F(CollectorsTest, NoCgroupsAtAll) {
  write("proc/self/mountinfo", "1 0 0:1 / / rw - ext4 /dev/sda rw\n");
  const auto level = make_collector("cgroup")->start(context());
  ASSERT_FALSE(level);
  EXPECT_EQ(level.error().kind, ErrorKind::unsupported);
}

}  // namespace
}  // namespace tidemark
