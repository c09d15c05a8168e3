// First, last, least, greatest and mean of every series over the chapter being
// written. Work is done for changes only: a series that stands still costs
// nothing, here and in the file.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/model/metric.h"
#include "core/store/records.h"
#include "core/store/series_state.h"

namespace tidemark {

class ChapterSummarizer {
 public:
  void define(const Metric& metric);

  // A chapter begins: its record's offset and its first tick's time.
  void begin(uint64_t offset, int64_t time_ns);
  // A frame is about to be applied.
  void frame(int64_t time_ns);
  void change(uint32_t metric, const SeriesState::Change& change);
  // Before the state forgets them: the last frame counts for them.
  void end(std::span<const uint32_t> subjects, const SeriesState& state);

  uint64_t ticks() const { return ticks_; }
  // The chapter so far; may be asked any number of times.
  void summarize(SummaryRecord& out) const;

 private:
  struct Traits {
    bool real = false;
    bool midpoint = false;
  };
  struct Running {
    uint32_t epoch = 0;    // the chapter it belongs to
    uint32_t subject = 0;  // slots are used again
    uint32_t begin = 0;    // its first frame in the chapter
    uint32_t since = 0;    // the frame that gave `last`
    bool carried = false;  // it had a value before the chapter
    int64_t first = 0, last = 0, min = 0, max = 0;
    double sum = 0;  // over frames before `since`; of value - first, if whole
  };
  static constexpr uint32_t kPage = 64;
  using Page = std::array<Running, kPage>;
  struct Touched {
    uint32_t metric, subject, slot;
  };

  Traits traits(uint32_t metric) const {
    return metric < traits_.size() ? traits_[metric] : Traits{};
  }
  Running& running(uint32_t metric, uint32_t slot);
  SummaryRecord::Series finish(Running series, uint32_t metric,
                               uint32_t subject) const;

  std::vector<Traits> traits_;  // by metric
  // By metric and slot, in pages: most metrics are of few subjects, wherever
  // their slots are.
  std::vector<std::vector<std::unique_ptr<Page>>> running_;
  std::vector<Touched> touched_;
  std::vector<SummaryRecord::Series> ended_;
  uint32_t epoch_ = 0;
  uint64_t offset_ = 0;
  int64_t begin_ns_ = 0;
  int64_t end_ns_ = 0;
  uint32_t ticks_ = 0;
};

}  // namespace tidemark
