#include "bench/tui/terminal.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include "bench/child.h"

namespace tidemark::bench {
namespace {

constexpr size_t kKept = 1 << 16;

}  // namespace

Terminal::Terminal(const std::vector<std::string>& command, int columns,
                   int rows)
    : begin_(std::chrono::steady_clock::now()) {
  winsize size{};
  size.ws_col = static_cast<unsigned short>(columns);
  size.ws_row = static_cast<unsigned short>(rows);
  pid_ = ::forkpty(&fd_, nullptr, nullptr, &size);
  if (pid_ == 0) {
    ::setenv("TERM", "xterm-256color", 1);
    ::setenv("LC_ALL", "C.UTF-8", 1);
    become(command);
  }
  if (pid_ < 0) {
    std::perror("forkpty");
    std::exit(1);
  }
}

Terminal::~Terminal() {
  ::kill(pid_, SIGKILL);
  ::close(fd_);
  ::waitpid(pid_, nullptr, 0);
}

double Terminal::elapsed() const {
  const std::chrono::duration<double> since =
      std::chrono::steady_clock::now() - begin_;
  return since.count();
}

bool Terminal::read_some(int timeout_ms) {
  pollfd ready{fd_, POLLIN, 0};
  if (::poll(&ready, 1, timeout_ms) <= 0) return true;
  std::array<char, 65536> buffer;
  const ssize_t size = ::read(fd_, buffer.data(), buffer.size());
  if (size <= 0) return false;
  bytes_ += static_cast<uint64_t>(size);
  seen_.append(buffer.data(), static_cast<size_t>(size));
  if (seen_.size() > 2 * kKept) seen_.erase(0, seen_.size() - kKept);
  return true;
}

void Terminal::watch(double seconds) {
  const double end = elapsed() + seconds;
  for (double left = seconds; left > 0; left = end - elapsed()) {
    if (!read_some(static_cast<int>(left * 1000) + 1)) return;
  }
}

double Terminal::wait_for(const std::string& text, double limit) {
  seen_.clear();
  while (elapsed() < limit) {
    if (!read_some(10)) return -1;
    if (seen_.find(text) != std::string::npos) return elapsed();
  }
  return -1;
}

void Terminal::type(const std::string& keys) const {
  if (::write(fd_, keys.data(), keys.size()) < 0) std::perror("write");
}

}  // namespace tidemark::bench
