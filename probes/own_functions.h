// Functions of our own that probes are tried and measured on.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/result.h"

namespace tidemark {

extern "C" {
// Begin with an instruction that the kernel emulates, and with one that it
// single-steps. They do nothing.
void tidemark_emulated_function(uint64_t argument);
void tidemark_stepped_function(uint64_t argument);
}

struct OwnFunction {
  std::string path;  // of the file that holds it
  uint64_t offset = 0;
};
// Error not_found: no loaded object holds it.
Result<OwnFunction> locate_own(void (*function)(uint64_t));

}  // namespace tidemark
