#include "core/analysis/reconcile.h"

namespace tidemark {

Reconciliation reconcile(const GrowthParts& parts) {
  Reconciliation result;
  if (parts.file || parts.shmem) {
    result.file_shmem = parts.file.value_or(0) + parts.shmem.value_or(0);
  }
  result.rss = parts.anon + result.file_shmem.value_or(0);
  result.sites = parts.sites;
  if (parts.sites && parts.footprint) {
    result.allocator = *parts.footprint - *parts.sites;
  }
  result.unexplained = result.rss - result.sites.value_or(0) -
                       result.allocator.value_or(0) -
                       result.file_shmem.value_or(0);
  return result;
}

}  // namespace tidemark
