#include "probes/probe_host.h"

#include <bpf/libbpf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
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
  std::array<char, 1024> line;
  const int size = std::vsnprintf(line.data(), line.size(), format, args);
  if (size <= 0) return 0;
  current_log->append(line.data());
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
  return "this kernel does not take the probe; the /proc fallback is used";
}

}  // namespace

ProbeLog::ProbeLog() : outer_(current_log) {
  libbpf_set_print(keep_message);
  current_log = &text_;
}

ProbeLog::~ProbeLog() { current_log = outer_; }

std::string ProbeLog::reason() const {
  std::string_view rest(text_);
  while (rest.ends_with('\n')) rest.remove_suffix(1);
  const size_t line = rest.rfind('\n');
  if (line != std::string_view::npos) rest.remove_prefix(line + 1);
  return std::string(rest);
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
  const std::string reason = log.reason();
  if (!reason.empty()) failure.what += " (" + reason + ")";
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
