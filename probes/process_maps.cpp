#include "probes/process_maps.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "core/os/file.h"

namespace tidemark {
namespace {

constexpr std::string_view kDeleted = " (deleted)";
constexpr size_t kLongestMaps = 64u << 20;

// The parts of one line; the first failure sticks.
class LineReader {
 public:
  explicit LineReader(std::string_view line) : rest_(line) {}

  // A number of `base`, and the separator after it.
  uint64_t number(int base, char separator) {
    uint64_t value = 0;
    const char* const end = rest_.data() + rest_.size();
    const auto [at, error] = std::from_chars(rest_.data(), end, value, base);
    const bool last = at == end && separator == ' ';
    if (error != std::errc() || (!last && (at == end || *at != separator))) {
      ok_ = false;
      return 0;
    }
    rest_.remove_prefix(static_cast<size_t>(at - rest_.data()) +
                        (last ? 0 : 1));
    return value;
  }
  std::string_view flags() {
    if (rest_.size() < 5 || rest_[4] != ' ') ok_ = false;
    if (!ok_) return "----";
    const std::string_view flags = rest_.substr(0, 4);
    rest_.remove_prefix(5);
    return flags;
  }
  std::string_view path() {
    const size_t begin = rest_.find_first_not_of(' ');
    return begin == rest_.npos ? std::string_view() : rest_.substr(begin);
  }
  bool ok() const { return ok_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

// The kernel writes a newline of a path as \012 (seq_file_path), and nothing
// else so; a backslash stays itself.
std::string decode_path(std::string_view raw) {
  std::string path;
  path.reserve(raw.size());
  for (size_t i = 0; i < raw.size(); ++i) {
    if (raw.substr(i, 4) == "\\012") {
      path += '\n';
      i += 3;
    } else {
      path += raw[i];
    }
  }
  return path;
}

bool parse_line(std::string_view line, Mapping& mapping) {
  LineReader reader(line);
  mapping.begin = reader.number(16, '-');
  mapping.end = reader.number(16, ' ');
  const std::string_view flags = reader.flags();
  mapping.readable = flags[0] == 'r';
  mapping.writable = flags[1] == 'w';
  mapping.executable = flags[2] == 'x';
  mapping.shared = flags[3] == 's';
  mapping.file_offset = reader.number(16, ' ');
  const uint64_t device_major = reader.number(16, ':');
  const uint64_t device_minor = reader.number(16, ' ');
  mapping.file.inode = reader.number(10, ' ');
  if (!reader.ok() || device_major > UINT32_MAX || device_minor > UINT32_MAX) {
    return false;
  }
  mapping.file.device_major = static_cast<uint32_t>(device_major);
  mapping.file.device_minor = static_cast<uint32_t>(device_minor);
  std::string_view path = reader.path();
  if (mapping.backed() && path.ends_with(kDeleted)) {
    path.remove_suffix(kDeleted.size());
    mapping.deleted = true;
  }
  mapping.path = decode_path(path);
  return mapping.begin < mapping.end &&
         mapping.file_offset <= UINT64_MAX - (mapping.end - mapping.begin);
}

bool same_file(int fd, const Mapping& mapping, bool& same_device) {
  struct stat status = {};
  if (::fstat(fd, &status) != 0) return false;
  same_device = major(status.st_dev) == mapping.file.device_major &&
                minor(status.st_dev) == mapping.file.device_minor;
  return status.st_ino == mapping.file.inode && S_ISREG(status.st_mode);
}

// By name below `root`. An overlay tells another device in stat(2) than in
// maps, but the same inode; in the process's own mount namespace the name's
// inode is proof enough unless the kernel says that the name is gone.
Result<MappedFile> open_by_name(const std::string& root, bool own_namespace,
                                const Mapping& mapping) {
  if (mapping.deleted || !mapping.path.starts_with('/')) {
    return fail(ErrorKind::not_found,
                mapping.path + ": removed or replaced on disk while mapped");
  }
  const std::string path = root + mapping.path;
  // A fifo or a device in the file's place must not make us wait.
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) return fail_errno(path, errno);
  bool same_device = false;
  if (!same_file(fd.get(), mapping, same_device) ||
      (!same_device && !own_namespace)) {
    return fail(ErrorKind::not_found,
                mapping.path + ": another file has its name by now");
  }
  return MappedFile{std::move(fd), path};
}

}  // namespace

const Mapping* ProcessMaps::find(uint64_t address) const {
  auto after = std::upper_bound(
      mappings.begin(), mappings.end(), address,
      [](uint64_t value, const Mapping& each) { return value < each.begin; });
  if (after == mappings.begin()) return nullptr;
  --after;
  return address < after->end ? &*after : nullptr;
}

Result<std::vector<Mapping>> parse_process_maps(std::string_view text) {
  std::vector<Mapping> mappings;
  uint64_t end = 0;
  while (!text.empty()) {
    const size_t length = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, length);
    text.remove_prefix(std::min(length + 1, text.size()));
    if (line.empty()) continue;
    if (mappings.size() == kMostMappings) {
      return fail(ErrorKind::full, "maps: too many mappings");
    }
    Mapping& mapping = mappings.emplace_back();
    if (!parse_line(line, mapping) || mapping.begin < end) {
      return fail(ErrorKind::malformed,
                  fmt::format("maps: line {} is none", mappings.size()));
    }
    end = mapping.end;
  }
  return mappings;
}

Result<ProcessMaps> read_process_maps(const std::string& proc, Pid pid,
                                      uint64_t epoch) {
  const std::string path = fmt::format("{}/{}/maps", proc, pid.value);
  std::string buffer;
  TIDEMARK_TRY(const std::string_view text,
               read_file(path, buffer, kLongestMaps));
  auto mappings = parse_process_maps(text);
  if (!mappings) return raise(std::move(mappings).error(), path);
  return ProcessMaps{pid, epoch, std::move(*mappings)};
}

Result<MappedFile> open_mapped_file(const std::string& proc, Pid pid,
                                    const Mapping& mapping) {
  if (!mapping.backed()) {
    return fail(ErrorKind::not_found, "memory without a file");
  }
  const std::string process = fmt::format("{}/{}", proc, pid.value);
  const std::string path = fmt::format("{}/map_files/{:x}-{:x}", process,
                                       mapping.begin, mapping.end);
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  bool same_device = false;
  // Another mapping may have taken the address since the maps were read.
  if (fd.valid() && same_file(fd.get(), mapping, same_device)) {
    return MappedFile{std::move(fd), path};
  }
  auto named = open_by_name(process + "/root", true, mapping);
  if (named || named.error().kind != ErrorKind::not_found) return named;
  // The process may have ended; the file itself is often in our reach.
  auto ours = open_by_name("", false, mapping);
  return ours ? std::move(ours) : std::move(named);
}

}  // namespace tidemark
