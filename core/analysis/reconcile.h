// Where a process's growth went (design part 5.1): live blocks at known sites,
// what the allocator holds beyond them, what the program mapped itself, file
// and shared memory, and a rest that is said, never hidden.
#pragma once

#include <optional>

#include "core/model/finding.h"

namespace tidemark {

// Growth over one span, in bytes; absent when it was not measured.
struct GrowthParts {
  double anon = 0;  // RssAnon and swap
  std::optional<double> file, shmem;
  std::optional<double> sites;  // live blocks of the heap
  // Anonymous memory that was touched first: in the heap segment, and in
  // mappings that are no stacks; and what arenas made usable of their
  // reservations, touched or not.
  std::optional<double> touched_heap, touched_mappings, arenas;
  // Mappings at known sites that stand, an allocator's among them.
  std::optional<double> mapped;
};

// What the allocator took from the kernel and was touched. The heap segment is
// its own; of mappings no more than its arenas have or its blocks need: the
// rest may be the program's. Absent when either was not measured.
std::optional<double> allocator_footprint(const GrowthParts& parts);

Reconciliation reconcile(const GrowthParts& parts);

}  // namespace tidemark
