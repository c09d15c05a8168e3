#include "core/analysis/reconcile.h"

#include <algorithm>

namespace tidemark {

std::optional<double> allocator_footprint(const GrowthParts& parts) {
  if (!parts.sites || !parts.touched_heap) return std::nullopt;
  const double needed = *parts.sites - *parts.touched_heap;
  const double own = std::max({parts.arenas.value_or(0), needed, 0.0});
  const double mapped = std::min(parts.touched_mappings.value_or(0), own);
  // What was given back and taken again was touched twice.
  return std::min(*parts.touched_heap + mapped, std::max(parts.anon, 0.0));
}

Reconciliation reconcile(const GrowthParts& parts) {
  Reconciliation result;
  if (parts.file || parts.shmem) {
    result.file_shmem = parts.file.value_or(0) + parts.shmem.value_or(0);
  }
  result.rss = parts.anon + result.file_shmem.value_or(0);
  result.sites = parts.sites;
  if (const auto footprint = allocator_footprint(parts)) {
    result.allocator = *footprint - *parts.sites;
  }
  result.unexplained = result.rss - result.sites.value_or(0) -
                       result.allocator.value_or(0) -
                       result.file_shmem.value_or(0);
  return result;
}

}  // namespace tidemark
