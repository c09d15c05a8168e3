#include "daemon/frame_writer.h"

#include <algorithm>
#include <utility>

namespace tidemark {

void FrameWriter::begin(Frame& frame, BootTime time, FrameKind kind,
                        Nanoseconds interval) {
  frame.clear();
  frame.time = time;
  frame.kind = kind;
  frame.interval_ns = interval.count();
  frame_ = &frame;
  // Frames take turns, and each has met other metrics.
  std::fill(index_.begin(), index_.end(), 0u);
  for (uint32_t i = 0; i < frame.columns.size(); ++i) {
    const uint32_t metric = frame.columns[i].metric.value;
    if (metric >= index_.size()) index_.resize(metric + 1, 0u);
    index_[metric] = i + 1;
  }
}

void FrameWriter::begin_reads(BootTime now) {
  reads_begin_ = now;
  touched_.clear();
}

void FrameWriter::end_reads(BootTime now) {
  for (const uint32_t i : touched_) {
    frame_->columns[i].read_begin = reads_begin_;
    frame_->columns[i].read_span = now - reads_begin_;
  }
}

Column& FrameWriter::column(MetricId metric) {
  if (metric.value >= index_.size()) index_.resize(metric.value + 1, 0u);
  uint32_t& slot = index_[metric.value];
  if (slot == 0) {
    frame_->columns.emplace_back().metric = metric;
    slot = static_cast<uint32_t>(frame_->columns.size());
  }
  Column& found = frame_->columns[slot - 1];
  if (found.values.empty()) touched_.push_back(slot - 1);
  return found;
}

void FrameWriter::put(MetricId metric, SubjectId subject, int64_t value) {
  if (!metric.valid() || !subject.valid()) return;
  Column& target = column(metric);
  target.subjects.push_back(subject);
  target.values.push_back(value);
}

// The caller's subjects are valid ones, as many as values.
void FrameWriter::put_all(MetricId metric, std::span<const SubjectId> subjects,
                          std::span<const int64_t> values) {
  if (!metric.valid() || subjects.empty()) return;
  Column& target = column(metric);
  target.subjects.insert(target.subjects.end(), subjects.begin(),
                         subjects.end());
  target.values.insert(target.values.end(), values.begin(), values.end());
}

void FrameWriter::put_histogram(HistogramValue value) {
  frame_->histograms.push_back(std::move(value));
}

}  // namespace tidemark
