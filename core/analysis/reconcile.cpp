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

namespace {

// What the program mapped besides its heap, as far as it was touched: no more
// than what is left of the growth.
std::optional<double> own_mappings(const GrowthParts& parts, double footprint,
                                   double left) {
  if (!parts.mapped) return std::nullopt;
  const double of_heap = std::max(footprint - *parts.touched_heap, 0.0);
  return std::clamp(*parts.mapped - of_heap, 0.0, std::max(left, 0.0));
}

}  // namespace

Reconciliation reconcile(const GrowthParts& parts) {
  Reconciliation result;
  if (parts.file || parts.shmem) {
    result.file_shmem = parts.file.value_or(0) + parts.shmem.value_or(0);
  }
  result.rss = parts.anon + result.file_shmem.value_or(0);
  result.sites = parts.sites;
  if (const auto footprint = allocator_footprint(parts)) {
    result.allocator = *footprint - *parts.sites;
    result.mapped = own_mappings(parts, *footprint, parts.anon - *footprint);
  }
  result.unexplained =
      result.rss - result.sites.value_or(0) - result.allocator.value_or(0) -
      result.mapped.value_or(0) - result.file_shmem.value_or(0);
  return result;
}

}  // namespace tidemark
