// Rows of allocations, by whatever counted them, as figures of their sites.
#pragma once

#include <array>

#include "daemon/collectors/metric_ids.h"
#include "daemon/collectors/site_metrics.h"
#include "daemon/heap_rows.h"

namespace tidemark {

class HeapSites {
 public:
  explicit HeapSites(Definer& definer)
      : metrics_(define_all(definer, kSiteMetrics)) {}

  // Every site of the latest reading.
  void put(const HeapRows& rows, FrameBuilder& frame) const {
    rows.for_each_site([&](const HeapRows::Site& site) {
      const auto put = [&](SiteMetric metric, int64_t value) {
        frame.put(metrics_[metric], site.subject, value);
      };
      put(kSiteLiveBytes, site.sum.live_bytes);
      put(kSiteLiveCount, site.sum.live_count);
      put(kSiteAllocBytes, site.sum.alloc_bytes);
      put(kSiteAllocCount, site.sum.alloc_count);
      put(kSiteSamples, site.sum.samples);
    });
  }

 private:
  std::array<MetricId, std::size(kSiteMetrics)> metrics_;
};

}  // namespace tidemark
