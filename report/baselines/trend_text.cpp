#include "report/baselines/trend_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/analysis/judgement.h"
#include "core/base/text.h"
#include "report/baselines/comparison_text.h"
#include "report/baselines/comparison_value.h"
#include "report/survey.h"
#include "report/table.h"

namespace tidemark {
namespace {

constexpr size_t kWidth = 120, kSparkWidth = 30;

using Json = nlohmann::ordered_json;

std::string day(int64_t unix_ns) { return format_utc(unix_ns).substr(0, 10); }

std::vector<double> values_of(const FigureTrend& trend) {
  std::vector<double> values;
  for (const auto& point : trend.points) values.push_back(point.value);
  return values;
}

bool is_news(const FigureTrend& trend) {
  return !trend.changes.empty() || trend.drift_per_day.has_value();
}

double share(double from, double to, double base) {
  const double scale = std::max(std::abs(from), base);
  return scale > 0 ? (to - from) / scale : 0;
}

std::string head(std::span<const Baseline> runs) {
  const Baseline& newest = runs.back();
  return fmt::format("{}: {} from {} to {}, {}", newest.scenario,
                     count_of(runs.size(), "run"), day(runs.front().begin_ns),
                     day(newest.begin_ns), newest.branch);
}

}  // namespace

std::string trend_event(const FigureTrend& trend) {
  if (!trend.changes.empty()) {
    const ChangePoint& last = trend.changes.back();
    const auto& point = trend.points[last.index];
    return fmt::format(
        "{} with {} ({})",
        change_text(share(last.before, last.after, trend.info.figure.base)),
        point.commit.empty() ? point.run.substr(0, 8) : point.commit,
        day(point.begin_ns));
  }
  if (!trend.drift_per_day) return "";
  const double first = trend.points.front().value;
  return fmt::format(
      "drifts {} a day",
      change_text(share(0, *trend.drift_per_day,
                        std::max(std::abs(first), trend.info.figure.base))));
}

std::string trend_text(std::span<const Baseline> runs,
                       std::span<const FigureTrend> trends, bool all) {
  std::string out = sanitize_terminal(head(runs)) + "\n";
  constexpr auto kRight = TextTable::Align::right;
  TextTable table({{""},
                   {"figure", TextTable::Align::left, 46},
                   {"runs", kRight},
                   {"first", kRight},
                   {"trend"},
                   {"last", kRight},
                   {"what changed"}});
  size_t level = 0;
  for (const FigureTrend& trend : trends) {
    if (!is_news(trend)) ++level;
    if (!is_news(trend) && !all) continue;
    table.add({!is_news(trend)   ? "✓"
               : trend.worsens() ? "✗"
                                 : "+",
               sanitize_terminal(figure_name(trend.key)),
               std::to_string(trend.points.size()),
               figure_value_text(trend.info, trend.points.front().value),
               sparkline(values_of(trend), kSparkWidth),
               figure_value_text(trend.info, trend.points.back().value),
               sanitize_terminal(trend_event(trend))});
  }
  if (!table.empty()) out += "\n" + table.render("", kWidth);
  if (level > 0 && !all) {
    out += "\n✓ " + count_of(level, "figure") +
           (level == 1 ? " kept its level\n" : " kept their level\n");
  }
  if (runs.size() < 2 * kLeastLevel) {
    out += fmt::format("\n! {}: a change of level is seen from {} on\n",
                       count_of(runs.size(), "run"), 2 * kLeastLevel);
  }
  return out;
}

nlohmann::ordered_json trends_value(std::span<const FigureTrend> trends) {
  const auto clean = [](const std::string& raw) { return sanitize_json(raw); };
  Json figures = Json::array();
  for (const FigureTrend& trend : trends) {
    Json points = Json::array(), changes = Json::array();
    for (const auto& point : trend.points) {
      points.push_back({{"begin_ns", point.begin_ns},
                        {"commit", clean(point.commit)},
                        {"run", clean(point.run)},
                        {"value", point.value}});
    }
    for (const ChangePoint& change : trend.changes) {
      changes.push_back({{"index", change.index},
                         {"before", change.before},
                         {"after", change.after},
                         {"p", change.p}});
    }
    figures.push_back(
        {{"phase", clean(trend.key.phase)},
         {"subject", clean(trend.key.subject)},
         {"metric", clean(trend.key.metric)},
         {"statistic", trend.key.statistic},
         {"unit", trend.info.unit},
         {"change_ratio", trend.change},
         {"drift_per_day",
          trend.drift_per_day ? Json(*trend.drift_per_day) : Json(nullptr)},
         {"worsens", trend.worsens()},
         {"changes", std::move(changes)},
         {"points", std::move(points)}});
  }
  return figures;
}

std::string trend_json(std::span<const Baseline> runs,
                       std::span<const FigureTrend> trends) {
  const Json json = {{"schema_version", 1},
                     {"scenario", sanitize_json(runs.back().scenario)},
                     {"runs", runs.size()},
                     {"figures", trends_value(trends)}};
  return json.dump(2) + "\n";
}

}  // namespace tidemark
