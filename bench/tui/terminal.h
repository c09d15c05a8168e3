// A program in a terminal of its own that nobody looks at: what it writes is
// counted and thrown away.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace tidemark::bench {

class Terminal {
 public:
  // Starts `command` in an xterm-256color of this size, in UTF-8.
  Terminal(const std::vector<std::string>& command, int columns, int rows);
  ~Terminal();  // ends the program
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  pid_t pid() const { return pid_; }
  // Reads what is written for that long.
  void watch(double seconds);
  // Reads until `text` was written; seconds since the start, negative: the
  // program ended or `limit` passed.
  double wait_for(const std::string& text, double limit);
  void type(const std::string& keys) const;
  uint64_t bytes() const { return bytes_; }

 private:
  double elapsed() const;
  // False when the program has ended.
  bool read_some(int timeout_ms);

  pid_t pid_ = -1;
  int fd_ = -1;
  uint64_t bytes_ = 0;
  std::string seen_;  // the last of it
  std::chrono::steady_clock::time_point begin_;
};

}  // namespace tidemark::bench
