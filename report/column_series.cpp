#include "report/column_series.h"

namespace tidemark {
namespace {

// Five significant digits: more than a chart shows, and every format prints
// the same ones.
double rounded(double value) {
  if (value == 0) return 0;
  const double digits = 4 - std::floor(std::log10(std::abs(value)));
  const double scale = std::pow(10.0, std::abs(digits));
  return digits >= 0 ? std::round(value * scale) / scale
                     : std::round(value / scale) * scale;
}

}  // namespace

ColumnSeries::Cell& ColumnSeries::cell(size_t index) {
  if (cells_.empty()) first_ = index;
  const size_t at = index - std::min(index, first_);
  if (cells_.size() <= at) cells_.resize(at + 1);
  return cells_[at];
}

void ColumnSeries::add(const ColumnScale& scale, BootTime time, double value,
                       double weight) {
  if (!std::isfinite(value) || weight <= 0) return;
  const size_t index = scale.index(time);
  const bool is_near = time - last_time_ <= 10 * scale.interval;
  if (!is_fresh_ && is_near) {
    for (size_t i = last_index_ + 1; i < index; ++i) {
      cell(i) = {last_, last_, last_ * weight, weight};
    }
  }
  Cell& here = cell(index);
  here.min = here.weight > 0 ? std::min(here.min, value) : value;
  here.max = here.weight > 0 ? std::max(here.max, value) : value;
  here.sum += value * weight;
  here.weight += weight;
  total_ += value * weight;
  last_ = value;
  last_time_ = time;
  last_index_ = index;
  is_fresh_ = false;
}

TimelineSeries ColumnSeries::finish(std::string name, size_t columns) const {
  constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();
  TimelineSeries series;
  series.name = std::move(name);
  series.mean.assign(columns, kAbsent);
  series.min = series.max = series.mean;
  for (size_t at = 0; at < cells_.size() && first_ + at < columns; ++at) {
    const Cell& cell = cells_[at];
    if (cell.weight <= 0) continue;
    const size_t i = first_ + at;
    series.min[i] = rounded(cell.min);
    series.max[i] = rounded(cell.max);
    series.mean[i] =
        rounded(std::clamp(cell.sum / cell.weight, cell.min, cell.max));
  }
  return series;
}

}  // namespace tidemark
