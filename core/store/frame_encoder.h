// From a frame as the sensors read it to the changes that a TICK stores.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "core/base/result.h"
#include "core/model/frame.h"
#include "core/store/records.h"
#include "core/store/series_state.h"

namespace tidemark {

class FrameEncoder {
 public:
  // What may have values: defined, and for subjects not ended.
  struct Known {
    std::function<bool(uint32_t)> metric;
    std::function<bool(uint32_t)> subject;
  };

  // Fills `out` (all but its dictionary) with what `frame` changes in `state`.
  // Values of what is not known are left out and counted. Error:
  // internal (a metric in two columns, a column of unequal lengths).
  Status encode(const Frame& frame, const SeriesState& state,
                const Known& known, TickRecord& out);
  int64_t refused() const { return refused_; }

 private:
  struct Value {
    uint32_t subject;
    int64_t delta;
  };

  Status check(const Frame& frame);
  void encode_column(const Column& column, const SeriesState& state,
                     const Known& known, ColumnRecord& out);
  void encode_histogram(const HistogramValue& value, const SeriesState& state,
                        TickRecord& out);

  std::vector<Value> values_;  // of the column at hand
  std::vector<uint32_t> seen_;
  int64_t refused_ = 0;
};

}  // namespace tidemark
