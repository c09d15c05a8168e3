#include "probes/perf_map.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "core/os/file.h"

namespace tidemark {
namespace {

constexpr size_t kMostEntries = 1u << 20;
constexpr size_t kLongestName = 1024;

// The process's number in its innermost namespace: the last one of NSpid.
std::string inner_pid(const std::string& process, Pid pid) {
  std::string buffer;
  const std::string outer = std::to_string(pid.value);
  const auto status = read_file(process + "/status", buffer);
  if (!status) return outer;
  const size_t line = status->find("\nNSpid:");
  if (line == status->npos) return outer;
  const size_t end = status->find('\n', line + 1);
  const std::string_view numbers = status->substr(line, end - line);
  const size_t last = numbers.find_last_of("\t ");
  const std::string_view number = numbers.substr(last + 1);
  const bool sound =
      !number.empty() && number.find_first_not_of("0123456789") == number.npos;
  return last != numbers.npos && sound ? std::string(number) : outer;
}

bool take_hex(std::string_view& line, uint64_t& value) {
  if (line.starts_with("0x")) line.remove_prefix(2);
  const char* const end = line.data() + line.size();
  const auto [at, error] = std::from_chars(line.data(), end, value, 16);
  if (error != std::errc() || at == end || *at != ' ') return false;
  line.remove_prefix(static_cast<size_t>(at - line.data()) + 1);
  return true;
}

}  // namespace

Result<PerfMapFile> open_perf_map(const std::string& proc, Pid pid) {
  const std::string process = fmt::format("{}/{}", proc, pid.value);
  PerfMapFile map;
  map.path = "/tmp/perf-" + inner_pid(process, pid) + ".map";
  map.fd.reset(::open((process + "/root" + map.path).c_str(),
                      O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  if (!map.fd.valid()) return fail_errno(map.path, errno);
  struct stat file{}, owner{};
  if (::fstat(map.fd.get(), &file) != 0 ||
      ::stat(process.c_str(), &owner) != 0) {
    return fail_errno(map.path, errno);
  }
  // Anybody may write to /tmp.
  if (!S_ISREG(file.st_mode) ||
      (file.st_uid != owner.st_uid && file.st_uid != 0)) {
    return fail(ErrorKind::not_found, map.path + ": somebody else's");
  }
  map.inode = file.st_ino;
  return map;
}

PerfMap PerfMap::parse(std::string_view text) {
  PerfMap map;
  while (!text.empty() && map.entries_.size() < kMostEntries) {
    const size_t length = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, length);
    text.remove_prefix(std::min(length + 1, text.size()));
    Entry entry;
    if (!take_hex(line, entry.begin) || !take_hex(line, entry.size)) continue;
    if (line.empty() || entry.size == 0) continue;
    entry.name = line.substr(0, kLongestName);
    map.entries_.push_back(std::move(entry));
  }
  std::ranges::stable_sort(map.entries_, {}, &Entry::begin);
  return map;
}

std::string_view PerfMap::name_at(uint64_t address) const {
  const auto after =
      std::ranges::upper_bound(entries_, address, {}, &Entry::begin);
  if (after == entries_.begin()) return {};
  const Entry& entry = *std::prev(after);
  return address - entry.begin < entry.size ? std::string_view(entry.name)
                                            : std::string_view();
}

}  // namespace tidemark
