// Latency probes against what the kernel counts elsewhere.
#include "probes/latency.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "daemon/procfs/process_io.h"
#include "daemon/procfs/process_stat.h"
#include "tests/bpf/workload.h"

namespace tidemark {
namespace {

using testing_bpf::Child;
using testing_bpf::proc_text;

uint64_t start_of(pid_t pid) {
  return procfs::parse_process_stat(proc_text(pid, "stat"))->start_ticks;
}

void keep(LatencyProbe& probe, pid_t pid) {
  ASSERT_TRUE(probe.keep(LatencySubject::process, static_cast<uint32_t>(pid),
                         start_of(pid)));
}

Latency read(LatencyProbe& probe, pid_t pid) {
  return *probe.read(LatencySubject::process, static_cast<uint32_t>(pid));
}

int64_t in_buckets(const Latency& latency) {
  int64_t sum = 0;
  for (const auto& [bucket, count] : latency.buckets) {
    sum += static_cast<int64_t>(count);
  }
  return sum;
}

// The run delay of a process with one thread (/proc/PID/schedstat).
int64_t run_delay(pid_t pid) {
  std::istringstream text(proc_text(pid, "schedstat"));
  int64_t on_cpu = 0, waited = 0;
  text >> on_cpu >> waited;
  return waited;
}

[[noreturn]] void spin_on_first_cpu() {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  CPU_SET(0, &cpus);
  ::sched_setaffinity(0, sizeof cpus, &cpus);
  while (true) asm volatile("");
}

TEST(Latency, RunQueueAsSchedstatTells) {
  auto probe = LatencyProbe::open_run_queue();
  if (!probe) GTEST_SKIP() << probe.error().what;
  // Two that want one CPU.
  const Child one(spin_on_first_cpu), other(spin_on_first_cpu);
  keep(**probe, one.pid());
  ::usleep(100'000);  // its first switch only begins the count
  const Latency begin = read(**probe, one.pid());
  const int64_t before = run_delay(one.pid());
  ::usleep(1'000'000);
  const Latency end = read(**probe, one.pid());
  const int64_t waited = run_delay(one.pid()) - before;
  EXPECT_GT(waited, 200'000'000);
  // One wait at either end is seen by one of the two alone.
  EXPECT_NEAR(static_cast<double>(end.sum_ns - begin.sum_ns),
              static_cast<double>(waited),
              2.0 * static_cast<double>(end.max_ns));
  EXPECT_EQ(in_buckets(end), end.count);
  EXPECT_GT(end.count, begin.count);
}

TEST(Latency, BlockIoAsProcTells) {
  auto probe = LatencyProbe::open_block_io();
  if (!probe) GTEST_SKIP() << probe.error().what;
  const std::string path =
      testing::TempDir() + "tidemark-io-" + std::to_string(::getpid());
  const int fd =
      ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_DIRECT, 0600);
  ::unlink(path.c_str());
  if (fd < 0) GTEST_SKIP() << "no O_DIRECT in " << testing::TempDir();
  struct stat status{};
  ASSERT_EQ(::fstat(fd, &status), 0);
  const std::string link = "/sys/dev/block/" +
                           std::to_string(major(status.st_dev)) + ":" +
                           std::to_string(minor(status.st_dev));
  if (!std::filesystem::exists(link)) GTEST_SKIP() << "no device is behind it";
  const auto device =
      static_cast<uint32_t>(major(status.st_dev) << 20 | minor(status.st_dev));
  ASSERT_TRUE((*probe)->keep(LatencySubject::device, device));
  keep(**probe, ::getpid());
  const auto io = [] {
    return procfs::parse_process_io(proc_text(::getpid(), "io"))->write.count;
  };
  const int64_t before = io();
  constexpr int kWrites = 200;
  auto* block = static_cast<char*>(std::aligned_alloc(4096, 4096));
  std::fill(block, block + 4096, 'x');
  for (int i = 0; i < kWrites; ++i) {
    ASSERT_EQ(::pwrite(fd, block, 4096, i * 4096), 4096);
  }
  ::fsync(fd);
  std::free(block);
  ::close(fd);
  const Latency own = read(**probe, ::getpid());
  EXPECT_GE(io() - before, kWrites * 4096);  // and the file system's own
  // Each waited for its end before the next; a few may be issued by a thread
  // of the kernel.
  EXPECT_GE(own.count, kWrites * 9 / 10);
  EXPECT_LE(own.count, kWrites * 3 / 2);
  EXPECT_GT(own.sum_ns, own.count * 1000);
  EXPECT_LE(own.sum_ns, own.count * own.max_ns);
  EXPECT_EQ(in_buckets(own), own.count);
  const auto disk = (*probe)->read(LatencySubject::device, device);
  EXPECT_GE(disk->count, own.count);
}

// A cgroup of its own with little memory; v1, as the machine may have it.
class SmallMemory {
 public:
  SmallMemory() {
    for (const std::string root : {"/sys/fs/cgroup/memory", "/sys/fs/cgroup"}) {
      const std::string path =
          root + "/tidemark-test-" + std::to_string(::getpid());
      std::error_code error;
      if (!std::filesystem::create_directory(path, error)) continue;
      path_ = path;
      const bool v1 = std::filesystem::exists(path + "/memory.failcnt");
      limit_ = v1 ? "/memory.limit_in_bytes" : "/memory.max";
      if (write(limit_, "16777216")) return;
      std::filesystem::remove(path_, error);
      path_.clear();
    }
  }
  ~SmallMemory() {
    for (int i = 0; i < 100 && !path_.empty(); ++i) {
      if (::rmdir(path_.c_str()) == 0) break;
      ::usleep(10'000);
    }
  }
  bool usable() const { return !path_.empty(); }
  bool join() const { return write("/cgroup.procs", "0"); }
  int64_t refusals() const {  // times that the limit was met
    int64_t count = 0;
    if (std::ifstream(path_ + "/memory.failcnt") >> count) return count;
    std::ifstream events(path_ + "/memory.events");
    for (std::string word; events >> word >> count;) {
      if (word == "max") return count;
    }
    return 0;
  }

 private:
  bool write(const std::string& file, const std::string& text) const {
    std::ofstream out(path_ + file);
    return static_cast<bool>(out << text << std::flush);
  }
  std::string path_, limit_;
};

TEST(Latency, ReclaimStallsWhereTheLimitIsMet) {
  auto probe = LatencyProbe::open_reclaim();
  if (!probe) GTEST_SKIP() << probe.error().what;
  ASSERT_TRUE((*probe)->keep(LatencySubject::host, 0));
  const SmallMemory group;
  if (!group.usable()) GTEST_SKIP() << "no cgroup with a memory limit here";
  int hold[2], done[2];
  ASSERT_EQ(::pipe(hold), 0);
  ASSERT_EQ(::pipe(done), 0);
  {
    const Child child([&] {
      char byte = group.join() ? 'j' : 'n';
      if (::write(done[1], &byte, 1) != 1) return;
      if (::read(hold[0], &byte, 1) != 1) return;
      const std::string path =
          testing::TempDir() + "tidemark-reclaim-" + std::to_string(::getpid());
      const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
      ::unlink(path.c_str());
      static char block[65536];
      for (int i = 0; i < 1024; ++i) {  // 64 MiB of page cache
        if (::write(fd, block, sizeof block) < 0) break;
      }
      if (::write(done[1], &byte, 1) == 1) ::pause();
    });
    keep(**probe, child.pid());
    char byte = 0;
    ASSERT_EQ(::read(done[0], &byte, 1), 1);
    if (byte != 'j') GTEST_SKIP() << "cannot join a cgroup";
    ASSERT_EQ(::write(hold[1], "x", 1), 1);
    ASSERT_EQ(::read(done[0], &byte, 1), 1);
    const Latency stalls = read(**probe, child.pid());
    EXPECT_GT(group.refusals(), 0);
    EXPECT_GT(stalls.count, 0);
    EXPECT_EQ(in_buckets(stalls), stalls.count);
    EXPECT_GT(stalls.sum_ns, 0);
    EXPECT_GE((*probe)->read(LatencySubject::host, 0)->count, stalls.count);
  }
  for (const int fd : {hold[0], hold[1], done[0], done[1]}) ::close(fd);
}

// RetransSegs of this network namespace.
int64_t resent_segments() {
  std::ifstream file("/proc/self/net/snmp");
  std::string names, values;
  while (std::getline(file, names) && std::getline(file, values)) {
    if (!names.starts_with("Tcp:")) continue;
    std::istringstream name(names), value(values);
    for (std::string n, v; name >> n && value >> v;) {
      if (n == "RetransSegs") return std::atoll(v.c_str());
    }
  }
  return -1;
}

// Calls somebody behind a link where nobody listens: SYN is sent again each
// second, or after one and two.
[[noreturn]] void call_nobody(int out) {
  int64_t result = -1;
  if (::unshare(CLONE_NEWNET) == 0 &&
      std::system("ip link add v0 type veth peer name v1 2>/dev/null && "
                  "ip addr add 192.0.2.2/24 dev v0 && ip link set v0 up && "
                  "ip link set v1 up && ip neigh add 192.0.2.1 lladdr "
                  "02:00:00:00:00:01 dev v0") == 0) {
    const int caller = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(80);
    address.sin_addr.s_addr = htonl(0xC0000201);  // 192.0.2.1
    ::connect(caller, reinterpret_cast<sockaddr*>(&address), sizeof address);
    for (int i = 0; i < 500 && resent_segments() < 2; ++i) ::usleep(10'000);
    result = resent_segments();
  }
  if (::write(out, &result, sizeof result) < 0) ::_exit(1);
  ::_exit(0);
}

TEST(Latency, RetransmitsAsSnmpCounts) {
  auto probe = RetransmitProbe::open();
  if (!probe) GTEST_SKIP() << probe.error().what;
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const int64_t before = (*probe)->count();
  const Child child([&] { call_nobody(pipe[1]); });
  int64_t counted = -1;
  ASSERT_EQ(::read(pipe[0], &counted, sizeof counted),
            static_cast<ssize_t>(sizeof counted));
  if (counted < 0) GTEST_SKIP() << "no network namespace with a veth";
  const int64_t seen = (*probe)->count() - before;
  EXPECT_GE(counted, 2);
  EXPECT_GE(seen, counted);
  // Other namespaces are counted too, and nothing is lost in them here.
  EXPECT_LE(seen, counted + 2);
  ::close(pipe[0]);
  ::close(pipe[1]);
}

}  // namespace
}  // namespace tidemark
