#include "core/analysis/compare/trends.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/base/order_statistics.h"
#include "core/base/trend.h"

namespace tidemark {
namespace {

constexpr double kSecondsPerDay = 86'400;

std::vector<double> values_of(const FigureTrend& trend) {
  std::vector<double> values;
  for (const auto& point : trend.points) values.push_back(point.value);
  return values;
}

double share(double from, double to, double base) {
  const double scale = std::max(std::abs(from), base);
  return scale > 0 ? (to - from) / scale : 0;
}

// Within the last level: what creeps up run by run changes no level.
std::optional<double> drift(const FigureTrend& trend) {
  const size_t from = trend.changes.empty() ? 0 : trend.changes.back().index;
  std::vector<double> days, values;
  for (size_t i = from; i < trend.points.size(); ++i) {
    const auto since = static_cast<double>(trend.points[i].begin_ns -
                                           trend.points[from].begin_ns);
    days.push_back(since * 1e-9 / kSecondsPerDay);
    values.push_back(trend.points[i].value);
  }
  const auto slope = theil_sen(days, values, 0.005);
  if (!slope || (slope->lo <= 0 && slope->hi >= 0)) return std::nullopt;
  return slope->slope;
}

void measure(FigureTrend& trend) {
  const std::vector<double> values = values_of(trend);
  trend.changes = change_points(values);
  const double first =
      trend.changes.empty() ? values.front() : trend.changes.front().before;
  const double last =
      trend.changes.empty() ? values.back() : trend.changes.back().after;
  trend.change = share(first, last, trend.info.figure.base);
  trend.drift_per_day = drift(trend);
}

}  // namespace

bool FigureTrend::worsens() const {
  const double sign = info.figure.better == Better::less ? 1 : -1;
  if (drift_per_day && sign * *drift_per_day > 0) return true;
  if (changes.empty()) return false;
  return sign * (changes.back().after - changes.back().before) > 0;
}

std::vector<FigureTrend> trends_of(std::span<const Baseline> runs) {
  std::map<FigureKey, FigureTrend> by_key;
  for (const Baseline& run : runs) {
    for (const auto& [key, figure] : figures_of(run)) {
      FigureTrend& trend = by_key[key];
      trend.key = key;
      trend.info = figure.first;
      trend.points.push_back(
          {run.begin_ns, run.commit, run.run, figure.second});
    }
  }
  std::vector<FigureTrend> trends;
  for (auto& [key, trend] : by_key) {
    if (trend.points.size() < 2) continue;
    measure(trend);
    trends.push_back(std::move(trend));
  }
  std::ranges::stable_sort(trends, [](const auto& a, const auto& b) {
    const auto rank = [](const FigureTrend& each) {
      return std::tuple(each.worsens(), !each.changes.empty(),
                        std::abs(each.change));
    };
    return rank(a) > rank(b);
  });
  return trends;
}

std::vector<Baseline> last_days(std::span<const Baseline> runs, double days) {
  if (runs.empty()) return {};
  const double newest = static_cast<double>(runs.back().begin_ns);
  const double from = newest - days * kSecondsPerDay * 1e9;
  std::vector<Baseline> kept;
  for (const Baseline& run : runs) {
    if (static_cast<double>(run.begin_ns) >= from) kept.push_back(run);
  }
  return kept;
}

std::string sparkline(std::span<const double> values, size_t width) {
  static constexpr std::array kBars = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  if (values.empty() || width == 0) return "";
  std::vector<double> shown;
  const size_t n = std::min(width, values.size());
  for (size_t i = 0; i < n; ++i) {
    const size_t from = i * values.size() / n;
    const size_t to = (i + 1) * values.size() / n;
    shown.push_back(*median(values.subspan(from, to - from)));
  }
  const auto [lo, hi] = std::ranges::minmax(shown);
  std::string text;
  for (const double value : shown) {
    const double part = hi > lo ? (value - lo) / (hi - lo) : 0.45;
    text += kBars[std::min<size_t>(7, static_cast<size_t>(part * 8))];
  }
  return text;
}

}  // namespace tidemark
