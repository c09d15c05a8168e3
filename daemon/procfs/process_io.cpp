#include "daemon/procfs/process_io.h"

#include "daemon/procfs/text_cursor.h"

namespace tidemark::procfs {
namespace {

std::optional<int64_t> limit_of(std::string_view word) {
  if (word == "unlimited") return kNoLimit;
  return parse_number(word);
}

}  // namespace

Result<ProcessIo> parse_process_io(std::string_view text) {
  ProcessIo io;
  int found = 0;
  for (TextCursor lines(text); !lines.at_end();) {
    TextCursor line(lines.line());
    const std::string_view key = line.word();
    Bytes* field = key == "rchar:"                   ? &io.rchar
                   : key == "wchar:"                 ? &io.wchar
                   : key == "read_bytes:"            ? &io.read
                   : key == "write_bytes:"           ? &io.write
                   : key == "cancelled_write_bytes:" ? &io.cancelled_write
                                                     : nullptr;
    if (field == nullptr) continue;
    const auto value = line.number();
    if (!value) return malformed("io", "a field is no number");
    *field = Bytes(*value);
    ++found;
  }
  if (found != 5) return malformed("io", "truncated");
  return io;
}

Result<ProcessLimits> parse_process_limits(std::string_view text) {
  constexpr std::string_view kOpenFiles = "Max open files";
  for (TextCursor lines(text); !lines.at_end();) {
    const std::string_view line = lines.line();
    if (!line.starts_with(kOpenFiles)) continue;
    TextCursor words(line.substr(kOpenFiles.size()));
    const auto soft = limit_of(words.word());
    const auto hard = limit_of(words.word());
    if (!soft || !hard) break;
    return ProcessLimits{*soft, *hard};
  }
  return malformed("limits", "no open files line");
}

}  // namespace tidemark::procfs
