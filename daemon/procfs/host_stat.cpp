#include "daemon/procfs/host_stat.h"

#include <optional>

#include "daemon/procfs/text_cursor.h"

namespace tidemark::procfs {
namespace {

std::optional<CpuTimes> parse_cpu(std::string_view line) {
  TextCursor words(line);
  std::string_view name = words.word();
  name.remove_prefix(3);  // "cpu"
  CpuTimes times;
  if (!name.empty()) {
    const auto cpu = parse_number(name);
    if (!cpu || *cpu > 1 << 20) return std::nullopt;
    times.cpu = static_cast<int>(*cpu);
  }
  NumberReader numbers(words.rest());
  for (Ticks* field :
       {&times.user, &times.nice, &times.system, &times.idle, &times.iowait,
        &times.irq, &times.softirq, &times.steal}) {
    *field = Ticks(numbers.next());
  }
  if (!numbers.ok()) return std::nullopt;
  return times;
}

int64_t* count_field(HostStat& stat, std::string_view key) {
  if (key == "intr") return &stat.interrupts;
  if (key == "ctxt") return &stat.context_switches;
  if (key == "processes") return &stat.forks;
  if (key == "procs_running") return &stat.running;
  if (key == "procs_blocked") return &stat.blocked;
  return nullptr;
}

}  // namespace

Result<HostStat> parse_host_stat(std::string_view text,
                                 std::vector<CpuTimes>& cpus) {
  cpus.clear();
  HostStat stat;
  bool found = false;
  for (TextCursor lines(text); !lines.at_end();) {
    const std::string_view line = lines.line();
    if (line.starts_with("cpu")) {
      const auto times = parse_cpu(line);
      if (!times) return malformed("stat", "a cpu line has no numbers");
      if (times->cpu < 0) {
        stat.all = *times;
        found = true;
      } else {
        cpus.push_back(*times);
      }
      continue;
    }
    TextCursor words(line);
    if (int64_t* field = count_field(stat, words.word())) {
      const auto value = words.number();
      if (!value) return malformed("stat", "a count is no number");
      *field = *value;
    }
  }
  if (!found) return malformed("stat", "no cpu line");
  return stat;
}

}  // namespace tidemark::procfs
