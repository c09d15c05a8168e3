// Pictures that need no script: a finding's curve, a span's durations.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/html/markup.h"
#include "report/html/sections.h"
#include "report/svg_scale.h"
#include "report/wording.h"

namespace tidemark::html {
namespace {

constexpr double kWidth = 520, kHeight = 230;
constexpr double kLeft = 74, kRight = 12, kTop = 12, kBottom = 34;

using Scale = SvgScale;

std::string value_label(double value, bool bytes) {
  return bytes ? format_bytes(value) : fmt::format("{:.4g}", value);
}

void add_grid(std::string& out, const Scale& x, const Scale& y, bool bytes,
              bool is_time) {
  const double y_step = nice_step(y.hi - y.lo, 6, bytes);
  for (double v = std::ceil(y.lo / y_step) * y_step; v <= y.hi; v += y_step) {
    out += fmt::format(
        "<line class=\"grid\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" "
        "y2=\"{:.1f}\"/><text class=\"tick\" x=\"{:.1f}\" y=\"{:.1f}\" "
        "text-anchor=\"end\">{}</text>",
        x.from, x.to, y(v), y(v), x.from - 6, y(v) + 4, value_label(v, bytes));
    if (!(y_step > 0) || v + y_step <= v) break;
  }
  const double x_step = nice_step(x.hi - x.lo, 5, false);
  for (double v = std::ceil(x.lo / x_step) * x_step; v <= x.hi; v += x_step) {
    out += fmt::format(
        "<text class=\"tick\" x=\"{:.1f}\" y=\"{:.1f}\" "
        "text-anchor=\"middle\">{}</text>",
        x(v), y.from + 16, is_time ? seconds_text(v) : format_count(v));
    if (v + x_step <= v) break;
  }
}

double x_of(const Finding::Point& point, bool by_ops) {
  return by_ops ? point.ops : point.seconds;
}

double median(std::vector<double> values) {
  const auto middle =
      values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

// The fit through the middle of the points, and where its slope may lie.
void add_fit(std::string& out, const Finding& f, const Scale& x, const Scale& y,
             bool by_ops) {
  const Estimate& slope = by_ops ? *f.slope_per_op : f.slope_per_minute;
  const double per = by_ops ? 1 : 60;
  std::vector<double> xs;
  for (const auto& point : f.points) xs.push_back(x_of(point, by_ops));
  const double mid = median(xs);
  const auto rest = [&](double rate) {
    std::vector<double> left;
    for (const auto& point : f.points) {
      left.push_back(point.value - rate * (x_of(point, by_ops) - mid));
    }
    return median(left);
  };
  const double base = rest(slope.value / per);
  const auto at = [&](double rate, double where) {
    return y(base + rate / per * (where - mid));
  };
  out += fmt::format(
      "<polygon class=\"cone\" points=\"{0:.1f},{1:.1f} {2:.1f},{3:.1f} "
      "{4:.1f},{5:.1f} {4:.1f},{6:.1f} {2:.1f},{3:.1f} {0:.1f},{7:.1f}\"/>",
      x.from, at(slope.lo, x.lo), x(mid), y(base), x.to, at(slope.lo, x.hi),
      at(slope.hi, x.hi), at(slope.hi, x.lo));
  out += fmt::format(
      "<line class=\"fit\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" "
      "y2=\"{:.1f}\"/>",
      x.from, at(slope.value, x.lo), x.to, at(slope.value, x.hi));
}

void add_points(std::string& out, const Finding& f, const Scale& x,
                const Scale& y, bool by_ops) {
  constexpr size_t kMostDots = 400;
  const size_t step = f.points.size() / kMostDots + 1;
  for (size_t i = 0; i < f.points.size(); i += step) {
    out += fmt::format(
        "<circle class=\"dot\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\"/>",
        x(x_of(f.points[i], by_ops)), y(f.points[i].value),
        f.points.size() > 60 ? "1.6" : "3");
  }
}

}  // namespace

std::string finding_chart(const ReportData& data, const Finding& f) {
  if (f.points.size() < 2) return "";
  const bool bytes = is_bytes(f.resource);
  const bool by_ops = f.slope_per_op.has_value();
  Scale x{1e300, -1e300, kLeft, kWidth - kRight};
  Scale y{1e300, -1e300, kHeight - kBottom, kTop};
  for (const auto& point : f.points) {
    x.lo = std::min(x.lo, x_of(point, by_ops));
    x.hi = std::max(x.hi, x_of(point, by_ops));
    y.lo = std::min(y.lo, point.value);
    y.hi = std::max(y.hi, point.value);
  }
  const double pad = std::max((y.hi - y.lo) * 0.08, 1.0);
  y.lo = std::max(0.0, y.lo - pad);
  y.hi += pad;
  const std::string what = fmt::format(
      "{} readings of {} over {}, with the fitted slope", f.points.size(),
      data.process(f.subject).role, by_ops ? "operations" : "time");
  std::string out = fmt::format(
      "<svg class=\"curve\" viewBox=\"0 0 {} {}\" role=\"img\" "
      "aria-label=\"{}\">",
      kWidth, kHeight, escape(what));
  add_grid(out, x, y, bytes, !by_ops);
  add_fit(out, f, x, y, by_ops);
  add_points(out, f, x, y, by_ops);
  out += fmt::format(
      "<text class=\"axis\" x=\"{:.1f}\" y=\"{:.1f}\" "
      "text-anchor=\"middle\">{}</text></svg>\n",
      (x.from + x.to) / 2, kHeight - 2.0,
      by_ops ? escape("cumulative " + f.op_name + " count") : "time");
  return out;
}

std::string levels_chart(const LoadLevels& levels) {
  Scale x{0, 0, kLeft, kWidth - kRight};
  Scale y{0, 0, kHeight - kBottom, kTop};
  for (const LoadLevel& level : levels.points) {
    x.hi = std::max(x.hi, level.per_second * 1.05);
    y.hi = std::max(y.hi, level.cpu_ratio / level.per_second * 1.2e6);
  }
  std::string out = fmt::format(
      "<svg class=\"curve\" viewBox=\"0 0 {} {}\" role=\"img\" "
      "aria-label=\"{}\">",
      kWidth, kHeight,
      escape("CPU per operation of " + levels.role + " over " + levels.op +
             " per second"));
  add_grid(out, x, y, false, false);
  for (size_t i = 0; i < levels.points.size(); ++i) {
    const LoadLevel& level = levels.points[i];
    const bool is_beyond = levels.knee && i >= *levels.knee;
    out += fmt::format(
        "<circle class=\"dot{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\">"
        "<title>{}</title></circle>",
        is_beyond ? " bad" : "", x(level.per_second),
        y(level.cpu_ratio / level.per_second * 1e6), escape(level.phase));
  }
  return out + fmt::format(
                   "<text class=\"axis\" x=\"{:.1f}\" y=\"{:.1f}\" "
                   "text-anchor=\"middle\">{} per second; up: us of CPU per "
                   "operation</text></svg>\n",
                   (x.from + x.to) / 2, kHeight - 2.0, escape(levels.op));
}

std::string duration_chart(const SpanStats& span, double lo_ns, double hi_ns) {
  constexpr double kBarsWidth = 260, kBarsHeight = 34;
  int64_t most = 1;
  for (const SpanStats::Bin& bin : span.bins) most = std::max(most, bin.count);
  const Scale x{std::log2(std::max(lo_ns, 1.0)),
                std::log2(std::max(hi_ns, 2.0)), 0, kBarsWidth};
  std::string out = fmt::format(
      "<svg class=\"bars\" viewBox=\"0 0 {} {}\" role=\"img\" "
      "aria-label=\"Durations of {}\">",
      kBarsWidth, kBarsHeight, escape(span.name));
  for (const SpanStats::Bin& bin : span.bins) {
    // A root, so that a tail of few calls is seen beside the bulk.
    const double part =
        std::sqrt(static_cast<double>(bin.count) / static_cast<double>(most));
    const double height = std::max(part * (kBarsHeight - 2), 0.8);
    const double left = x(std::log2(bin.lo_ns));
    const double width = std::max(x(std::log2(bin.hi_ns)) - left - 0.6, 0.8);
    out += fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\">"
        "<title>{} to {}: {}</title></rect>",
        left, kBarsHeight - height, width, height, nanoseconds_text(bin.lo_ns),
        nanoseconds_text(bin.hi_ns),
        format_count(static_cast<double>(bin.count)));
  }
  return out + "</svg>";
}

}  // namespace tidemark::html
