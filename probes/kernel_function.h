// Calls of kernel functions (kfuncs) in programs, by number instead of by name:
// a name that the kernel lacks makes libbpf look through every module's types,
// which takes CAP_SYS_ADMIN, even for programs that are not to be loaded.
#pragma once

#include <cstdint>

#include "core/base/result.h"

struct bpf_program;

namespace tidemark {

// Turns each call of the helper `place` into one of the kernel's function
// `name`, before the program is loaded. Error: unsupported, the kernel has no
// such function, or the program no such call.
Status call_kernel_function(bpf_program* program, int32_t place,
                            const char* name);

}  // namespace tidemark
