#include "daemon/testbed_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "core/base/text.h"
#include "core/os/file.h"

namespace tidemark {
namespace {

// A file's first line; "" when there is none.
std::string first_line(const std::string& path) {
  std::string buffer;
  const auto text = read_file(path, buffer, 1u << 16);
  if (!text) return "";
  return std::string(text->substr(0, text->find('\n')));
}

// "always [madvise] never" is "madvise".
std::string chosen(const std::string& line) {
  const size_t from = line.find('['), to = line.find(']');
  if (from == line.npos || to == line.npos || to < from) return line;
  return line.substr(from + 1, to - from - 1);
}

// A limit of bytes as it was given; one near the whole of 64 bits is none.
std::string limit_text(const std::string& line) {
  const auto bytes = parse_int(line);
  constexpr int64_t kNone = int64_t{1} << 60;
  if (!bytes) return line == "max" ? "" : line;
  return *bytes >= kNone ? "" : format_bytes(static_cast<double>(*bytes));
}

// Of the group this process is in: "N:memory:/path", or "0::/path" of v2.
std::string own_group(const Roots& roots, std::string_view controller) {
  std::string buffer;
  const auto text = read_file(roots.proc + "/self/cgroup", buffer, 1u << 16);
  if (!text) return "";
  size_t at = 0;
  while (at < text->size()) {
    const size_t end = std::min(text->find('\n', at), text->size());
    const std::string_view line = text->substr(at, end - at);
    at = end + 1;
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (first == line.npos || second == line.npos) continue;
    const auto named = line.substr(first + 1, second - first - 1);
    const bool is_it =
        named == controller || named.starts_with(std::string(controller) + ",");
    if (is_it) return std::string(line.substr(second + 1));
  }
  return "";
}

// The value of the file in the process's own group, or in the root's.
std::string group_value(const Roots& roots, const std::string& controller,
                        const std::string& v1, const std::string& v2) {
  const std::string base = roots.sys + "/fs/cgroup";
  const std::string old = own_group(roots, controller);
  for (const std::string& path : {base + "/" + controller + old + "/" + v1,
                                  base + "/" + controller + "/" + v1,
                                  base + own_group(roots, "") + "/" + v2}) {
    const std::string line = first_line(path);
    if (!line.empty()) return line;
  }
  return "";
}

// Where the files say that this is a container.
std::string container(const Roots& roots) {
  const std::string environment = first_line(roots.proc + "/1/environ");
  const size_t at = environment.find("container=");
  if (at == environment.npos) return "";
  const std::string value = environment.substr(at + 10);
  return value.substr(0, value.find('\0'));
}

}  // namespace

std::vector<std::string> testbed_facts(const Roots& roots) {
  std::vector<std::string> facts;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty())
      facts.push_back(fmt::format("testbed.{}: {}", name, value));
  };
  const std::string& sys = roots.sys;
  add("governor", first_line(sys + "/devices/system/cpu/cpu0/cpufreq/"
                                   "scaling_governor"));
  add("boost", first_line(sys + "/devices/system/cpu/cpufreq/boost"));
  add("smt", first_line(sys + "/devices/system/cpu/smt/control"));
  add("huge_pages",
      chosen(first_line(sys + "/kernel/mm/transparent_hugepage/enabled")));
  add("clock", first_line(sys + "/devices/system/clocksource/clocksource0/"
                                "current_clocksource"));
  add("aslr", first_line(roots.proc + "/sys/kernel/randomize_va_space"));
  add("overcommit", first_line(roots.proc + "/sys/vm/overcommit_memory"));
  add("memory_limit",
      limit_text(
          group_value(roots, "memory", "memory.limit_in_bytes", "memory.max")));
  const std::string quota =
      group_value(roots, "cpu", "cpu.cfs_quota_us", "cpu.max");
  add("cpu_quota", quota == "-1" || quota.starts_with("max") ? "" : quota);
  add("container", container(roots));
  return facts;
}

}  // namespace tidemark
