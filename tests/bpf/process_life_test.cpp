// Life events against what wait4(2) and /proc say of the same processes.
#include "probes/process_life.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>
#include <vector>

#include "daemon/procfs/process_io.h"
#include "daemon/procfs/process_stat.h"
#include "tests/bpf/workload.h"

extern char** environ;

namespace tidemark {
namespace {

using testing_bpf::Child;
using testing_bpf::proc_text;

constexpr int64_t kTickNs = 10'000'000;

class ProcessLifeTest : public testing::Test {
 protected:
  void SetUp() override {
    auto probe = LifeProbe::open();
    if (!probe) GTEST_SKIP() << probe.error().what;
    life_ = std::move(*probe);
  }

  struct Kept : LifeEvent {
    std::string name;
  };
  void drain() {
    const Status status = life_->drain([&](const LifeEvent& event) {
      events_.push_back({event, std::string(event.comm)});
    });
    ASSERT_TRUE(status) << status.error().what;
  }
  const Kept* find(LifeKind kind, pid_t pid) const {
    for (const Kept& event : events_) {
      if (event.kind == kind && event.key.pid.value == pid) return &event;
    }
    return nullptr;
  }
  size_t count(LifeKind kind, pid_t pid) const {
    size_t n = 0;
    for (const Kept& event : events_) {
      n += event.kind == kind && event.key.pid.value == pid;
    }
    return n;
  }

