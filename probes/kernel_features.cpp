#include "probes/kernel_features.h"

#include <bpf/btf.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "core/os/unique_fd.h"
#include "probes/probe_host.h"

namespace tidemark {
namespace {

struct Free {
  void operator()(btf* types) const { btf__free(types); }
};
using Types = std::unique_ptr<btf, Free>;

Result<Types> kernel_types() {
  const ProbeLog log;
  Types types(btf__load_vmlinux_btf());
  if (!types) return fail_errno("/sys/kernel/btf/vmlinux", errno);
  return types;
}

}  // namespace

Status check_type_information() {
  TIDEMARK_CHECK(kernel_types());
  return {};
}

Result<bool> kernel_has_enumerator(const char* enumeration,
                                   const char* enumerator) {
  TIDEMARK_TRY(const Types types, kernel_types());
  const int id =
      btf__find_by_name_kind(types.get(), enumeration, BTF_KIND_ENUM);
  if (id < 0) return false;
  const btf_type* found = btf__type_by_id(types.get(), static_cast<__u32>(id));
  const struct btf_enum* values = btf_enum(found);
  for (__u32 i = 0; i < btf_vlen(found); ++i) {
    const char* name = btf__name_by_offset(types.get(), values[i].name_off);
    if (name != nullptr && std::strcmp(name, enumerator) == 0) return true;
  }
  return false;
}

Result<int32_t> kernel_function_number(const char* name) {
  TIDEMARK_TRY(const Types types, kernel_types());
  const int number = btf__find_by_name_kind(types.get(), name, BTF_KIND_FUNC);
  if (number < 0) {
    return fail(ErrorKind::unsupported,
                std::string("this kernel has no ") + name);
  }
  return number;
}

std::string_view perf_event_remedy() {
  return "sysctl kernel.perf_event_paranoid=2 or lower with CAP_PERFMON; 3, "
         "Debian's default, asks CAP_SYS_ADMIN";
}

Status check_perf_events() {
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.size = sizeof attributes;
  attributes.config = PERF_COUNT_SW_CPU_CLOCK;
  attributes.sample_period = 1'000'000;
  const long fd = ::syscall(SYS_perf_event_open, &attributes, -1, 0, -1,
                            static_cast<unsigned long>(PERF_FLAG_FD_CLOEXEC));
  if (fd < 0) return fail_errno("perf_event_open", errno);
  const UniqueFd owned(static_cast<int>(fd));
  return {};
}

}  // namespace tidemark
