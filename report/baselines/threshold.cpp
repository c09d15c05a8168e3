#include "report/baselines/threshold.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "core/base/order_statistics.h"

namespace tidemark {
namespace {

constexpr double kWarnAt = 2, kFailAt = 4;

// With a unit that the gate grammar reads, four digits.
std::string amount(double value, GateDimension dimension) {
  const auto with = [](double scaled, const char* unit) {
    return fmt::format("{:.4g}{}", scaled, unit);
  };
  switch (dimension) {
    case GateDimension::bytes:
      if (value >= double{1 << 30}) return with(value / (1 << 30), "GiB");
      if (value >= double{1 << 20}) return with(value / (1 << 20), "MiB");
      if (value >= double{1 << 10}) return with(value / (1 << 10), "KiB");
      return with(value, "B");
    case GateDimension::time:
      if (value >= 1) return with(value, "s");
      if (value >= 1e-3) return with(value * 1e3, "ms");
      if (value >= 1e-6) return with(value * 1e6, "us");
      return with(value * 1e9, "ns");
    case GateDimension::ratio: return with(value * 100, "%");
    case GateDimension::count: return with(value, "");
  }
  return "";
}

// The left side of the gate; "" when the grammar has no words for it.
std::string value_of(const FigureKey& key) {
  const std::string& what = key.statistic;
  const std::string selector =
      key.subject.empty() ? "" : "{role='" + key.subject + "'}";
  const std::string metric = key.metric + selector;
  const std::string during = key.phase.empty() ? "" : " during " + key.phase;
  if (key.subject.find('\'') != std::string::npos) return "";
  if (what == "median") return "med(" + metric + ")" + during;
  if (what == "peak") return "max(" + metric + ")" + during;
  if (what.starts_with("p")) {
    if (what == "per op") return "sum(" + metric + ") per op" + during;
    if (what == "per second") return "rate(" + metric + ")" + during;
    return what + "(" + metric + ")" + during;
  }
  if (what == "share") {
    const std::string name = key.metric.substr(key.metric.find('.') + 1);
    const bool of_span = key.metric.starts_with("span_errors.");
    return fmt::format("ratio({}, {}{}){}", key.metric,
                       of_span ? "span." : "op.", name, during);
  }
  return "";
}

std::string gate_of(const Threshold& threshold) {
  const std::string value = value_of(threshold.key);
  if (value.empty()) return "";
  const bool less = threshold.info.figure.better == Better::less;
  return fmt::format("{} {} {}, warn {}", value, less ? "<" : ">",
                     amount(threshold.fail, threshold.info.dimension),
                     amount(threshold.warn, threshold.info.dimension));
}

}  // namespace

std::vector<Threshold> suggest_thresholds(std::span<const Baseline> runs) {
  std::map<FigureKey, std::pair<FigureInfo, std::vector<double>>> figures;
  for (const Baseline& run : runs) {
    for (const auto& [key, figure] : figures_of(run)) {
      auto& known = figures[key];
      known.first = figure.first;
      known.second.push_back(figure.second);
    }
  }
  std::vector<Threshold> thresholds;
  for (const auto& [key, known] : figures) {
    const auto& [info, values] = known;
    Threshold each{key, info, values.size(), *median(values), {}, 0, 0, ""};
    each.noise = noise_floor(values, info.figure.base);
    const double step =
        each.noise.share * std::max(std::abs(each.median), info.figure.base);
    const double sign = info.figure.better == Better::less ? 1 : -1;
    each.warn = each.median + sign * kWarnAt * step;
    each.fail = each.median + sign * kFailAt * step;
    if (sign < 0) {
      // A rate that may fall to nothing is no threshold.
      each.warn = std::max(each.warn, each.median / 2);
      each.fail = std::max(each.fail, each.median / 4);
    }
    each.gate = gate_of(each);
    thresholds.push_back(std::move(each));
  }
  return thresholds;
}

}  // namespace tidemark
