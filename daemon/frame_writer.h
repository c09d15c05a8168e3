// Puts the collectors' values into a frame's columns. The frame keeps its
// columns from tick to tick, so that after the first ones nothing is allocated.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/model/frame.h"
#include "daemon/collector.h"

namespace tidemark {

class FrameWriter final : public FrameBuilder {
 public:
  // Starts on `frame`, which is cleared; it must outlive the last put().
  void begin(Frame& frame, BootTime time, FrameKind kind, Nanoseconds interval);
  // Brackets one collector's reads: its columns get this span as their times.
  void begin_reads(BootTime now);
  void end_reads(BootTime now);

  void put(MetricId metric, SubjectId subject, int64_t value) override;
  void put_all(MetricId metric, std::span<const SubjectId> subjects,
               std::span<const int64_t> values) override;
  void put_histogram(HistogramValue value) override;

 private:
  Column& column(MetricId metric);

  Frame* frame_ = nullptr;
  BootTime reads_begin_;
  std::vector<uint32_t> index_;    // metric id -> column + 1, 0 = none
  std::vector<uint32_t> touched_;  // columns of the collector at work
};

}  // namespace tidemark
