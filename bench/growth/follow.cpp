// Follows the growth of processes as a recording does, for benches that switch
// it on and off beside a load: the stacks are taken out once a second.
//
//   follow_growth [--cost] [PID]... [-- CMD [ARG]...]
//
// One word a line on standard input, until it ends:
//   on   opens the probe and follows the processes; answers "ready"
//   off  closes it; answers "ready"
//   run  runs the command, followed where the probe is open; answers the user
//        and system seconds it took
//   cost answers the seconds that the probe's programs ran since `on`, on any
//        CPU for any process: fdinfo of a bpf-prog. Only with --cost: counting
//        them (BPF_ENABLE_STATS) costs time itself.
#include <fcntl.h>
#include <linux/bpf.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "daemon/procfs/process_stat.h"
#include "probes/growth.h"

namespace {

using namespace tidemark;

void follow(GrowthProbe* probe, pid_t pid) {
  if (probe == nullptr) return;
  std::string text;
  std::getline(std::ifstream("/proc/" + std::to_string(pid) + "/stat"), text);
  const auto stat = procfs::parse_process_stat(text);
  if (!stat || !probe->follow(stat->key(), {})) {
    std::fprintf(stderr, "follow_growth: no process %d\n", pid);
    std::exit(1);
  }
}

void drain(GrowthProbe* probe) {
  if (probe != nullptr) {
    static_cast<void>(probe->drain([](const GrowthStack&) {}));
  }
}

// Of all programs that this process holds.
double program_seconds() {
  constexpr const char* kFolder = "/proc/self/fdinfo";
  double sum = 0;
  for (const auto& each : std::filesystem::directory_iterator(kFolder)) {
    std::ifstream file(each.path());
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with("run_time_ns:")) {
        sum += std::atof(line.c_str() + 12) * 1e-9;
      }
    }
  }
  return sum;
}

// Programs' time is counted while this is open. -1: not allowed.
int count_program_time() {
  bpf_attr attributes{};
  attributes.enable_stats.type = BPF_STATS_RUN_TIME;
  return static_cast<int>(
      ::syscall(SYS_bpf, BPF_ENABLE_STATS, &attributes, sizeof(attributes)));
}

double seconds(timeval time) {
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_usec) * 1e-6;
}

// User and system time of the command.
double run(GrowthProbe* probe, char** command) {
  int go[2];
  if (::pipe(go) != 0) std::exit(1);
  const pid_t pid = ::fork();
  if (pid == 0) {
    char byte = 0;
    ::close(go[1]);
    ::close(STDIN_FILENO);
    if (::read(go[0], &byte, 1) != 1) ::_exit(126);
    ::execvp(command[0], command);
    ::_exit(127);
  }
  follow(probe, pid);
  if (::write(go[1], "g", 1) != 1) std::exit(1);
  int status = 0;
  rusage used{};
  while (::wait4(pid, &status, WNOHANG, &used) == 0) {
    ::usleep(100'000);
    drain(probe);
  }
  ::close(go[0]);
  ::close(go[1]);
  if (status != 0) std::exit(1);
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

class Switch {
 public:
  Switch(std::vector<pid_t> pids, char** command, bool costs)
      : pids_(std::move(pids)), command_(command), costs_(costs) {}

  void obey(const std::string& word) {
    if (word == "on") open();
    if (word == "off") close();
    if (word == "run") std::printf("%.6f\n", run(probe_.get(), command_));
    if (word == "cost") std::printf("%.9f\n", program_seconds());
    if (word == "on" || word == "off") std::printf("ready\n");
    std::fflush(stdout);
  }
  void idle() { drain(probe_.get()); }

 private:
  void open() {
    auto opened = GrowthProbe::open();
    if (!opened) {
      std::fprintf(stderr, "follow_growth: %s\n", opened.error().what.c_str());
      std::exit(1);
    }
    probe_ = std::move(*opened);
    for (const pid_t pid : pids_) follow(probe_.get(), pid);
    if (costs_) statistics_ = count_program_time();
  }
  void close() {
    probe_.reset();
    if (statistics_ >= 0) ::close(statistics_);
    statistics_ = -1;
  }

  std::vector<pid_t> pids_;
  char** command_;
  bool costs_;
  int statistics_ = -1;
  std::unique_ptr<GrowthProbe> probe_;
};

}  // namespace

int main(int argc, char** argv) {
  std::vector<pid_t> pids;
  int at = 1;
  const bool costs = argc > 1 && std::strcmp(argv[1], "--cost") == 0;
  if (costs) ++at;
  while (at < argc && std::strcmp(argv[at], "--") != 0) {
    pids.push_back(std::atoi(argv[at++]));
  }
  Switch growth(std::move(pids), argv + std::min(at + 1, argc), costs);
  std::ios::sync_with_stdio(false);
  pollfd in{STDIN_FILENO, POLLIN, 0};
  while (true) {
    if (::poll(&in, 1, 1000) == 0) {
      growth.idle();
      continue;
    }
    // One word is asked for at a time.
    std::string word;
    if (!std::getline(std::cin, word)) return 0;
    growth.obey(word);
  }
}
