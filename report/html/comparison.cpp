// The run against its baseline, and how the kept runs went up to it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/baselines/compared_runs.h"
#include "report/baselines/comparison_text.h"
#include "report/baselines/trend_text.h"
#include "report/html/markup.h"
#include "report/html/sections.h"

namespace tidemark::html {
namespace {

constexpr size_t kMostRows = 40, kMostTrends = 20;

Look look_of(const Regression& result) {
  switch (result.outcome) {
    case Outcome::worse: return {"bad", "✗", severity_name(result.severity)};
    case Outcome::maybe_worse: return {"warn", "!", "Maybe worse"};
    case Outcome::better: return {"good", "+", "Better"};
    case Outcome::same: return {"good", "✓", "Same"};
    case Outcome::unknown: return {"open", "?", "Unknown"};
  }
  return {"open", "?", "Unknown"};
}

void add_figures(std::string& out, const Comparison& comparison) {
  Table table(out, "Figures against the baseline");
  table.head({"Figure", "Outcome", "Why", "Before", "After", "Change", "99 %",
              "Noise"},
             3);
  size_t shown = 0, same = 0;
  for (const ComparedFigure& figure : comparison.figures) {
    const Regression& r = figure.result;
    if (r.outcome == Outcome::same) {
      ++same;
      continue;
    }
    if (++shown > kMostRows) continue;
    const std::string interval = interval_text(r);
    table.row({clipped(figure_name(figure.key), 60), pill(look_of(r)),
               clipped(r.reason, 120),
               escape(figure_value_text(figure.info, r.before)),
               escape(figure_value_text(figure.info, r.after)),
               change_text(r.change),
               or_absent(!interval.empty(), escape(interval)),
               fmt::format("{:.1f} %{}", r.noise.share * 100,
                           r.noise.learned ? "" : " (assumed)")});
  }
  table.end();
  if (shown > kMostRows) {
    out +=
        fmt::format("<p class=\"quiet\">And {} more.</p>\n", shown - kMostRows);
  }
  out += fmt::format(
      "<p class=\"quiet\">{} figures did not change beyond their noise.</p>\n",
      same);
}

// A line over the runs, with a bar where the level changed.
std::string trend_svg(const FigureTrend& trend) {
  constexpr double kWide = 160, kHigh = 28, kEdge = 3;
  const auto [lo, hi] =
      std::ranges::minmax(trend.points, {}, &FigureTrend::Point::value);
  const double span = hi.value - lo.value;
  const auto last = static_cast<double>(trend.points.size() - 1);
  const auto x = [&](size_t i) {
    return kEdge + (kWide - 2 * kEdge) * static_cast<double>(i) / last;
  };
  const auto y = [&](double value) {
    const double part = span > 0 ? (value - lo.value) / span : 0.5;
    return kHigh - kEdge - (kHigh - 2 * kEdge) * part;
  };
  std::string svg = fmt::format(
      "<svg class=\"spark\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
      "height=\"{1}\" role=\"img\" aria-label=\"{2} runs\">",
      kWide, kHigh, trend.points.size());
  for (const ChangePoint& change : trend.changes) {
    const double at = (x(change.index - 1) + x(change.index)) / 2;
    svg += fmt::format(
        "<line x1=\"{0:.1f}\" y1=\"0\" x2=\"{0:.1f}\" y2=\"{1}\" "
        "stroke=\"currentColor\" stroke-dasharray=\"2 2\"/>",
        at, kHigh);
  }
  svg += "<polyline fill=\"none\" stroke=\"currentColor\" points=\"";
  for (size_t i = 0; i < trend.points.size(); ++i) {
    svg += fmt::format("{:.1f},{:.1f} ", x(i), y(trend.points[i].value));
  }
  svg += "\"/>";
  svg += fmt::format(
      "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2.5\" fill=\"currentColor\"/>",
      x(trend.points.size() - 1), y(trend.points.back().value));
  return svg + "</svg>";
}

void add_trends(std::string& out, const ComparedRuns& compared) {
  if (compared.history.size() < 2 || compared.trends.empty()) return;
  out += fmt::format("<h3>Over the last {} runs</h3>\n",
                     compared.history.size() + 1);
  Table table(out, "Trend of the figures");
  table.head({"Figure", "Trend", "What changed", "First", "Last", "Runs"}, 3);
  size_t shown = 0;
  for (const FigureTrend& trend : compared.trends) {
    if (++shown > kMostTrends) break;
    const std::string event = trend_event(trend);
    table.row(
        {clipped(figure_name(trend.key), 60), trend_svg(trend),
         event.empty() ? "<span class=\"absent\">kept its level</span>"
                       : clipped(event, 60),
         escape(figure_value_text(trend.info, trend.points.front().value)),
         escape(figure_value_text(trend.info, trend.points.back().value)),
         std::to_string(trend.points.size())});
  }
  table.end();
}

}  // namespace

void add_comparison(std::string& out, const ReportData& data) {
  if (data.compared == nullptr) return;
  const ComparedRuns& compared = *data.compared;
  const Comparison& comparison = compared.comparison;
  out +=
      "<section id=\"comparison\" aria-labelledby=\"h-comparison\">\n"
      "<h2 id=\"h-comparison\">Against the baseline</h2>\n<p>" +
      escape(comparison_headline(comparison)) +
      fmt::format(".</p>\n<p class=\"quiet\">This run against {} of ",
                  compared.before.size()) +
      escape(compared.reference) + ".</p>\n";
  for (const auto* list :
       {&comparison.testbed_differences, &comparison.remarks}) {
    for (const std::string& each : *list) {
      out += "<p class=\"quiet\">" + clipped(each, 200) + "</p>\n";
    }
  }
  add_figures(out, comparison);
  add_trends(out, compared);
  out += "</section>\n";
}

}  // namespace tidemark::html
