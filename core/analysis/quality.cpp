#include "core/analysis/quality.h"

#include <algorithm>

namespace tidemark {
namespace {

double sum_seconds(const std::map<SubjectId, int64_t>& ns_by_subject) {
  double seconds = 0;
  for (const auto& [id, ns] : ns_by_subject) {
    seconds += static_cast<double>(ns) * 1e-9;
  }
  return seconds;
}

}  // namespace

void QualityMeter::on_frame(const Frame& frame, const Dictionary& dictionary) {
  if (!frame.complete) ++incomplete_;
  if (frame.kind == FrameKind::tick) {
    if (last_tick_ == BootTime::min() || frame.interval_ns <= 0) {
      ++expected_;
    } else if (frame.time > last_tick_) {
      const int64_t passed = (frame.time - last_tick_).count();
      // A tick is never early; half an interval of lateness is no gap.
      expected_ += std::max<int64_t>(
          1, (passed + frame.interval_ns / 2) / frame.interval_ns);
    }
    ++ticks_;
    last_tick_ = std::max(last_tick_, frame.time);
  }
  for (const Column& column : frame.columns) {
    const Metric* metric = dictionary.metric(column.metric);
    if (metric != nullptr && metric->subject == SubjectKind::self) {
      take_self(column, *metric, dictionary);
    }
  }
}

void QualityMeter::take_self(const Column& column, const Metric& metric,
                             const Dictionary& dictionary) {
  const size_t size = std::min(column.values.size(), column.subjects.size());
  for (size_t i = 0; i < size; ++i) {
    const SubjectId id = column.subjects[i];
    const int64_t value = column.values[i];
    if (metric.name == "self.cpu") cpu_ns_[id] = value;
    if (metric.name == "self.probe_time") probe_ns_[id] = value;
    if (metric.name == "self.rss") rss_peak_ = std::max(rss_peak_, value);
    if (metric.name == "self.dropped" && value > 0) {
      const Subject* cause = dictionary.subject(id);
      dropped_[cause == nullptr ? "unknown" : cause->name] = value;
    }
  }
}

void QualityMeter::on_gap(BootTime from, BootTime to, int64_t ticks,
                          const std::string& reason) {
  gaps_.push_back({from, to, ticks, reason});
}

double QualityMeter::coverage() const {
  if (expected_ <= 0) return ticks_ > 0 ? 1.0 : 0.0;
  return std::min(1.0,
                  static_cast<double>(ticks_) / static_cast<double>(expected_));
}

Quality QualityMeter::summarize(const std::vector<Event>& events) const {
  Quality quality;
  quality.coverage = coverage();
  quality.dropped = dropped_;
  if (incomplete_ > 0) quality.dropped["incomplete frames"] = incomplete_;
  quality.gaps = gaps_;
  for (const Event& event : events) {
    if (event.kind == EventKind::gap) {
      quality.gaps.push_back({event.time, event.time, event.value, event.text});
    } else if (event.kind == EventKind::degraded) {
      // "cause; remedy": the sensors join the two with a semicolon.
      const size_t cut = event.text.find("; ");
      const bool has_remedy = cut != std::string::npos;
      quality.degraded.push_back(
          {event.name, event.text.substr(0, cut),
           has_remedy ? event.text.substr(cut + 2) : ""});
    } else if (event.kind == EventKind::governor) {
      quality.degraded.push_back({"governor", event.text, ""});
    } else if (event.kind == EventKind::client_quarantined) {
      quality.degraded.push_back({"client quarantined", event.text, ""});
    }
  }
  quality.self_cpu_seconds = sum_seconds(cpu_ns_);
  quality.self_probe_seconds = sum_seconds(probe_ns_);
  quality.self_rss_peak_bytes = rss_peak_;
  return quality;
}

}  // namespace tidemark
