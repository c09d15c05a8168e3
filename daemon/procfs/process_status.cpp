#include "daemon/procfs/process_status.h"

#include "daemon/procfs/text_cursor.h"

namespace tidemark::procfs {
namespace {

std::optional<Bytes> parse_kib(std::string_view value) {
  const auto number = TextCursor(value).number();
  if (!number || *number > INT64_MAX / 1024) return std::nullopt;
  return kib(*number);
}

// The lines that are sizes in "kB", which are KiB.
std::optional<Bytes>* size_field(ProcessStatus& status, std::string_view key) {
  if (key == "VmSize") return &status.vm_size;
  if (key == "VmHWM") return &status.rss_peak;
  if (key == "VmRSS") return &status.rss;
  if (key == "RssAnon") return &status.rss_anon;
  if (key == "RssFile") return &status.rss_file;
  if (key == "RssShmem") return &status.rss_shmem;
  if (key == "VmPTE") return &status.page_tables;
  if (key == "VmSwap") return &status.swap;
  return nullptr;
}

std::optional<int64_t>* count_field(ProcessStatus& status,
                                    std::string_view key) {
  if (key == "Threads") return &status.threads;
  if (key == "voluntary_ctxt_switches") return &status.voluntary_switches;
  if (key == "nonvoluntary_ctxt_switches") return &status.involuntary_switches;
  return nullptr;
}

void parse_namespace_pids(ProcessStatus& status, std::string_view value) {
  TextCursor words(value);
  for (auto word = words.word(); !word.empty(); word = words.word()) {
    status.innermost_pid = parse_number(word);
    ++status.namespace_depth;
  }
}

}  // namespace

Result<ProcessStatus> parse_process_status(std::string_view text) {
  ProcessStatus status;
  bool known = false;
  // The kernel escapes newlines in Name, so a name cannot forge a line.
  for (TextCursor lines(text); !lines.at_end();) {
    const std::string_view line = lines.line();
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view key = line.substr(0, colon);
    const std::string_view value = line.substr(colon + 1);
    if (auto* size = size_field(status, key)) {
      *size = parse_kib(value);
    } else if (auto* count = count_field(status, key)) {
      *count = TextCursor(value).number();
    } else if (key == "NSpid") {
      parse_namespace_pids(status, value);
    } else if (key != "State") {
      continue;
    }
    known = true;
  }
  if (!known) return malformed("status", "no known line");
  return status;
}

}  // namespace tidemark::procfs
