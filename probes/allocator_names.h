// The names under which allocators are known, and what they mean.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "probes/allocator_finder.h"

namespace tidemark {

// "je_malloc", "_ZnwmSt11align_val_t", "free"; nullopt: no allocator's name.
std::optional<AllocatorFunction> allocator_function(std::string_view name);

// How many integer arguments a probe of it reads.
unsigned arguments_of(AllocatorFunction function);

// "jemalloc", "tcmalloc", "mimalloc", "glibc", "other", by the names that an
// object defines.
std::string name_allocator(const std::vector<std::string>& names);

}  // namespace tidemark
