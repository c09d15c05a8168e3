#include "tui/phase_bar.h"

#include <algorithm>
#include <numeric>

namespace tidemark {

int TimeAxis::column(BootTime time) const {
  if (time < from) return -1;
  if (to <= from) return columns;
  const double part = static_cast<double>((time - from).count()) /
                      static_cast<double>((to - from).count());
  return std::min(static_cast<int>(part * columns), columns);
}

BootTime TimeAxis::middle(int column) const {
  if (columns <= 0) return from;
  const double part = (column + 0.5) / columns;
  return from + Nanoseconds(static_cast<int64_t>(
                    part * static_cast<double>((to - from).count())));
}

std::vector<int> phases_by_column(const PhaseTracker& tracker,
                                  const TimeAxis& axis) {
  const std::vector<Phase>& phases = tracker.phases();
  std::vector<int> columns(static_cast<size_t>(std::max(axis.columns, 0)), -1);
  std::vector<size_t> order(phases.size());
  std::iota(order.begin(), order.end(), size_t{0});
  // Deeper phases paint over those around them.
  std::ranges::stable_sort(order, {},
                           [&](size_t i) { return phases[i].depth; });
  for (const size_t i : order) {
    const Phase& phase = phases[i];
    const bool open = phase.status == PhaseStatus::open;
    const BootTime end = open ? std::max(axis.to, phase.begin) : phase.end;
    if (end < axis.from || phase.begin > axis.to) continue;
    const int first = std::clamp(axis.column(phase.begin), 0, axis.columns - 1);
    const int last = axis.column(end - Nanoseconds(1));
    for (int x = first; x <= std::min(std::max(first, last), axis.columns - 1);
         ++x) {
      columns[static_cast<size_t>(x)] = static_cast<int>(i);
    }
  }
  return columns;
}

std::string phase_title(const PhaseTracker& tracker, const Phase& phase) {
  const size_t slash = phase.path.rfind('/');
  std::string title =
      slash == std::string::npos ? phase.path : phase.path.substr(slash + 1);
  if (tracker.repeats(phase.path)) title += "#" + std::to_string(phase.cycle);
  return title;
}

Tone tone_of(PhaseKind kind) {
  switch (kind) {
    case PhaseKind::setup: return Tone::setup;
    case PhaseKind::warmup: return Tone::warmup;
    case PhaseKind::ramp: return Tone::ramp;
    case PhaseKind::load: return Tone::load;
    case PhaseKind::steady: return Tone::steady;
    case PhaseKind::cooldown: return Tone::cooldown;
    case PhaseKind::teardown: return Tone::teardown;
    case PhaseKind::exclude: return Tone::exclude;
    case PhaseKind::custom: return Tone::normal;
  }
  return Tone::normal;
}

char32_t fill_of(PhaseKind kind) {
  switch (kind) {
    case PhaseKind::warmup: return U'~';
    case PhaseKind::ramp: return U'/';
    case PhaseKind::load: return U'#';
    case PhaseKind::steady: return U'=';
    case PhaseKind::cooldown: return U'.';
    case PhaseKind::exclude: return U'x';
    case PhaseKind::setup:
    case PhaseKind::teardown:
    case PhaseKind::custom: return U'-';
  }
  return U'-';
}

namespace {

void draw_segment(const Pane& pane, int x, int y, int width, const Phase& phase,
                  const std::string& title) {
  const Style style{tone_of(phase.kind), false, false};
  pane.fill({x, y, width, 1}, fill_of(phase.kind), style);
  if (width == 1) return;
  pane.glyph(x, y, U'│', style);
  const int name = text_width(title, pane.charset());
  const int room = width - 1;
  if (room < 2) return;
  const int shown = std::min(name, room);
  const int at = x + 1 + (room - shown) / 2;
  pane.text(at, y, title, {style.tone, true, false}, shown);
}

}  // namespace

void draw_phase_bar(const Pane& pane, int x, int y, const PhaseTracker& tracker,
                    const std::vector<int>& by_column, int now) {
  const int columns = static_cast<int>(by_column.size());
  pane.fill({x, y, columns, 1}, U'·', {Tone::dim, false, false});
  for (int at = 0; at < columns;) {
    const int index = by_column[static_cast<size_t>(at)];
    int end = at + 1;
    while (end < columns && by_column[static_cast<size_t>(end)] == index) ++end;
    if (index >= 0) {
      const Phase& phase = tracker.phases()[static_cast<size_t>(index)];
      draw_segment(pane, x + at, y, end - at, phase,
                   phase_title(tracker, phase));
    }
    at = end;
  }
  if (now >= 0 && now < columns) {
    pane.restyle({x + now, y, 1, 1}, {Tone::accent, true, true});
  }
}

}  // namespace tidemark
