// One series of a timeline while it is fed.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "report/timeline.h"

namespace tidemark {

// The columns that a timeline's instants fall into.
struct ColumnScale {
  BootTime begin;
  Nanoseconds column{1};
  Nanoseconds interval{0};  // between two readings, as a rule
  size_t columns = 0;

  size_t index(BootTime time) const {
    if (time <= begin || columns == 0) return 0;
    const auto i = static_cast<size_t>((time - begin) / column);
    return std::min(i, columns - 1);
  }
};

// Takes values in the order of time.
class ColumnSeries {
 public:
  // A level read at `time`; it holds until the next reading.
  void add_level(const ColumnScale& scale, BootTime time, double value);
  // A rate over a stretch of time: for the columns it covers at least half.
  void add_rate(const ColumnScale& scale, BootTime from, BootTime to,
                double value);
  // Nothing is known between the last value and the next.
  void interrupt() { is_fresh_ = true; }
  bool empty() const { return cells_.empty(); }
  double total() const { return total_; }  // values times weights
  TimelineSeries finish(std::string name, size_t columns) const;

 private:
  struct Cell {
    double min = 0, max = 0, sum = 0, weight = 0;
  };
  Cell& cell(size_t index);
  void put(size_t index, double value, double weight);

  size_t first_ = 0;         // the column of cells_[0]
  std::vector<Cell> cells_;  // weight 0: nothing was read
  double total_ = 0, last_ = 0;
  size_t last_index_ = 0;
  bool is_fresh_ = true;
};

}  // namespace tidemark
