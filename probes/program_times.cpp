#include "probes/program_times.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

namespace tidemark {
namespace {

using Named = std::pair<std::string_view, std::string_view>;

// As in *.bpf.c; tests/unit/probes/program_times_test.cpp holds them together.
constexpr std::array kPrograms = {
    Named{"issue", "block_io"},
    Named{"complete", "block_io"},
    Named{"lock_released", "growth"},
    Named{"fault_overflow", "growth"},
    Named{"fault_traced", "growth"},
    Named{"handles_enter", "handles"},
    Named{"handles_exit", "handles"},
    Named{"handles_fork", "handles"},
    Named{"handles_exec", "handles"},
    Named{"handles_end", "handles"},
    Named{"heap_free", "heap"},
    Named{"heap_session", "heap"},
    Named{"heap_entry", "heap"},
    Named{"heap_return", "heap"},
    Named{"heap_maps", "heap"},
    Named{"heap_fork", "heap"},
    Named{"heap_exec", "heap"},
    Named{"heap_exit", "heap"},
    Named{"clock_ticked", "on_cpu"},
    Named{"process_fork", "process_life"},
    Named{"process_exec", "process_life"},
    Named{"process_exit", "process_life"},
    Named{"oom_kill_task", "process_life"},
    Named{"oom_kill_pid", "process_life"},
    Named{"walk_tasks", "process_walk"},
    Named{"scan_task", "process_scan"},
    Named{"host_begin", "reclaim"},
    Named{"host_end", "reclaim"},
    Named{"cgroup_begin", "reclaim"},
    Named{"cgroup_end", "reclaim"},
    Named{"switched", "run_queue"},
    Named{"sent_again", "tcp_retransmit"},
};

// Several descriptors may be of one program.
void add_program(int fd, std::vector<ProgramTime>& times) {
  bpf_prog_info info = {};
  __u32 size = sizeof(info);
  if (bpf_obj_get_info_by_fd(fd, &info, &size) != 0) return;
  const std::string_view probe = probe_of_program(info.name);
  if (probe.empty() ||
      std::ranges::find(times, info.id, &ProgramTime::id) != times.end()) {
    return;
  }
  times.push_back({info.id, probe, info.run_time_ns});
}

}  // namespace

Result<UniqueFd> count_program_times() {
  const int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
  if (fd < 0) {
    auto failed = fail_errno("counting the time of BPF programs", errno);
    if (failed.error().errno_value == EPERM) {
      failed.error().what +=
          "; it asks CAP_SYS_ADMIN, which the service does without: record as "
          "root to see it";
    }
    return failed;
  }
  return UniqueFd(fd);
}

std::vector<ProgramTime> read_program_times(const std::string& proc) {
  std::vector<ProgramTime> times;
  std::error_code error;
  const std::filesystem::path folder = proc + "/self/fd";
  std::filesystem::directory_iterator at(folder, error);
  for (; !error && at != std::filesystem::directory_iterator();
       at.increment(error)) {
    std::error_code gone;
    const auto target = std::filesystem::read_symlink(at->path(), gone);
    if (gone || target != "anon_inode:bpf-prog") continue;
    add_program(std::atoi(at->path().filename().c_str()), times);
  }
  return times;
}

std::string_view probe_of_program(std::string_view program) {
  const auto* found = std::ranges::find(kPrograms, program, &Named::first);
  return found == kPrograms.end() ? std::string_view() : found->second;
}

void ProbeTimes::end(const std::vector<ProgramTime>& times, double share) {
  for (const ProgramTime& time : times) {
    const auto before = std::ranges::find(begun_, time.id, &ProgramTime::id);
    const uint64_t from = before == begun_.end() ? 0 : before->ns;
    int64_t& total = totals_[time.probe];
    if (time.ns <= from || !(share > 0)) continue;
    total += std::llround(static_cast<double>(time.ns - from) / share);
  }
  begun_.clear();
}

}  // namespace tidemark
