#include "bench/sampling/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "bench/child.h"

namespace tidemark::bench {
namespace {

bool connect_to(int fd, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr generic{};
  static_assert(sizeof generic == sizeof address);
  __builtin_memcpy(&generic, &address, sizeof address);
  return ::connect(fd, &generic, sizeof generic) == 0;
}

// One GET /metrics; the number of bytes of the answer, 0: no answer.
size_t scrape(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  size_t total = 0;
  if (connect_to(fd, port)) {
    const std::string request =
        "GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n";
    if (::write(fd, request.data(), request.size()) > 0) {
      std::array<char, 65536> answer;
      ssize_t size = 0;
      while ((size = ::read(fd, answer.data(), answer.size())) > 0) {
        total += static_cast<size_t>(size);
      }
    }
  }
  ::close(fd);
  return total;
}

}  // namespace

double cpu_of_run(const std::vector<std::string>& command) {
  const Cost cost = cost_of(command, Streams::none);
  return cost.exit_code == 127 ? -1 : cost.cpu_seconds;
}

double cpu_of_sample(std::vector<std::string> command, int few, int many) {
  const auto run = [&](int samples) {
    std::vector<std::string> filled = command;
    for (std::string& word : filled) {
      if (word == "{}") word = std::to_string(samples);
    }
    return cpu_of_run(filled);
  };
  const double base = run(few);
  const double whole = run(many);
  if (base < 0 || whole < 0) return -1;
  return (whole - base) / (many - few);
}

double cpu_of_process(pid_t pid) {
  double total = 0;
  std::error_code error;
  for (const auto& task : std::filesystem::directory_iterator(
           "/proc/" + std::to_string(pid) + "/task", error)) {
    std::ifstream file(task.path() / "schedstat");
    double ns = 0;
    file >> ns;
    total += ns * 1e-9;
  }
  return total;
}

double cpu_of_scrape(int scrapes) {
  // By default it watches nobody: this is "all processes, by name".
  const std::string config =
      "/tmp/tidemark-bench-exporter-" + std::to_string(::getpid());
  std::ofstream(config) << "process_names:\n  - name: \"{{.Comm}}\"\n"
                           "    cmdline: ['.+']\n";
  const int port = 20'000 + ::getpid() % 10'000;
  const pid_t pid =
      start({"prometheus-process-exporter", "-web.listen-address",
             "127.0.0.1:" + std::to_string(port), "-config.path", config},
            Streams::none);
  // Its first scrapes also set up its tables: not counted.
  size_t answered = 0;
  for (int i = 0; i < 100 && answered == 0; ++i) {
    ::usleep(100'000);
    answered = scrape(port);
  }
  scrape(port);
  const double before = cpu_of_process(pid);
  for (int i = 0; i < scrapes; ++i) scrape(port);
  const double used = cpu_of_process(pid) - before;
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  ::unlink(config.c_str());
  return answered == 0 ? -1 : used / scrapes;
}

Sleepers::Sleepers(int count) {
  for (int i = 0; i < count; ++i) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      while (true) ::pause();
    }
    if (pid < 0) {
      std::perror("fork");
      std::exit(1);
    }
    pids_.push_back(pid);
  }
}

Sleepers::~Sleepers() {
  for (const pid_t pid : pids_) ::kill(pid, SIGKILL);
  for (const pid_t pid : pids_) ::waitpid(pid, nullptr, 0);
}

}  // namespace tidemark::bench
