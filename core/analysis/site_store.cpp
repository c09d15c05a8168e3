#include "core/analysis/site_store.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace tidemark {

bool is_taken_only(SiteKind kind) {
  return kind == SiteKind::mapping || kind == SiteKind::fault;
}

SiteStore::Use SiteStore::use_of(const Metric& metric) {
  static constexpr std::array<std::pair<std::string_view, Use>, 12> kNames = {{
      {"site.live_bytes", Use::live_bytes},
      {"site.live_count", Use::live_count},
      {"site.alloc_bytes", Use::taken_bytes},
      {"site.alloc_count", Use::taken_count},
      {"site.samples", Use::samples},
      {"heap.live_bytes", Use::heap_live_bytes},
      {"heap.live_count", Use::heap_live_count},
      {"heap.alloc_bytes", Use::heap_taken_bytes},
      {"heap.alloc_count", Use::heap_taken_count},
      {"heap.sample_bytes", Use::heap_sample_bytes},
      {"heap.untracked", Use::heap_untracked},
      {"heap.probe_cost", Use::heap_probe_cost},
  }};
  const bool is_site = metric.subject == SubjectKind::site;
  if (!is_site && metric.subject != SubjectKind::process) return Use::ignored;
  for (const auto& [name, use] : kNames) {
    if (metric.name == name && name.starts_with("site.") == is_site) return use;
  }
  return Use::ignored;
}

SiteStore::Use SiteStore::use(MetricId id, const Dictionary& dictionary) {
  if (id.value >= dictionary.metrics().size()) return Use::ignored;
  if (id.value >= uses_.size()) uses_.resize(dictionary.metrics().size());
  Use& known = uses_[id.value];
  const Metric* metric = dictionary.metric(id);
  if (known == Use::unknown && metric != nullptr) known = use_of(*metric);
  return known == Use::unknown ? Use::ignored : known;
}

void SiteStore::on_frame(const Frame& frame, const Dictionary& dictionary) {
  for (const Column& column : frame.columns) {
    const Use how = use(column.metric, dictionary);
    if (how == Use::ignored) continue;
    const size_t size = std::min(column.values.size(), column.subjects.size());
    for (size_t i = 0; i < size; ++i) {
      const SubjectId id = column.subjects[i];
      // The frame's time: values of one read belong together.
      if (how >= Use::heap_live_bytes) {
        take_heap(how, id, {frame.time, column.values[i]});
      } else {
        take_site(how, id, {frame.time, column.values[i]}, dictionary);
      }
    }
  }
  for (const SubjectId id : frame.ended) {
    const auto found = sites_.find(id);
    if (found == sites_.end()) continue;
    // What is only taken does not go away with the subject that told it.
    const Subject* subject = dictionary.subject(id);
    if (subject != nullptr && is_taken_only(subject->site_kind)) continue;
    found->second.ended = frame.time;
  }
}

void SiteStore::take_site(Use use, SubjectId id, const Reading& reading,
                          const Dictionary& dictionary) {
  SiteSeries& site = sites_[id];
  const auto level = [&](PackedSeries& series) {
    // Negative: an event was lost between two counters; there is none alive.
    const int64_t value = std::max<int64_t>(reading.value, 0);
    if (series.empty() || series.last().value != value) {
      series.append(reading.time, value);
    }
  };
  switch (use) {
    case Use::live_bytes: return level(site.live_bytes);
    case Use::live_count: return level(site.live_count);
    case Use::taken_bytes: site.taken_bytes = reading.value; break;
    case Use::taken_count: site.taken_count = reading.value; break;
    case Use::samples: site.samples = reading.value; return;
    default: return;
  }
  const Subject* subject = dictionary.subject(id);
  if (subject == nullptr || !is_taken_only(subject->site_kind)) return;
  level(use == Use::taken_bytes ? site.live_bytes : site.live_count);
}

double HeapFigures::followed_share(Span span) const {
  if (span.empty()) return 0;
  Nanoseconds followed{0};
  const std::vector<Reading> changes = sampling.unpack();
  for (size_t i = 0; i < changes.size(); ++i) {
    if (changes[i].value <= 0) continue;
    const BootTime until =
        i + 1 < changes.size() ? changes[i + 1].time : span.to;
    const Span part = overlap({changes[i].time, until}, span);
    if (!part.empty()) followed += part.length();
  }
  return to_seconds(followed) / to_seconds(span.length());
}

void SiteStore::take_heap(Use use, SubjectId id, const Reading& reading) {
  const int64_t value = reading.value;
  HeapFigures& heap = heaps_[id];
  heap.first = std::min(heap.first, reading.time);
  heap.seen = true;
  switch (use) {
    case Use::heap_live_bytes: heap.live_bytes = value; return;
    case Use::heap_live_count: heap.live_count = value; return;
    case Use::heap_taken_bytes: heap.taken_bytes = value; return;
    case Use::heap_taken_count: heap.taken_count = value; return;
    case Use::heap_sample_bytes:
      heap.sample_bytes = std::max(heap.sample_bytes, value);
      if (heap.sampling.empty() || heap.sampling.last().value != value) {
        heap.sampling.append(reading.time, value);
      }
      return;
    case Use::heap_untracked: heap.untracked = value; return;
    case Use::heap_probe_cost: heap.probe_cost_ns = value; return;
    default: return;
  }
}

}  // namespace tidemark
