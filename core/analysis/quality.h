// How good the data is: coverage, losses, degradations and what the
// measurement itself cost.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/analysis/run_analysis.h"
#include "core/model/dictionary.h"
#include "core/model/event.h"
#include "core/model/frame.h"

namespace tidemark {

class QualityMeter {
 public:
  void on_frame(const Frame& frame, const Dictionary& dictionary);
  void on_gap(BootTime from, BootTime to, int64_t ticks,
              const std::string& reason);
  // `events` in order of time.
  Quality summarize(const std::vector<Event>& events) const;
  // Ticks recorded / ticks expected so far; 1 before there are two.
  double coverage() const;

 private:
  void take_self(const Column& column, const Metric& metric,
                 const Dictionary& dictionary);

  BootTime last_tick_ = BootTime::min();
  int64_t ticks_ = 0;
  int64_t expected_ = 0;
  int64_t incomplete_ = 0;
  std::vector<Quality::Missing> gaps_;
  std::map<std::string, int64_t> dropped_;  // by cause
  std::map<SubjectId, int64_t> cpu_ns_, probe_ns_;
  int64_t rss_peak_ = 0;
};

}  // namespace tidemark
