// One series of a timeline while it is fed.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
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

// Takes values in the order of time. Columns that two readings jump over hold
// the earlier value, but not across a gap of the recording.
class ColumnSeries {
 public:
  // `weight`: seconds that the value stands for.
  void add(const ColumnScale& scale, BootTime time, double value,
           double weight);
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

  size_t first_ = 0;         // the column of cells_[0]
  std::vector<Cell> cells_;  // weight 0: nothing was read
  double total_ = 0, last_ = 0;
  size_t last_index_ = 0;
  BootTime last_time_;
  bool is_fresh_ = true;
};

}  // namespace tidemark
