#include "probes/probe_host.h"

#include <bpf/libbpf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdio>

namespace tidemark {
namespace {

constexpr size_t kLogLimit = 4096;
constexpr const char* kBtf = "/sys/kernel/btf/vmlinux";
// The initial pid namespace's inode (kernel include/linux/proc_ns.h).
constexpr ino_t kInitialPidNamespace = 0xEFFFFFFC;

thread_local std::string* current_log = nullptr;

int keep_message(libbpf_print_level level, const char* format, va_list args) {
  if (current_log == nullptr || level == LIBBPF_DEBUG) return 0;
  // The verifier's log comes as one message, its verdict at the end.
  va_list again;
  va_copy(again, args);
  const int size = std::vsnprintf(nullptr, 0, format, args);
  std::string message(size > 0 ? static_cast<size_t>(size) + 1 : 0, '\0');
  if (size > 0) std::vsnprintf(message.data(), message.size(), format, again);
  va_end(again);
  if (size <= 0) return 0;
  message.pop_back();
  current_log->append(message);
  if (current_log->size() > kLogLimit) {
    current_log->erase(0, current_log->size() - kLogLimit);
  }
  return size;
}

std::string remedy(int error) {
  if (::access(kBtf, R_OK) != 0) {
    return "the kernel has no type information (" + std::string(kBtf) +
           "); use a kernel built with CONFIG_DEBUG_INFO_BTF";
  }
  if (error == EPERM || error == EACCES) {
    return "needs CAP_BPF and CAP_PERFMON (run as root, or give the program "
           "these capabilities); a seccomp filter or kernel lockdown can "
           "refuse bpf(2) too";
  }
  if (error == ENOSYS) return "the kernel has no bpf(2)";
  return "this kernel does not take the probe: use one of 6.1 or later";
}

}  // namespace

ProbeLog::ProbeLog() : outer_(current_log) {
  libbpf_set_print(keep_message);
  current_log = &text_;
}

ProbeLog::~ProbeLog() { current_log = outer_; }

std::string ProbeLog::reason() const {
  // libbpf ends with what its caller knows; the verifier's verdict is above.
  constexpr std::string_view kOfTheCaller[] = {
      "libbpf: failed to load", "libbpf: prog", "-- END", "processed ",
      "verification time",      "stack depth"};
  std::string_view rest(text_);
  while (!rest.empty()) {
    while (rest.ends_with('\n')) rest.remove_suffix(1);
    const size_t begin = rest.rfind('\n') + 1;  // npos + 1 is 0
    const std::string_view line = rest.substr(begin);
    const bool of_the_caller = std::ranges::any_of(
        kOfTheCaller,
        [&](std::string_view start) { return line.starts_with(start); });
    if (!of_the_caller) return std::string(line);
    rest = rest.substr(0, begin);
  }
  return {};
}

std::unexpected<Error> probe_failed(std::string_view probe,
                                    std::string_view step, int error,
                                    const ProbeLog& log) {
  std::string what = "probe ";
  what += probe;
  what += ": ";
  what += step;
  Error failure = fail_errno(std::move(what), error).error();
  failure.what += "; " + remedy(error);
  // Rights need no more words; else the verifier knows best.
  const std::string reason = log.reason().substr(0, 300);
  const bool refused = error == EPERM || error == EACCES;
  if (!refused && !reason.empty()) failure.what += " (" + reason + ")";
  if (failure.kind == ErrorKind::io) failure.kind = ErrorKind::unsupported;
  return std::unexpected(std::move(failure));
}

unsigned int own_pid_namespace() {
  struct stat status{};
  if (::stat("/proc/self/ns/pid", &status) != 0) return 0;
  return status.st_ino == kInitialPidNamespace
             ? 0
             : static_cast<unsigned int>(status.st_ino);
}

#define PROBE(name, hook, help) Status check_##name();
#include "probes/probes.def"
#undef PROBE

std::span<const ProbeEntry> all_probes() {
  static constexpr auto kAll = std::to_array<ProbeEntry>({
#define PROBE(name, hook, help) {#name, hook, help, check_##name},
#include "probes/probes.def"
#undef PROBE
  });
  return kAll;
}

}  // namespace tidemark
