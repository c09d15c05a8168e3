// Reads the kernel's text files word by word. The text is foreign: nothing is
// assumed of it, a number that is none or does not fit is said to be absent.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/result.h"

namespace tidemark::procfs {

// A whole decimal number with nothing around it, 0 ... INT64_MAX.
std::optional<int64_t> parse_number(std::string_view word);

// "123" or the word "max" (cgroup v2): nullopt = neither; "max" is kNoLimit.
inline constexpr int64_t kNoLimit = INT64_MAX;
std::optional<int64_t> parse_limit(std::string_view word);

class TextCursor {
 public:
  explicit TextCursor(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }
  // The next line, without its newline; empty at the end.
  std::string_view line();
  // The next word between blanks (spaces, tabs, newlines); empty at the end.
  std::string_view word();
  // The next word as a number; nullopt when it is none.
  std::optional<int64_t> number() { return parse_number(word()); }
  // Passes over `count` words; false when there were fewer.
  bool skip(int count);

 private:
  std::string_view rest_;
};

// Numbers in a row, for the files that are columns: the first failure sticks,
// so that a parser reads all and asks once.
class NumberReader {
 public:
  explicit NumberReader(std::string_view text) : cursor_(text) {}
  int64_t next();
  void skip(int count);
  bool ok() const { return ok_; }

 private:
  TextCursor cursor_;
  bool ok_ = true;
};

// Error malformed: "/proc/PID/stat: truncated" in the caller's words.
std::unexpected<Error> malformed(std::string_view file, std::string_view why);

}  // namespace tidemark::procfs
