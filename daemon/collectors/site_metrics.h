// What is told of a site, whatever took the memory there.
#pragma once

#include "core/model/metric.h"

namespace tidemark {

inline constexpr MetricSpec kSiteMetrics[] = {
    {"site.live_bytes", SubjectKind::site, MetricKind::gauge, Unit::bytes,
     "What was taken at this stack in its phase and not given back."},
    {"site.live_count", SubjectKind::site, MetricKind::gauge, Unit::count,
     "The same in pieces."},
    {"site.alloc_bytes", SubjectKind::site, MetricKind::counter, Unit::bytes,
     "What was taken at this stack in its phase."},
    {"site.alloc_count", SubjectKind::site, MetricKind::counter, Unit::count,
     "The same in pieces."},
    {"site.samples", SubjectKind::site, MetricKind::counter, Unit::count,
     "Samples that the figures of this site rest on."},
};
enum SiteMetric : size_t {
  kSiteLiveBytes,
  kSiteLiveCount,
  kSiteAllocBytes,
  kSiteAllocCount,
  kSiteSamples
};

}  // namespace tidemark
