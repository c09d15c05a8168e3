#include "tui/header.h"

#include <fmt/format.h>

#include <algorithm>

#include "tui/figures.h"
#include "tui/graph.h"
#include "tui/widgets.h"

namespace tidemark {
namespace {

constexpr Style kPlain{};

Style mode_style(Mode mode) {
  switch (mode) {
    case Mode::live: return {Tone::good, true, false};
    case Mode::stalled: return {Tone::bad, true, true};
    case Mode::paused: return {Tone::warn, true, true};
    case Mode::replay: return {Tone::accent, true, true};
  }
  return kPlain;
}

std::string time_text(const ViewModel& model) {
  std::string text = model.wall_time(model.time());
  const std::string age = model.sample_age();
  return age.empty() ? text : text + " " + age;
}

Part own_cost(const ViewModel& model) {
  const std::string cpu = or_dash(model.self_cpu(), short_percent);
  const std::string rss = or_dash(model.self_rss(), short_bytes);
  return {"self", cpu + "% " + rss, kPlain, 50};
}

Part losses(const ViewModel& model) {
  const auto dropped = model.dropped();
  const bool bad = dropped.value_or(0) > 0;
  return {"drop", or_dash(dropped, short_count),
          bad ? Style{Tone::bad, true, false} : kPlain, 60};
}

Part coverage_part(const ViewModel& model) {
  const double coverage = model.coverage();
  // Never rounded up to 100 % when something is missing.
  const double percent = coverage < 1 ? std::min(coverage * 100, 99.9) : 100;
  const bool bad = coverage < 0.99;
  return {"coverage", fmt::format("{:.3g}%{}", percent, bad ? " !" : ""),
          bad ? Style{Tone::warn, true, false} : kPlain, 55};
}

Part count_part(size_t count, const char* one, const char* many, Style style,
                int weight) {
  if (count == 0) return {};
  return {"", fmt::format("{} {}", count, count == 1 ? one : many), style,
          weight};
}

void draw_first_line(const Pane& pane, const ViewModel& model) {
  const ModelInput& input = model.input();
  std::vector<Part> parts = {
      {"", model.mode_word(), mode_style(input.mode), 100},
      {"", time_text(model), {Tone::normal, true, false}, 95},
      {"run", model.run_name(), {Tone::accent, true, false}, 80},
      {"at", model.since_begin(model.time()), kPlain, 70},
      {"every", model.interval(), kPlain, 40},
      {"host", input.info.host, kPlain, 45},
  };
  if (model.run_name().empty()) parts[2] = {};
  if (input.loaded < 1) {
    const std::string part = fmt::format("{:.0f}%", input.loaded * 100);
    parts.push_back({"reading", part, {Tone::warn, false, false}, 90});
  }
  if (!model.shown().complete()) {
    parts.push_back({"", "incomplete !", {Tone::warn, true, false}, 65});
  }
  draw_parts(pane, 0, std::move(parts));
}

void draw_second_line(const Pane& pane, const ViewModel& model) {
  const Phase* phase = model.phase();
  const Tone tone = phase == nullptr ? Tone::dim : tone_of(phase->kind);
  std::string phase_text = model.phase_path();
  if (phase != nullptr) phase_text += " " + model.phase_elapsed();
  draw_parts(pane, 1,
             {{"phase", phase_text, {tone, phase != nullptr, false}, 100},
              own_cost(model),
              losses(model),
              coverage_part(model),
              count_part(model.count_findings(Verdict::leak), "LEAK", "LEAKS",
                         {Tone::bad, true, true}, 98),
              count_part(model.count_findings(Verdict::suspect), "suspect",
                         "suspects", {Tone::warn, true, false}, 90),
              count_part(model.alerts(), "alert", "alerts",
                         {Tone::bad, true, false}, 92)});
}

// The value where the screen stands.
std::optional<double> value_at(const ViewModel& model,
                               const BucketSeries& series) {
  const Nanoseconds interval =
      std::max(model.shown().interval(), Nanoseconds(1'000'000));
  return series.sample(model.time() - interval, model.time(), 1).front();
}

void draw_labels(const Pane& pane, const Curve& curve,
                 std::optional<double> now, ValueRange range) {
  const int gutter = kLeftGutter - 1;
  const std::string value = or_dash(now, curve.format);
  const Style name{curve.tone, false, false};
  const Style figure{Tone::normal, true, false};
  const int room = gutter - text_width(value, pane.charset()) - 2;
  pane.text(1, 0, curve.name, name, pane.height() > 1 ? gutter - 1 : room);
  pane.text_right(gutter, pane.height() > 1 ? 1 : 0, value, figure);
  const int right = pane.width() - kRightGutter + 1;
  const Style dim{Tone::dim, false, false};
  pane.text(right, 0, curve.format(range.hi), dim);
  if (curve.limit && range.hi < *curve.limit && pane.height() > 2) {
    pane.text(right, 1, "/" + curve.format(*curve.limit), dim);
  }
  if (pane.height() > 1) {
    pane.text(right, pane.height() - 1, curve.format(range.lo), dim);
  }
}

// "zoom x8": how much of the run the axis leaves out.
std::string zoom_text(const ViewModel& model, const TimeAxis& axis) {
  const RunHistory& history = model.history();
  const double whole = to_seconds(history.end() - history.begin());
  const double part = std::max(to_seconds(axis.to - axis.from), 1e-9);
  return fmt::format("zoom x{:.3g}", std::max(whole / part, 1.0));
}

bool is_load(PhaseKind kind) {
  return kind == PhaseKind::load || kind == PhaseKind::steady ||
         kind == PhaseKind::ramp;
}

}  // namespace

TimeAxis curve_axis(const ViewModel& model, int width) {
  return model.axis(width - kLeftGutter - kRightGutter);
}

void draw_header(const Pane& pane, const ViewModel& model) {
  draw_first_line(pane, model);
  draw_second_line(pane, model);
  const TimeAxis axis = curve_axis(model, pane.width());
  const PhaseTracker& phases = model.history().phases();
  const bool zoomed = model.choices().window.has_value();
  pane.text(1, 2, zoomed ? zoom_text(model, axis) : "phases",
            {zoomed ? Tone::accent : Tone::title, zoomed, false},
            kLeftGutter - 2);
  const int now = std::min(axis.column(model.time()), axis.columns - 1);
  draw_phase_bar(pane, kLeftGutter, 2, phases, phases_by_column(phases, axis),
                 now);
  pane.zone({kLeftGutter, 2, axis.columns, 1}, Zone::Kind::time);
  pane.text(pane.width() - kRightGutter + 1, 2, short_age(axis.to - axis.from),
            {Tone::dim, false, false});
}

namespace {

// Phases in which load was put on are shaded, so that a curve is read without
// its labels.
void draw_phases(const Pane& area, const ViewModel& model,
                 const TimeAxis& axis) {
  const PhaseTracker& phases = model.history().phases();
  const std::vector<int> by_column = phases_by_column(phases, axis);
  for (int x = 0; x < axis.columns; ++x) {
    const auto i = static_cast<size_t>(x);
    if (by_column[i] >= 0) {
      const Phase& phase = phases.phases()[static_cast<size_t>(by_column[i])];
      if (is_load(phase.kind)) area.shade({x, 0, 1, area.height()});
    }
    if (i > 0 && by_column[i] != by_column[i - 1]) {
      draw_boundary(area, x, {Tone::dim, false, false});
    }
  }
}

ValueRange curve_range(const Curve& curve, Points points) {
  ValueRange range = curve.growth ? range_of_growth(points, 0.1)
                                  : range_from_zero(points, curve.bytes);
  // A limit far above would flatten the curve: it is told, not drawn.
  if (curve.limit && range.hi >= *curve.limit / 2) {
    range.hi = std::max(range.hi, *curve.limit);
  }
  return range;
}

}  // namespace

void draw_curve(const Pane& pane, const ViewModel& model, const Curve& curve) {
  const TimeAxis axis = curve_axis(model, pane.width());
  const auto count = static_cast<size_t>(axis.columns) * 2;
  std::vector<std::optional<double>> points(count);
  if (curve.series != nullptr) {
    points = curve.series->sample(axis.from, axis.to, count);
  }
  const ValueRange range = curve_range(curve, points);
  const Pane area = pane.sub({kLeftGutter, 0, axis.columns, pane.height()});
  draw_graph(area, points, range, {curve.tone, false, false});
  if (curve.limit) {
    draw_limit(area, *curve.limit, range, {Tone::bad, false, false});
  }
  draw_phases(area, model, axis);
  pane.zone({kLeftGutter, 0, axis.columns, pane.height()}, Zone::Kind::time);
  const int now = std::min(axis.column(model.time()), axis.columns - 1);
  if (!model.at_tail()) {
    area.restyle({now, 0, 1, area.height()}, {Tone::accent, false, true});
  }
  draw_labels(
      pane, curve,
      curve.series == nullptr ? std::nullopt : value_at(model, *curve.series),
      range);
}

std::vector<Curve> drawable(std::vector<Curve> curves) {
  std::erase_if(curves, [](const Curve& curve) {
    return curve.series == nullptr || curve.series->empty();
  });
  return curves;
}

int draw_curves(const Pane& pane, const ViewModel& model,
                const std::vector<Curve>& curves, int rows, int highest) {
  int y = 0;
  for (size_t i = 0; i < curves.size(); ++i) {
    const int left = static_cast<int>(curves.size() - i);
    const int height = std::clamp((rows - y + left - 1) / left, 1, highest);
    if (y + height > rows) break;
    draw_curve(pane.sub({0, y, pane.width(), height}), model, curves[i]);
    y += height;
  }
  return y;
}

std::string percent_sign(double ratio) { return short_percent(ratio) + "%"; }
std::string bytes_per_second(double rate) { return short_bytes(rate) + "/s"; }
std::string seconds_short(double seconds) {
  if (seconds == 0) return "0";
  if (seconds < 1e-3) return fmt::format("{:.0f}us", seconds * 1e6);
  if (seconds < 1) return fmt::format("{:.3g}ms", seconds * 1e3);
  return fmt::format("{:.3g}s", seconds);
}

}  // namespace tidemark
