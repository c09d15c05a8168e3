// From what the allocator finder found to what the heap tracer attaches to.
#pragma once

#include <vector>

#include "core/base/result.h"
#include "probes/allocator_finder.h"
#include "probes/heap_tracer.h"
#include "probes/process_maps.h"

namespace tidemark {

// The number of a function that HeapProbe::function carries.
constexpr uint8_t heap_function_number(AllocatorFunction function) {
  return static_cast<uint8_t>(function);
}

// The probes of an object. Left out: functions that map memory, which are no
// blocks of an allocator, and those whose result nobody can read safely.
HeapObject plan_object(const AllocatorObject& object);

// Executable memory, ascending, neighbours joined.
std::vector<AddressRange> executable_ranges(const ProcessMaps& maps);

// The dynamic linker of a process, with the function that it calls when it has
// changed what is mapped. Error not_found: a static program, or it has none.
Result<HeapObject> find_linker(const std::string& proc,
                               const ProcessMaps& maps);

}  // namespace tidemark
