// What the analysis keeps of sites: how much of what each cohort took is
// still alive, over time, and what the allocation probes say of themselves.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "core/analysis/curve.h"
#include "core/analysis/packed_series.h"
#include "core/model/dictionary.h"
#include "core/model/frame.h"

namespace tidemark {

// One site subject: one cohort of one stack.
struct SiteSeries {
  // Of mappings and faults, which nobody sees given back: what was taken.
  PackedSeries live_bytes, live_count;
  // Totals of the cohort, as last read.
  int64_t taken_bytes = 0, taken_count = 0, samples = 0;
  // Later nothing is known of it. What is only taken is known for good: its
  // subject ends with the phase that it was taken in.
  BootTime ended = BootTime::max();
};

// Whether only what is taken is seen at such sites, not what is given back.
bool is_taken_only(SiteKind kind);

// What the probes say of the heap of one process, as last read.
struct HeapFigures {
  bool seen = false;
  BootTime first = BootTime::max();  // the first reading
  int64_t live_bytes = 0, live_count = 0;
  int64_t taken_bytes = 0, taken_count = 0;
  int64_t sample_bytes = 1;  // mean distance of samples, the greatest; 1: exact
  PackedSeries sampling;  // the same as it changed; 0: not traced from then on
  int64_t untracked = 0;  // blocks that could not be followed
  int64_t probe_cost_ns = 0;

  // The part of the span in which its blocks were followed.
  double followed_share(Span span) const;

  double untracked_share() const {
    if (untracked <= 0) return 0;
    const auto all = static_cast<double>(taken_count);
    const auto missed = static_cast<double>(untracked);
    return missed / (all > missed ? all : missed);
  }
};

class SiteStore {
 public:
  void on_frame(const Frame& frame, const Dictionary& dictionary);

  const std::map<SubjectId, SiteSeries>& sites() const { return sites_; }
  // By process.
  const std::map<SubjectId, HeapFigures>& heaps() const { return heaps_; }

 private:
  enum class Use : uint8_t {
    unknown,
    ignored,
    live_bytes,
    live_count,
    taken_bytes,
    taken_count,
    samples,
    heap_live_bytes,
    heap_live_count,
    heap_taken_bytes,
    heap_taken_count,
    heap_sample_bytes,
    heap_untracked,
    heap_probe_cost,
  };

  static Use use_of(const Metric& metric);
  Use use(MetricId metric, const Dictionary& dictionary);
  void take_site(Use use, SubjectId id, const Reading& reading,
                 const Dictionary& dictionary);
  void take_heap(Use use, SubjectId id, const Reading& reading);

  std::map<SubjectId, SiteSeries> sites_;
  std::map<SubjectId, HeapFigures> heaps_;
  std::vector<Use> uses_;  // by metric id
};

}  // namespace tidemark
