// Puts the terminal back on every way out: signals that end the program, faults
// (SIGSEGV and its like), std::terminate. SIGKILL aside.
#pragma once

#include <string>

namespace tidemark {

class TerminalGuard {
 public:
  // Saves the modes of `fd` (a terminal). Only one guard exists at a time.
  explicit TerminalGuard(int fd);
  ~TerminalGuard();
  TerminalGuard(const TerminalGuard&) = delete;
  TerminalGuard& operator=(const TerminalGuard&) = delete;

  // What to write when dying of a fault; at most kSequence bytes are kept.
  void set_restore_sequence(const std::string& bytes);
  // Becomes readable when a signal came that asks to end.
  int wake_fd() const;
  // That signal, or 0.
  int signal() const;

  static constexpr size_t kSequence = 512;
};

}  // namespace tidemark
