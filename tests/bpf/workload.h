// Children that do known things, and what /proc says of them: the independent
// source that the probes are held against.
#pragma once

#include <sys/types.h>

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace tidemark::testing_bpf {

// A child process; killed and reaped at the end of its scope.
class Child {
 public:
  // Runs `work` in a forked child, which ends when it returns.
  explicit Child(const std::function<void()>& work);
  Child(Child&& other) noexcept;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();
  pid_t pid() const { return pid_; }
  // Waits for its end; the wait status.
  int wait();

 private:
  pid_t pid_ = -1;
};

// A child that does one step after another when it is told to, and says when
// each is done; then it sleeps.
class Steps {
 public:
  explicit Steps(std::vector<void (*)()> steps);
  ~Steps();
  Steps(const Steps&) = delete;
  Steps& operator=(const Steps&) = delete;

  pid_t pid() const { return child_->pid(); }
  void next() const;
  int wait() { return child_->wait(); }

 private:
  std::array<int, 2> pair_ = {-1, -1};
  std::optional<Child> child_;
};

// Work that never returns.
[[noreturn]] void sleep_forever();
[[noreturn]] void burn_cpu();       // user and system time
[[noreturn]] void churn_memory();   // faults, memory that comes and goes
[[noreturn]] void churn_threads();  // threads that live some milliseconds
[[noreturn]] void hold_threads();   // threads that sleep and burn in turn
[[noreturn]] void write_files();    // I/O
// One of each, two of /bin/sleep, and sleepers up to `count` in all.
std::vector<Child> start_workload(size_t count);

// The whole text of /proc/PID/NAME; empty when it is gone.
std::string proc_text(pid_t pid, const std::string& name);
std::vector<pid_t> all_pids();
// The sum of a "key:\tvalue" line of status over all threads.
int64_t sum_of_threads(pid_t pid, const std::string& key);
// How often a long test does its work: `usual` times, or as often as this
// environment variable says, for machines that are emulated.
int times(const char* variable, int usual);
// The most pages that a thread of this kernel has touched one at a time while
// /proc did not count them: tried in a child, not read off the version. Before
// 6.2 a thread hands its pages in by 64 (mm/memory.c, TASK_RSS_EVENTS_THRESH),
// later each CPU keeps a batch (lib/percpu_counter.c), still later statm sums.
int64_t pages_held_back();

}  // namespace tidemark::testing_bpf
