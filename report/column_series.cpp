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

void ColumnSeries::put(size_t index, double value, double weight) {
  Cell& here = cell(index);
  here.min = here.weight > 0 ? std::min(here.min, value) : value;
  here.max = here.weight > 0 ? std::max(here.max, value) : value;
  here.sum += value * weight;
  here.weight += weight;
  total_ += value * weight;
}

void ColumnSeries::add_level(const ColumnScale& scale, BootTime time,
                             double value) {
  if (!std::isfinite(value)) return;
  const size_t index = scale.index(time);
  const double column = to_seconds(scale.column);
  if (!is_fresh_) {
    for (size_t i = last_index_ + 1; i < index; ++i) put(i, last_, column);
  }
  put(index, value, to_seconds(scale.interval));
  last_ = value;
  last_index_ = index;
  is_fresh_ = false;
}

void ColumnSeries::add_rate(const ColumnScale& scale, BootTime from,
                            BootTime to, double value) {
  if (!std::isfinite(value) || to <= from) return;
  const double seconds = to_seconds(std::min(to - from, scale.column));
  const size_t first = scale.index(from + scale.column / 2);
  const size_t end = scale.index(to + scale.column / 2);
  if (first >= end)
    return put(scale.index(from + (to - from) / 2), value, seconds);
  for (size_t i = first; i < end; ++i) put(i, value, seconds);
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
