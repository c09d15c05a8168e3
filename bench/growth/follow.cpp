// Follows the growth of processes as a recording does, for benches that switch
// it on and off beside a load: the stacks are taken out once a second.
//
//   follow_growth PID...        until standard input ends; prints "ready"
//   follow_growth -- CMD [ARG]  until the command ends
//
// `--off` first: follows nobody, all else the same.
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>

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

size_t drain(GrowthProbe* probe) {
  size_t stacks = 0;
  if (probe != nullptr) {
    static_cast<void>(probe->drain([&](const GrowthStack&) { ++stacks; }));
  }
  return stacks;
}

// User and system time of the command, in seconds.
int run(GrowthProbe* probe, char** command) {
  int go[2];
  if (::pipe(go) != 0) return 1;
  const pid_t pid = ::fork();
  if (pid == 0) {
    char byte = 0;
    ::close(go[1]);
    if (::read(go[0], &byte, 1) != 1) ::_exit(126);
    ::execvp(command[0], command);
    ::_exit(127);
  }
  follow(probe, pid);
  if (::write(go[1], "g", 1) != 1) return 1;
  int status = 0;
  rusage used{};
  size_t stacks = 0;
  while (::wait4(pid, &status, WNOHANG, &used) == 0) {
    ::usleep(100'000);
    stacks += drain(probe);
  }
  const auto seconds = [](timeval time) {
    return static_cast<double>(time.tv_sec) +
           static_cast<double>(time.tv_usec) * 1e-6;
  };
  std::printf("%.6f %zu\n", seconds(used.ru_utime) + seconds(used.ru_stime),
              stacks);
  return status == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::unique_ptr<GrowthProbe> probe;
  int first = 1;
  if (argc > first && std::strcmp(argv[first], "--off") == 0) {
    ++first;
  } else {
    auto opened = GrowthProbe::open();
    if (!opened) {
      std::fprintf(stderr, "follow_growth: %s\n", opened.error().what.c_str());
      return 1;
    }
    probe = std::move(*opened);
  }
  if (argc > first + 1 && std::strcmp(argv[first], "--") == 0) {
    return run(probe.get(), argv + first + 1);
  }
  for (int i = first; i < argc; ++i) follow(probe.get(), std::atoi(argv[i]));
  std::printf("ready\n");
  std::fflush(stdout);
  pollfd in{STDIN_FILENO, POLLIN, 0};
  while (::poll(&in, 1, 1000) == 0) drain(probe.get());
  return 0;
}
