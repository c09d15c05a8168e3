#include "report/chart_svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/text.h"
#include "report/highlights.h"
#include "report/svg_scale.h"
#include "report/wording.h"

namespace tidemark {
namespace {

constexpr double kLeft = 84, kRight = 14, kTop = 44, kBottom = 74;
constexpr size_t kMostNames = 8;
// Those of the page in the light.
constexpr const char* kColors[] = {"#0b7285", "#d9480f", "#6741d9", "#2b8a3e",
                                   "#c2255c", "#8c6d00", "#1864ab", "#7a5240"};

std::string xml(std::string_view raw) { return sanitize_html(raw); }

const char* band_of(PhaseKind kind) {
  switch (kind) {
    case PhaseKind::load:
    case PhaseKind::steady: return "#0b7285";
    case PhaseKind::ramp:
    case PhaseKind::warmup: return "#d97706";
    case PhaseKind::custom: return "#6741d9";
    default: return "#86929e";
  }
}

double highest(const TimelineChart& chart) {
  double top = 0;
  for (const TimelineSeries& series : chart.series) {
    for (const double value : series.max) {
      if (std::isfinite(value)) top = std::max(top, value);
    }
  }
  for (const TimelineLimit& limit : chart.limits) {
    if (limit.value < 2 * top) top = std::max(top, limit.value);
  }
  return top > 0 ? top * 1.06 : 1;
}

class Drawing {
 public:
  Drawing(const ReportData& data, const TimelineChart& chart)
      : data_(data), chart_(chart) {
    const Timeline& timeline = data.timeline;
    seconds_ = to_seconds(timeline.column) *
               static_cast<double>(std::max<size_t>(timeline.columns, 1));
    x_ = {0, seconds_, kLeft, kChartWidth - kRight};
    y_ = {0, highest(chart), kChartHeight - kBottom, kTop};
  }

  std::string draw() {
    fmt::format_to(std::back_inserter(out_),
                   "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" "
                   "height=\"{1}\" viewBox=\"0 0 {0} {1}\" role=\"img\" "
                   "font-family=\"system-ui, 'DejaVu Sans', sans-serif\" "
                   "font-size=\"12\"><title>{2}</title>\n<rect width=\"{0}\" "
                   "height=\"{1}\" fill=\"#fff\"/>\n",
                   kChartWidth, kChartHeight, xml(title()));
    text(kLeft, 20, title(), "start", "#1c2024", " font-weight=\"600\"");
    bands();
    grid();
    limits();
    for (size_t s = 0; s < chart_.series.size(); ++s) line(s);
    legend();
    return std::move(out_) + "</svg>\n";
  }

