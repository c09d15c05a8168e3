#include "tui/terminal_guard.h"

#include <fcntl.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <exception>

namespace tidemark {
namespace {

// Every signal whose default is to end a process (signal(7)), SIGKILL aside.
constexpr std::array kEnding = {
    SIGINT,    SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGPIPE, SIGUSR1,  SIGUSR2,
    SIGVTALRM, SIGPROF, SIGIO,  SIGPWR,  SIGXCPU, SIGXFSZ, SIGSTKFLT};
constexpr std::array kFaults = {SIGSEGV, SIGBUS,  SIGFPE, SIGILL,
                                SIGABRT, SIGTRAP, SIGSYS};

// Handlers reach nothing but this.
struct Saved {
  int fd = -1;
  struct termios modes{};
  std::array<char, TerminalGuard::kSequence> bytes{};
  size_t size = 0;
  int pipe[2] = {-1, -1};
  std::atomic<int> signal{0};
  std::array<struct sigaction, kEnding.size()> ending{};
  std::array<struct sigaction, kFaults.size()> faults{};
  std::terminate_handler terminate = nullptr;
};
Saved saved;

// Async-signal-safe: write(2) and tcsetattr(3) only.
void restore_terminal() {
  if (saved.fd < 0) return;
  const char* at = saved.bytes.data();
  size_t left = saved.size;
  while (left > 0) {
    const ssize_t n = ::write(saved.fd, at, left);
    if (n <= 0) break;
    at += n;
    left -= static_cast<size_t>(n);
  }
  ::tcsetattr(saved.fd, TCSANOW, &saved.modes);
}

void on_ending(int signal) {
  saved.signal.store(signal, std::memory_order_relaxed);
  const char byte = 1;
  [[maybe_unused]] const ssize_t n = ::write(saved.pipe[1], &byte, 1);
}

// SA_RESETHAND took the handler away: the signal kills as it would have.
void on_fault(int signal) {
  restore_terminal();
  ::raise(signal);
}

[[noreturn]] void on_terminate() {
  restore_terminal();
  if (saved.terminate != nullptr) saved.terminate();
  std::abort();
}

void install(int signal, void (*handler)(int), int flags,
             struct sigaction& before) {
  struct sigaction action{};
  action.sa_handler = handler;
  action.sa_flags = flags;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(signal, &action, &before);
}

}  // namespace

TerminalGuard::TerminalGuard(int fd) {
  saved.fd = fd;
  saved.size = 0;
  saved.signal = 0;
  ::tcgetattr(fd, &saved.modes);
  if (::pipe2(saved.pipe, O_CLOEXEC | O_NONBLOCK) != 0) {
    saved.pipe[0] = saved.pipe[1] = -1;
  }
  for (size_t i = 0; i < kEnding.size(); ++i) {
    install(kEnding[i], on_ending, 0, saved.ending[i]);
  }
  for (size_t i = 0; i < kFaults.size(); ++i) {
    install(kFaults[i], on_fault, static_cast<int>(SA_RESETHAND | SA_NODEFER),
            saved.faults[i]);
  }
  saved.terminate = std::set_terminate(on_terminate);
}

TerminalGuard::~TerminalGuard() {
  for (size_t i = 0; i < kEnding.size(); ++i) {
    ::sigaction(kEnding[i], &saved.ending[i], nullptr);
  }
  for (size_t i = 0; i < kFaults.size(); ++i) {
    ::sigaction(kFaults[i], &saved.faults[i], nullptr);
  }
  std::set_terminate(saved.terminate);
  saved.fd = -1;
  for (const int end : saved.pipe) {
    if (end >= 0) ::close(end);
  }
}

void TerminalGuard::set_restore_sequence(const std::string& bytes) {
  saved.size = std::min(bytes.size(), kSequence);
  std::memcpy(saved.bytes.data(), bytes.data(), saved.size);
}

int TerminalGuard::wake_fd() const { return saved.pipe[0]; }

int TerminalGuard::signal() const {
  return saved.signal.load(std::memory_order_relaxed);
}

}  // namespace tidemark
