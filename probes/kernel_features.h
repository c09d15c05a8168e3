// What this kernel and this process's rights allow, asked of the real objects.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace tidemark {

// The kernel's own type information, which every probe needs. Error: not
// there, or not readable.
Status check_type_information();

// Whether an enum of the kernel has this value, e.g. bpf_attach_type's
// BPF_TRACE_UPROBE_MULTI. Error: no type information.
Result<bool> kernel_has_enumerator(const char* enumeration,
                                   const char* enumerator);

// The number of a function that programs may call (kfunc), in the kernel's own
// types. Error: unsupported, it has none of that name.
Result<int32_t> kernel_function_number(const char* name);

// What would help where a perf event is refused.
std::string_view perf_event_remedy();

// Opens a software clock of the whole host, as on-CPU stacks need it. Error:
// permission, with the setting that refuses it.
Status check_perf_events();

}  // namespace tidemark
