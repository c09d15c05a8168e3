#include "tests/accuracy/peers.h"

#include <algorithm>

#include "core/base/curve_fit.h"
#include "core/base/distributions.h"
#include "core/base/order_statistics.h"
#include "core/base/trend.h"

namespace tidemark::accuracy {
namespace {

// Means of 10 s, without the first tenth; x in minutes.
struct Reduced {
  Values x, y;
};

Reduced reduce(const Values& y) {
  Reduced reduced;
  for (size_t begin = y.size() / 10; begin + 10 <= y.size(); begin += 10) {
    const std::span<const double> ten(y.data() + begin, 10);
    reduced.x.push_back(static_cast<double>(reduced.x.size()) / 6);
    reduced.y.push_back(*mean(ten));
  }
  return reduced;
}

double growth_of_last_minutes(const Values& y) {
  const size_t window = std::min<size_t>(600, y.size());
  const double growth = y.back() - y[y.size() - window];
  return growth / (static_cast<double>(window) / 60);
}

double quarter_ratio(const Values& y) {
  const size_t begin = y.size() / 10;
  const size_t quarter = (y.size() - begin) / 4;
  const std::span<const double> all(y);
  return *median(all.last(quarter)) / *median(all.subspan(begin, quarter));
}

double total_squares(const Values& y) {
  const double centre = *mean(y);
  double sum = 0;
  for (const double value : y) sum += (value - centre) * (value - centre);
  return sum;
}

}  // namespace

std::array<bool, kPeers> ask_peers(const Values& y, double delta) {
  const Reduced reduced = reduce(y);
  const CurveFit line = *fit_line(reduced.x, reduced.y);
  const Trend trend = *theil_sen(reduced.x, reduced.y);
  const double freedom = static_cast<double>(reduced.y.size()) - 2;
  const double p_line =
      line.slope_error > 0
          ? student_upper_tail(line.slope / line.slope_error, freedom)
          : 1;
  const double r2 = 1 - line.sse / std::max(1e-12, total_squares(reduced.y));
  return {growth_of_last_minutes(y) > 10, quarter_ratio(y) > 1.05,
          p_line < 0.01, trend.p_rising<0.01, trend.slope> delta,
          r2 > 0.8 && line.slope > delta};
}

}  // namespace tidemark::accuracy