  std::unique_ptr<LifeProbe> life_;
  std::vector<Kept> events_;
};

// A child's final figures, taken while it is a zombie and when it is reaped.
struct Final {
  procfs::ProcessIo io;
  ProcessKey key;
  int status = 0;
  rusage usage{};
};

Final finish(pid_t pid) {
  Final final;
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT);
  if (const auto io = procfs::parse_process_io(proc_text(pid, "io"))) {
    final.io = *io;
  }
  const std::string text = proc_text(pid, "stat");
  if (const auto stat = procfs::parse_process_stat(text)) {
    final.key = stat->key();
  }
  ::wait4(pid, &final.status, 0, &final.usage);
  return final;
}

int64_t cpu_ns(const rusage& usage) {
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1'000'000'000 +
         (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000;
}

// What a child costs that ends at once.
int64_t idle_life_ns() {
  static const int64_t cost = [] {
    const Child child([] {});
    return cpu_ns(finish(child.pid()).usage);
  }();
  return cost;
}

// Where process accounting is on (acct(2)), the kernel lets the last thread
// write a record after the event: one in 64 begins a page of the file, which
// counts as written by the process, as does the block of its inode.
bool is_accounted() {
  static const bool is_on = [] {
    const Child child([] {});  // writes nothing itself
    return finish(child.pid()).io.wchar.count > 0;
  }();
  return is_on;
}

void expect_written(int64_t told, int64_t final) {
  if (!is_accounted()) {
    EXPECT_EQ(told, final);
    return;
  }
  EXPECT_TRUE(final == told || final == told + 4096 || final == told + 8192)
      << told << " and " << final;
}

void expect_final(const LifeEvent& event, const Final& final, int threads = 1) {
  EXPECT_EQ(event.key, final.key);
  EXPECT_EQ(event.wait_status, final.status);
  // The event comes before the end of exit(2), whose rest wait4 counts: less
  // than a tick. On an emulated machine, where the life of an idle child takes
  // longer than that, it is its life for each thread that ends, or a quarter.
  const int64_t idle = idle_life_ns();
  const int64_t slack = idle < kTickNs
                            ? kTickNs
                            : std::max(threads * idle, cpu_ns(final.usage) / 4);
  EXPECT_NEAR(static_cast<double>(event.cpu_user_ns + event.cpu_system_ns),
              static_cast<double>(cpu_ns(final.usage)),
              static_cast<double>(slack));
  EXPECT_EQ(event.rss_peak_bytes, final.usage.ru_maxrss * 1024);
  EXPECT_EQ(event.io_read_bytes, final.io.read.count);
  expect_written(event.io_write_bytes, final.io.write.count);
}

pid_t spawn(const char* path) {
  pid_t pid = -1;
  std::string name(path);
  char* argv[] = {name.data(), nullptr};
  return ::posix_spawn(&pid, path, nullptr, nullptr, argv, environ) == 0 ? pid
                                                                         : -1;
}

TEST_F(ProcessLifeTest, TenThousandShortExecsAreFoundOrCounted) {
  const auto execs =
      static_cast<size_t>(testing_bpf::times("TIDEMARK_EXECS", 10'000));
  std::vector<pid_t> pids;
  const auto begin = std::chrono::steady_clock::now();
  auto next_drain = begin + std::chrono::seconds(1);
  while (pids.size() < execs) {
    const pid_t pid = spawn(TIDEMARK_SHORT_LIFE);
    ASSERT_GT(pid, 0);
    pids.push_back(pid);
    ::waitpid(pid, nullptr, 0);
    // As the daemon does: at each tick, and when a quarter is full.
    pollfd wait{life_->fd(), POLLIN, 0};
    if (std::chrono::steady_clock::now() > next_drain ||
        ::poll(&wait, 1, 0) > 0) {
      drain();
      next_drain += std::chrono::seconds(1);
    }
  }
  drain();
  std::multiset<pid_t> exited, execed;
  for (const Kept& event : events_) {
    if (event.kind == LifeKind::exit) exited.insert(event.key.pid.value);
    if (event.kind == LifeKind::exec) execed.insert(event.key.pid.value);
  }
  uint64_t missed = 0;
  for (const pid_t pid : pids) {
    const auto found = exited.find(pid);
    if (found == exited.end()) {
      ++missed;
    } else {
      exited.erase(found);
    }
    const auto exec = execed.find(pid);
    if (exec == execed.end()) {
      ++missed;
    } else {
      execed.erase(exec);
    }
  }
  EXPECT_LE(missed, life_->lost());
  const std::chrono::duration<double> took =
      std::chrono::steady_clock::now() - begin;
  std::printf("%zu execs in %.1f s, %lu missed, %lu counted as lost\n",
              pids.size(), took.count(), missed, life_->lost());
}

TEST_F(ProcessLifeTest, WhatFindsTheRingFullIsCounted) {
  constexpr size_t kForks = 12'000;
  for (size_t i = 0; i < kForks; ++i) Child([] {}).wait();
  drain();
  size_t found = 0;
  for (const Kept& event : events_) {
    found += event.parent == Pid{::getpid()} && event.kind != LifeKind::exec;
  }
  EXPECT_GT(life_->lost(), 0u);
  EXPECT_LT(found, 2 * kForks);
  EXPECT_GE(found + life_->lost(), 2 * kForks);
  // And the ring works on.
  Child child([] {});
  const pid_t pid = child.pid();
  child.wait();
  drain();
  EXPECT_NE(find(LifeKind::exit, pid), nullptr);
}

TEST_F(ProcessLifeTest, ForkExecAndExitOfOneProcess) {
  const pid_t pid = spawn("/bin/true");
  const Final final = finish(pid);
  drain();
  const Kept* fork = find(LifeKind::fork, pid);
  const Kept* exec = find(LifeKind::exec, pid);
  const Kept* exit = find(LifeKind::exit, pid);
  ASSERT_TRUE(fork && exec && exit);
  EXPECT_EQ(fork->key, final.key);
  EXPECT_EQ(fork->parent, Pid{::getpid()});
  EXPECT_EQ(exec->name, "true");
  EXPECT_EQ(exec->exec_id, fork->exec_id + 1);
  EXPECT_LE(fork->time, exec->time);
  EXPECT_LE(exec->time, exit->time);
  EXPECT_EQ(count(LifeKind::exit, pid), 1u);
  expect_final(*exit, final);
}

TEST_F(ProcessLifeTest, ExitCodesAndSignals) {
  for (const int code : {0, 1, 3, 255}) {
    const Child child([code] { ::_exit(code); });
    const Final final = finish(child.pid());
    drain();
    const Kept* exit = find(LifeKind::exit, child.pid());
    ASSERT_NE(exit, nullptr);
    EXPECT_EQ(exit->wait_status, code << 8);
    EXPECT_EQ(exit->wait_status, final.status);
  }
  for (const int number : {SIGKILL, SIGTERM}) {
    const Child child([] { testing_bpf::sleep_forever(); });
    ::kill(child.pid(), number);
    finish(child.pid());
    drain();
    const Kept* exit = find(LifeKind::exit, child.pid());
    ASSERT_NE(exit, nullptr);
    EXPECT_EQ(WTERMSIG(exit->wait_status), number);
  }
}

TEST_F(ProcessLifeTest, FinalCpuPeakMemoryAndIo) {
  const Child child([] {
    timespec cpu{};
    std::vector<char> block(24u << 20, 'x');
    do {
      ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    } while (cpu.tv_sec == 0 && cpu.tv_nsec < 120'000'000);
    const int fd = ::open("/var/tmp", O_TMPFILE | O_RDWR, 0600);
    if (::write(fd, block.data(), 1u << 20) < 0) ::_exit(1);
    ::fsync(fd);
  });
  const Final final = finish(child.pid());
  drain();
  const Kept* exit = find(LifeKind::exit, child.pid());
  ASSERT_NE(exit, nullptr);
  expect_final(*exit, final);
  EXPECT_GT(exit->cpu_user_ns + exit->cpu_system_ns, 100'000'000);
  EXPECT_GT(exit->rss_peak_bytes, 24 << 20);
  EXPECT_GE(exit->io_write_bytes, 1 << 20);
}

TEST_F(ProcessLifeTest, ThreadsEndInAnyOrder) {
  for (int i = 0; i < 20; ++i) {
    const pid_t pid = spawn(TIDEMARK_LEADER_FIRST);
    const Final final = finish(pid);
    drain();
    ASSERT_EQ(count(LifeKind::exit, pid), 1u);
    expect_final(*find(LifeKind::exit, pid), final, 7);
    EXPECT_EQ(count(LifeKind::fork, pid), 1u);
  }
}

// A memory cgroup of our own with a limit, in either version; removed again.
class LimitedCgroup {
 public:
  explicit LimitedCgroup(const char* bytes) {
    namespace fs = std::filesystem;
    const bool v1 = fs::exists("/sys/fs/cgroup/memory/memory.limit_in_bytes");
    path_ = std::string(v1 ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup") +
            "/tidemark_test_" + std::to_string(::getpid());
    std::error_code error;
    if (!fs::create_directory(path_, error)) return;
    if (!v1) write("memory.swap.max", "0");
    valid_ = write(v1 ? "memory.limit_in_bytes" : "memory.max", bytes);
  }
  ~LimitedCgroup() { ::rmdir(path_.c_str()); }
  bool valid() const { return valid_; }
  bool join() const {
    return write("cgroup.procs", std::to_string(::getpid()));
  }

 private:
  bool write(const std::string& name, const std::string& text) const {
    std::ofstream file(path_ + "/" + name);
    file << text << std::flush;
    return file.good();
  }
  std::string path_;
  bool valid_ = false;
};

TEST_F(ProcessLifeTest, KillForWantOfMemory) {
  const LimitedCgroup cgroup("16777216");
  if (!cgroup.valid()) GTEST_SKIP() << "no memory cgroup can be made here";
  {
    Child child([&] {
      if (!cgroup.join()) ::_exit(2);
      std::vector<char> block(128u << 20, 'x');
      ::_exit(block[12345] == 'x' ? 0 : 1);
    });
    const pid_t pid = child.pid();
    const int status = child.wait();
    drain();
    ASSERT_TRUE(WIFSIGNALED(status)) << status;
    const Kept* kill = find(LifeKind::oom_kill, pid);
    ASSERT_NE(kill, nullptr);
    const Kept* exit = find(LifeKind::exit, pid);
    ASSERT_NE(exit, nullptr);
    EXPECT_EQ(WTERMSIG(exit->wait_status), SIGKILL);
    EXPECT_LE(kill->time, exit->time);
  }
}

}  // namespace
}  // namespace tidemark
