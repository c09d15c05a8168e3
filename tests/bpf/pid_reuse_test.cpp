// PID reuse: in a pid namespace with few pids, ended processes' numbers come
// back within a second. No life may be taken for another's.
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>

#include "core/os/system_clock.h"
#include "daemon/process_table.h"
#include "daemon/procfs/process_stat.h"
#include "daemon/stack_desk.h"
#include "probes/process_life.h"
#include "probes/process_scan.h"
#include "tests/bpf/workload.h"
#include "tests/unit/daemon/fake_engine.h"

namespace tidemark {
namespace {

constexpr int kFewPids = 400;  // the kernel keeps 300 for itself

bool write_text(const char* path, int value) {
  std::ofstream file(path);
  file << value << std::flush;
  return file.good();
}

// Runs `work` as process 1 of a new pid namespace with a /proc of its own;
// returns what it says, or why there is no such namespace.
std::string in_pid_namespace(const std::function<std::string()>& work) {
  int result[2];
  if (::pipe(result) != 0) return "pipe";
  const pid_t outer = ::fork();
  if (outer == 0) {
    ::close(result[0]);
    const auto say = [&](const std::string& text) {
      const ssize_t size = ::write(result[1], text.data(), text.size());
      ::_exit(size < 0);
    };
    if (::unshare(CLONE_NEWPID | CLONE_NEWNS) != 0) say("skip: unshare");
    ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
    const pid_t inner = ::fork();
    if (inner == 0) {
      if (::mount("proc", "/proc", "proc", 0, nullptr) != 0) {
        say("skip: mount /proc");
      }
      say(work());
    }
    ::waitpid(inner, nullptr, 0);
    ::_exit(0);
  }
  ::close(result[1]);
  std::string text;
  char buffer[4096];
  ssize_t size = 0;
  while ((size = ::read(result[0], buffer, sizeof buffer)) > 0) {
    text.append(buffer, static_cast<size_t>(size));
  }
  ::close(result[0]);
  ::waitpid(outer, nullptr, 0);
  return text;
}

// Since 6.14 pid_max is the namespace's own; before, it was the machine's, and
// is left alone.
bool pid_max_is_of_the_namespace() {
  std::ifstream file("/proc/sys/kernel/osrelease");
  int major = 0, minor = 0;
  char dot = 0;
  file >> major >> dot >> minor;
  return major > 6 || (major == 6 && minor >= 14);
}

// A child that gets the pid `wanted`, by going around or by request.
std::string child_with_pid(pid_t wanted, bool few_pids, pid_t& child) {
  for (int i = 0; i < 2 * kFewPids; ++i) {
    if (!few_pids && !write_text("/proc/sys/kernel/ns_last_pid", wanted - 1)) {
      return "skip: neither pid_max nor ns_last_pid is of the namespace";
    }
    child = ::fork();
    if (child == 0) testing_bpf::sleep_forever();
    if (child == wanted) return "";
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
  return "the pid did not come back";
}

// One life after another under one pid; what is wrong, or nothing.
class Lives {
 public:
  explicit Lives(const std::string& proc)
      : roots_{proc, "/sys"}, table_(roots_, definer_), desk_(definer_, proc) {}

  std::string start() {
    scan_ = make_collector("process_scan");
    const auto level = scan_->start({roots_, definer_, table_, desk_, clock_});
    if (!level) return level.error().what;
    level_ = *level;
    return "";
  }
  const std::string& level() const { return level_; }

  std::string check(pid_t pid) {
    FakeFrame frame(definer_);
    const Status status = scan_->collect({clock_.now()}, frame);
    if (!status) return status.error().what;
    const std::string text = testing_bpf::proc_text(pid, "stat");
    const auto stat = procfs::parse_process_stat(text);
    if (!stat) return "no stat";
    const Subject* subject = table_.find_pid(Pid{pid});
    if (subject == nullptr) return "not found: " + std::to_string(pid);
    if (subject->process != stat->key()) return "another life's start time";
    if (subject->id == last_) return "the same subject for another life";
    if (last_.valid() && definer_.defined.contains(last_)) {
      return "the life before did not end";
    }
    last_ = subject->id;
    const int64_t cpu = frame.get("cpu_user", last_).value_or(-1) +
                        frame.get("cpu_system", last_).value_or(-1);
    if (cpu < 0) return "no CPU time";
    if (cpu > 200'000'000) return "CPU time of another life";
    return "";
  }

 private:
  Roots roots_;
  FakeDefiner definer_;
  ProcessTable table_;
  StackDesk desk_;
  SystemClock clock_;
  std::unique_ptr<Collector> scan_;
  std::string level_;
  SubjectId last_;
};

std::string reuse_pids(const std::string& proc, const std::string& level) {
  const bool few_pids = pid_max_is_of_the_namespace() &&
                        write_text("/proc/sys/kernel/pid_max", kFewPids);
  Lives lives(proc);
  if (std::string error = lives.start(); !error.empty()) return error;
  if (lives.level().find(level) != 0) return "skip: " + lives.level();
  for (int life = 0; life < 10; ++life) {
    pid_t child = -1;
    std::string error = child_with_pid(350, few_pids, child);
    if (error.empty()) error = lives.check(child);
    if (child > 0) {
      ::kill(child, SIGKILL);
      ::waitpid(child, nullptr, 0);
    }
    if (!error.empty()) return error + ", life " + std::to_string(life);
    ::usleep(20'000);  // a start time is no finer than a tick
  }
  return std::string("ok by ") + (few_pids ? "pid_max" : "ns_last_pid");
}

void expect_ok(const std::string& said) {
  if (said.starts_with("skip")) GTEST_SKIP() << said;
  EXPECT_TRUE(said.starts_with("ok")) << said;
  std::printf("%s\n", said.c_str());
}

TEST(PidReuseTest, EachLifeIsItsOwnByIterator) {
  expect_ok(in_pid_namespace([] { return reuse_pids("/proc", "iter/task"); }));
}

TEST(PidReuseTest, EachLifeIsItsOwnByText) {
  expect_ok(in_pid_namespace([] { return reuse_pids("/proc/.", "kept-fd"); }));
}

// Inside a namespace, events and records carry its pids, of its processes only.
TEST(PidNamespaceTest, LivesAreNumberedAsProcDoes) {
  expect_ok(in_pid_namespace([]() -> std::string {
    auto life = LifeProbe::open();
    if (!life) return "skip: " + life.error().what;
    const pid_t child = ::fork();
    if (child == 0) testing_bpf::sleep_forever();
    const std::string text = testing_bpf::proc_text(child, "stat");
    const auto stat = procfs::parse_process_stat(text);
    if (!stat) return "no stat";
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    bool exited = false;
    std::string strange;
    const Status status = (*life)->drain([&](const LifeEvent& event) {
      exited =
          exited || (event.kind == LifeKind::exit && event.key == stat->key());
      if (event.key.pid.value > child + 10) {
        strange = std::to_string(event.key.pid.value);
      }
    });
    if (!status) return status.error().what;
    if (!strange.empty()) return "an event of outside: pid " + strange;
    return exited ? "ok" : "no exit event";
  }));
}

}  // namespace
}  // namespace tidemark