 private:
  std::string title() const {
    return chart_.title +
           (data_.run_name.empty() ? "" : " · " + data_.run_name);
  }
  void text(double x, double y, const std::string& raw, const char* anchor,
            const char* color, const char* more = "") {
    fmt::format_to(std::back_inserter(out_),
                   "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\" "
                   "fill=\"{}\"{}>{}</text>\n",
                   x, y, anchor, color, more, xml(raw));
  }
  void line_at(double x1, double y1, double x2, double y2, const char* look) {
    fmt::format_to(std::back_inserter(out_),
                   "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" "
                   "y2=\"{:.1f}\" {}/>\n",
                   x1, y1, x2, y2, look);
  }
  void bands() {
    for (const PhaseUse& use : data_.summary.phases) {
      const Phase& phase = use.phase;
      const double from = place(phase.begin);
      const double width = place(phase.end_in(data_.summary.end)) - from;
      if (width <= 0) continue;
      fmt::format_to(std::back_inserter(out_),
                     "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" "
                     "height=\"{:.1f}\" fill=\"{}\" fill-opacity=\"0.08\"/>\n",
                     from, y_.to, width, y_.from - y_.to, band_of(phase.kind));
    }
  }
  double place(BootTime time) const {
    const double seconds = to_seconds(time - data_.timeline.begin);
    return x_(std::clamp(seconds, 0.0, seconds_));
  }
  void grid() {
    const bool binary = chart_.unit == ChartUnit::bytes ||
                        chart_.unit == ChartUnit::bytes_per_second;
    const double step = nice_step(y_.hi, 6, binary);
    for (double v = 0; v <= y_.hi; v += step) {
      line_at(x_.from, y_(v), x_.to, y_(v), "stroke=\"#e3e5e8\"");
      text(x_.from - 6, y_(v) + 4, figure_text(v, chart_.unit), "end",
           "#5b636b");
    }
    const double every = nice_step(seconds_, 8, false);
    for (double v = 0; v <= seconds_; v += every) {
      text(x_(v), y_.from + 17, seconds_text(v), "middle", "#5b636b");
    }
  }
  void limits() {
    for (const TimelineLimit& limit : chart_.limits) {
      if (limit.value > y_.hi) continue;
      line_at(x_.from, y_(limit.value), x_.to, y_(limit.value),
              "stroke=\"#b42318\" stroke-dasharray=\"6 4\"");
      text(x_.to - 4, y_(limit.value) - 4,
           limit.name + " " + figure_text(limit.value, chart_.unit), "end",
           "#b42318");
    }
  }
  void line(size_t s) {
    const TimelineSeries& series = chart_.series[s];
    std::string path;
    bool is_begun = false;
    for (size_t i = 0; i < series.mean.size(); ++i) {
      if (!std::isfinite(series.mean[i])) {
        is_begun = false;
        continue;
      }
      const double at =
          (static_cast<double>(i) + 0.5) * to_seconds(data_.timeline.column);
      path += fmt::format("{}{:.1f} {:.1f}", is_begun ? 'L' : 'M', x_(at),
                          y_(series.mean[i]));
      is_begun = true;
    }
    fmt::format_to(std::back_inserter(out_),
                   "<path d=\"{}\" fill=\"none\" stroke=\"{}\" "
                   "stroke-width=\"1.6\"/>\n",
                   path, kColors[s % std::size(kColors)]);
  }
  void legend() {
    const double width = (kChartWidth - kLeft - kRight) / 4;
    for (size_t s = 0; s < chart_.series.size() && s < kMostNames; ++s) {
      const TimelineSeries& series = chart_.series[s];
      const double x = kLeft + width * static_cast<double>(s % 4);
      const double y = kChartHeight - 30 + 18.0 * static_cast<double>(s / 4);
      line_at(x, y - 4, x + 14, y - 4,
              fmt::format("stroke=\"{}\" stroke-width=\"3\"",
                          kColors[s % std::size(kColors)])
                  .c_str());
      text(x + 19, y, cut(series.name, 24), "start", "#1c2024");
    }
  }
  // By characters, so that none is cut in the middle.
  static std::string cut(const std::string& raw, size_t most) {
    std::string shown = sanitize_terminal(raw);
    size_t characters = 0;
    for (size_t i = 0; i < shown.size(); ++i) {
      const bool begins = (static_cast<unsigned char>(shown[i]) & 0xC0) != 0x80;
      if (begins && ++characters > most) return shown.substr(0, i) + "…";
    }
    return shown;
  }

  const ReportData& data_;
  const TimelineChart& chart_;
  double seconds_ = 1;
  SvgScale x_, y_;
  std::string out_;
};

}  // namespace

Result<const TimelineChart*> pick_chart(const ReportData& data,
                                        const std::string& id) {
  const std::vector<TimelineChart>& charts = data.timeline.charts;
  if (charts.empty()) {
    return fail(ErrorKind::usage,
                "the recording has nothing to draw: no watched process, client "
                "or host metric was read");
  }
  std::string wanted = id;
  if (wanted.empty()) {
    const Finding* worst = culprit(data);
    const Resource resource =
        worst == nullptr ? Resource::rss_anon : worst->resource;
    wanted = resource == Resource::heap      ? "heap"
             : resource == Resource::fds     ? "fds"
             : resource == Resource::threads ? "threads"
                                             : "memory";
  }
  std::vector<std::string_view> names;
  for (const TimelineChart& chart : charts) {
    if (chart.id == wanted) return &chart;
    names.push_back(chart.id);
  }
  if (id.empty()) return &charts.front();
  return fail(ErrorKind::usage, unknown_message("chart", id, names));
}

std::string chart_svg(const ReportData& data, const TimelineChart& chart) {
  return Drawing(data, chart).draw();
}

}  // namespace tidemark
