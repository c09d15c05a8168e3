#include "daemon/procfs/process_stat.h"

#include "daemon/procfs/text_cursor.h"

namespace tidemark::procfs {
namespace {

constexpr std::string_view kFile = "stat";

std::optional<Pid> parse_pid(std::string_view word) {
  const auto value = parse_number(word);
  if (!value || *value > INT32_MAX) return std::nullopt;
  return Pid{static_cast<int32_t>(*value)};
}

}  // namespace

Result<ProcessStat> parse_process_stat(std::string_view text) {
  // The name may hold anything, ") R 1" too; nothing after it holds a ')'.
  const size_t open = text.find('(');
  const size_t close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos ||
      close < open || open < 2) {
    return malformed(kFile, "no name in parentheses");
  }
  ProcessStat stat;
  const auto pid = parse_pid(text.substr(0, open - 1));
  if (!pid) return malformed(kFile, "no pid");
  stat.pid = *pid;
  stat.comm = text.substr(open + 1, close - open - 1);

  TextCursor words(text.substr(close + 1));
  const std::string_view state = words.word();
  const auto parent = parse_pid(words.word());
  if (state.size() != 1 || !parent) return malformed(kFile, "no parent");
  stat.state = state.front();
  stat.parent = *parent;

  NumberReader numbers(words.rest());
  numbers.skip(4);  // pgrp session tty_nr tpgid
  stat.flags = numbers.next();
  stat.minor_faults = numbers.next();
  numbers.skip(1);  // cminflt
  stat.major_faults = numbers.next();
  numbers.skip(1);  // cmajflt
  stat.user = Ticks(numbers.next());
  stat.system = Ticks(numbers.next());
  numbers.skip(4);  // cutime cstime priority nice
  stat.threads = numbers.next();
  numbers.skip(1);  // itrealvalue
  stat.start_ticks = static_cast<uint64_t>(numbers.next());
  stat.vm_size = Bytes(numbers.next());
  stat.rss = Pages(numbers.next());
  if (!numbers.ok()) return malformed(kFile, "a field is missing or no number");
  return stat;
}

}  // namespace tidemark::procfs
