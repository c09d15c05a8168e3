#include "probes/uprobe_link.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/base/text.h"
#include "core/os/file.h"

namespace tidemark {
namespace {

constexpr const char* kPmu = "/sys/bus/event_source/devices/uprobe/";
constexpr uint32_t kAtReturn = 1;  // BPF_F_UPROBE_MULTI_RETURN

// The part of union bpf_attr that BPF_LINK_CREATE reads for these types.
struct LinkCreate {
  uint32_t program = 0;
  uint32_t target = 0;
  uint32_t attach_type = 0;
  uint32_t flags = 0;
  uint64_t path = 0;
  uint64_t offsets = 0;
  uint64_t reference_counters = 0;
  uint64_t cookies = 0;
  uint32_t count = 0;
  uint32_t uprobe_flags = 0;
  uint32_t pid = 0;
  uint32_t path_fd = 0;
};

uint64_t address(const void* pointer) {
  return reinterpret_cast<uint64_t>(pointer);
}

Result<uint32_t> read_number(const std::string& path, std::string_view prefix) {
  std::string buffer;
  TIDEMARK_TRY(std::string_view text, read_file(path, buffer));
  if (!text.starts_with(prefix)) {
    return fail(ErrorKind::malformed, path + ": unexpected text");
  }
  text.remove_prefix(prefix.size());
  uint32_t number = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '9') break;
    number = number * 10 + static_cast<uint32_t>(digit - '0');
  }
  return number;
}

Result<UniqueFd> open_uprobe(const std::string& path, uint64_t offset,
                             Pid process, bool at_return) {
  TIDEMARK_TRY(const uint32_t type,
               read_number(std::string(kPmu) + "type", ""));
  perf_event_attr wanted{};
  wanted.size = sizeof wanted;
  wanted.type = type;
  wanted.config1 = address(path.c_str());
  wanted.config2 = offset;
  if (at_return) {
    TIDEMARK_TRY(const uint32_t bit,
                 read_number(std::string(kPmu) + "format/retprobe", "config:"));
    if (bit > 63) return fail(ErrorKind::malformed, "uprobe: retprobe bit");
    wanted.config = uint64_t{1} << bit;
  }
  const long fd = ::syscall(SYS_perf_event_open, &wanted, process.value, -1, -1,
                            static_cast<unsigned long>(PERF_FLAG_FD_CLOEXEC));
  if (fd < 0) {
    Error error = fail_errno("perf uprobe", errno).error();
    if (error.kind == ErrorKind::permission) {
      error.what +=
          "; it asks CAP_SYS_ADMIN: use Linux 6.6 or newer, which has "
          "uprobe.multi, or the heap shim";
    }
    return std::unexpected(std::move(error));
  }
  return UniqueFd(static_cast<int>(fd));
}

}  // namespace

Result<UniqueFd> link_uprobes(int program, uint32_t type,
                              const std::string& path,
                              std::span<const UprobePoint> points, Pid process,
                              bool at_return) {
  std::vector<uint64_t> offsets, cookies;
  for (const UprobePoint& point : points) {
    offsets.push_back(point.offset);
    cookies.push_back(point.cookie);
  }
  LinkCreate wanted;
  wanted.program = static_cast<uint32_t>(program);
  wanted.attach_type = type;
  wanted.path = address(path.c_str());
  wanted.offsets = address(offsets.data());
  wanted.cookies = address(cookies.data());
  wanted.count = static_cast<uint32_t>(points.size());
  wanted.uprobe_flags = at_return ? kAtReturn : 0;
  wanted.pid = static_cast<uint32_t>(process.value);
  const long fd = ::syscall(SYS_bpf, BPF_LINK_CREATE, &wanted, sizeof wanted);
  if (fd < 0) return fail_errno("uprobes of " + path, errno);
  return UniqueFd(static_cast<int>(fd));
}

Result<std::vector<UniqueFd>> link_perf_uprobes(
    int program, const std::string& path, std::span<const UprobePoint> points,
    Pid process, bool at_return) {
  std::vector<UniqueFd> descriptors;
  for (const UprobePoint& point : points) {
    TIDEMARK_TRY(UniqueFd event,
                 open_uprobe(path, point.offset, process, at_return));
    bpf_link_create_opts options{};
    options.sz = sizeof(options);
    options.perf_event.bpf_cookie = point.cookie;
    const int link =
        bpf_link_create(program, event.get(), BPF_PERF_EVENT, &options);
    if (link < 0) return fail_errno("perf uprobe of " + path, -link);
    // The link before its event: closed in this order too.
    descriptors.emplace_back(link);
    descriptors.push_back(std::move(event));
  }
  return descriptors;
}

}  // namespace tidemark
