#include "tests/accuracy/peers.h"

#include <algorithm>
#include <span>

#include "core/base/curve_fit.h"
#include "core/base/distributions.h"
#include "core/base/order_statistics.h"
#include "core/base/trend.h"

namespace tidemark::accuracy {
namespace {

// Per minute, between the last reading and the one 10 min before it.
double growth_of_last_minutes(const PeerSeries& series) {
  size_t first = series.x.size() - 1;
  while (first > 0 && series.x.back() - series.x[first] < 10) --first;
  const double minutes = series.x.back() - series.x[first];
  return minutes > 0 ? (series.y.back() - series.y[first]) / minutes : 0;
}

double quarter_ratio(const Values& y) {
  const size_t quarter = std::max<size_t>(1, y.size() / 4);
  const std::span<const double> all(y);
  const double before = *median(all.first(quarter));
  return before > 0 ? *median(all.last(quarter)) / before : 1;
}

double total_squares(const Values& y) {
  const double centre = *mean(y);
  double sum = 0;
  for (const double value : y) sum += (value - centre) * (value - centre);
  return sum;
}

}  // namespace

PeerCalls ask_peers(const PeerSeries& series, double delta) {
  const auto line = fit_line(series.x, series.y);
  const auto trend = theil_sen(series.x, series.y);
  if (series.y.size() < 4 || !line || !trend) return {};
  const double freedom = static_cast<double>(series.y.size()) - 2;
  const double p_line =
      line->slope_error > 0
          ? student_upper_tail(line->slope / line->slope_error, freedom)
          : 1;
  const double r2 = 1 - line->sse / std::max(1e-12, total_squares(series.y));
  const bool grows = line->slope > delta;
  return {growth_of_last_minutes(series) > 10, quarter_ratio(series.y) > 1.05,
          p_line < 0.01, trend->p_rising<0.01, trend->slope> delta,
          r2 > 0.8 && grows};
}

PeerSeries reduce_seconds(const Values& y) {
  PeerSeries reduced;
  for (size_t begin = y.size() / 10; begin + 10 <= y.size(); begin += 10) {
    const std::span<const double> ten(y.data() + begin, 10);
    reduced.x.push_back(static_cast<double>(reduced.x.size()) / 6);
    reduced.y.push_back(*mean(ten));
  }
  return reduced;
}

}  // namespace tidemark::accuracy
