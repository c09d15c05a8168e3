// Where a process's growth went (design part 5.1): live blocks at known sites,
// what the allocator holds beyond them, file and shared memory, and a rest
// that is said, never hidden.
#pragma once

#include <optional>

#include "core/model/finding.h"

namespace tidemark {

// Growth over one span, in bytes; absent when it was not measured.
struct GrowthParts {
  double anon = 0;  // RssAnon and swap
  std::optional<double> file, shmem;
  std::optional<double> sites;      // live blocks of the heap
  std::optional<double> footprint;  // what the allocator has from the kernel
};

Reconciliation reconcile(const GrowthParts& parts);

}  // namespace tidemark
