// What is told of a process whose allocations are followed, by probes or by the
// shim.
#pragma once

#include <cstddef>
#include <string_view>

#include "core/model/metric.h"

namespace tidemark {

constexpr MetricSpec heap_metric(std::string_view name, MetricKind kind,
                                 Unit unit, std::string_view help) {
  return {name, SubjectKind::process, kind, unit, help};
}

inline constexpr MetricSpec kHeapMetrics[] = {
    heap_metric("heap.live_bytes", MetricKind::gauge, Unit::bytes,
                "Blocks alive that were allocated while heap probes were on."),
    heap_metric("heap.live_count", MetricKind::gauge, Unit::count,
                "The same in blocks."),
    heap_metric("heap.alloc_bytes", MetricKind::counter, Unit::bytes,
                "Bytes asked of the allocator; counted, not sampled."),
    heap_metric("heap.alloc_count", MetricKind::counter, Unit::count,
                "Calls that asked for them."),
    heap_metric("heap.sample_bytes", MetricKind::gauge, Unit::bytes,
                "One sample in so many bytes; 1: every block; 0: not traced "
                "any more."),
    heap_metric("heap.samples", MetricKind::counter, Unit::count,
                "Blocks that were sampled."),
    heap_metric("heap.untracked", MetricKind::counter, Unit::count,
                "Blocks that found no room among those alive, estimated from "
                "the samples that did not."),
    heap_metric("heap.probe_cost", MetricKind::counter, Unit::nanoseconds,
                "What the probes cost the process: hits by their measured "
                "cost."),
};
enum HeapMetric : size_t {
  kHeapLiveBytes,
  kHeapLiveCount,
  kHeapAllocBytes,
  kHeapAllocCount,
  kHeapSampleBytes,
  kHeapSamples,
  kHeapUntracked,
  kHeapProbeCost
};

}  // namespace tidemark
