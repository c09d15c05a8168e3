// What a sensor lost, as self.dropped by cause; every cause is there from its
// first frame on, at zero.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/model/metric.h"
#include "daemon/collector.h"

namespace tidemark {

template <size_t kCauses>
class Drops {
 public:
  Drops(Definer& definer, const std::array<std::string_view, kCauses>& causes)
      : metric_(definer.define_metric({"self.dropped", SubjectKind::self,
                                       MetricKind::counter, Unit::count,
                                       "What was lost, by cause."})) {
    for (size_t i = 0; i < kCauses; ++i) {
      subjects_[i] = definer.subject(SubjectKind::self, causes[i]);
    }
  }

  // Totals since the recording began.
  template <typename Count = int64_t>
  void put(FrameBuilder& frame,
           const std::array<Count, kCauses>& totals) const {
    for (size_t i = 0; i < kCauses; ++i) {
      frame.put(metric_, subjects_[i], static_cast<int64_t>(totals[i]));
    }
  }

 private:
  MetricId metric_;
  std::array<SubjectId, kCauses> subjects_;
};

}  // namespace tidemark
