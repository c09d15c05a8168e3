// Sensors' health: which sensor reads how, what it costs, what was lost, what
// is damaged, and what the measurement as a whole takes from the host.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "tui/figures.h"
#include "tui/header.h"
#include "tui/sensor_rows.h"
#include "tui/view.h"
#include "tui/widgets.h"

namespace tidemark {
namespace {

constexpr Style kDim{Tone::dim, false, false};

constexpr std::array<TableColumn, 6> kColumns = {{
    {"SENSOR", 14, 18, 100, false},
    {"STATE", 10, 10, 95, false},
    {"COST/s", 7, 7, 80},
    {"ERRORS", 6, 6, 60},
    {"READS BY", 18, 30, 70, false},
    {"CAUSE AND REMEDY", 16, 400, 90, false},
}};

std::string state_of(const SensorRow& row) {
  if (row.level.empty()) return "off !";
  return row.cause.empty() ? "ok" : "degraded !";
}

std::string cell_text(const SensorRow& row, size_t column) {
  switch (column) {
    case 0: return row.name;
    case 1: return state_of(row);
    case 2: return or_dash(row.cost, seconds_short);
    case 3: return or_dash(row.errors, short_count);
    case 4: return row.level.empty() ? "-" : row.level;
    default: return row.cause;
  }
}

Style cell_style(const SensorRow& row, size_t column, std::string_view text) {
  if (column == 0) return {Tone::normal, true, false};
  if (column == 1) {
    return row.degraded() ? Style{Tone::warn, true, false}
                          : Style{Tone::good, false, false};
  }
  if (column == 3 && row.errors.value_or(0) > 0) {
    return {Tone::bad, true, false};
  }
  const bool quiet = text == "-" || text == "0";
  return {quiet ? Tone::dim : Tone::normal, false, false};
}

// What is missing or broken, one line each.
struct Trouble {
  std::string what;
  std::string text;
  Tone tone = Tone::warn;
};

void add_events(const ViewModel& model, std::vector<Trouble>& list) {
  for (const Event& event : model.history().events()) {
    if (event.time > model.time()) break;
    if (event.kind != EventKind::governor && event.kind != EventKind::gap &&
        event.kind != EventKind::client_quarantined) {
      continue;
    }
    const char* what = event.kind == EventKind::governor ? "governor"
                       : event.kind == EventKind::gap    ? "gap"
                                                         : "quarantine";
    list.push_back(
        {std::string(what) + " " + model.since_begin(event.time), event.text});
  }
}

std::vector<Trouble> troubles(const ViewModel& model, const SensorRows& rows) {
  std::vector<Trouble> list;
  for (const LossRow& loss : rows.losses) {
    if (loss.count <= 0) continue;
    list.push_back(
        {"lost", format_count(loss.count) + " " + loss.cause, Tone::bad});
  }
  for (const Damage& damage : model.input().damages) {
    std::string text = fmt::format(
        "{}, {} at byte {}", damage.reason,
        format_bytes(static_cast<double>(damage.bytes)), damage.offset);
    if (damage.ticks_lost > 0) {
      text += fmt::format(", {} ticks unreadable", damage.ticks_lost);
    }
    list.push_back({damage.truncation ? "truncated" : "damaged", text,
                    damage.truncation ? Tone::warn : Tone::bad});
  }
  for (const auto& gap : model.input().verdicts.quality.gaps) {
    list.push_back({"gap " + model.since_begin(gap.from),
                    fmt::format("{} ticks: {}", gap.ticks, gap.reason)});
  }
  add_events(model, list);
  return list;
}

class SensorsView final : public View {
 public:
  void draw(const Pane& pane, const ViewModel& model) override {
    const SensorRows rows = make_sensor_rows(
        model.input().info, model.shown(), model.input().dictionary,
        model.history().events(), model.history().begin());
    const std::vector<Trouble> list = troubles(model, rows);
    const int lost = 1 + std::clamp(static_cast<int>(list.size()), 1,
                                    std::max(pane.height() / 4, 2));
    const int own = std::max(pane.height() / 4, 4);
    const int table = pane.height() - lost - own;
    draw_table(pane.sub({0, 0, pane.width(), table}), rows);
    draw_own(pane.sub({0, table, pane.width(), own}), model, rows);
    draw_troubles(pane.sub({0, table + own, pane.width(), lost}), list);
  }

  std::optional<ViewRequest> act(Action action, const ViewModel&) override {
    const auto to = moved(action, static_cast<size_t>(top_), size_, page_);
    if (!to) return std::nullopt;
    top_ = static_cast<int>(*to);
    return ViewRequest{};
  }

 private:
  void draw_table(const Pane& pane, const SensorRows& rows) {
    const auto degraded =
        std::ranges::count_if(rows.sensors, &SensorRow::degraded);
    std::vector<std::string> notes = {
        fmt::format("{} sensors", rows.sensors.size())};
    notes.push_back(degraded == 0 ? "all well"
                                  : fmt::format("{} degraded !", degraded));
    draw_rule(pane, 0, "sensors", notes);
    const auto placed = place_columns(kColumns, pane.width());
    draw_table_head(pane, 1, kColumns, placed, SIZE_MAX, false);
    size_ = rows.sensors.size();
    page_ = std::max(pane.height() - 2, 1);
    top_ = std::clamp(top_, 0, std::max(static_cast<int>(size_) - page_, 0));
    for (int y = 2; y < pane.height(); ++y) {
      const auto i = static_cast<size_t>(top_ + y - 2);
      if (i >= size_) break;
      for (const PlacedColumn& place : placed) {
        const std::string text = cell_text(rows.sensors[i], place.index);
        draw_cell(pane, y, kColumns[place.index], place, text,
                  cell_style(rows.sensors[i], place.index, text));
      }
    }
    if (size_ == 0) pane.text(2, 2, "the recording names none", kDim);
  }

  static void draw_own(const Pane& pane, const ViewModel& model,
                       const SensorRows& rows) {
    std::vector<std::string> notes;
    if (rows.tick_late) {
      notes.push_back("tick late " + seconds_short(*rows.tick_late));
    }
    if (rows.edge_lag) {
      notes.push_back("edge lag " + seconds_short(*rows.edge_lag));
    }
    notes.push_back("by " + model.input().info.producer);
    draw_rule(pane, 0, "own cost", notes);
    const RunHistory& history = model.courses();
    draw_curves(pane.sub({0, 1, pane.width(), pane.height() - 1}), model,
                drawable({
                    {"self cpu", history.host(HostCourse::self_cpu),
                     percent_sign, Tone::cpu},
                    {"self rss", history.host(HostCourse::self_rss),
                     short_bytes, Tone::memory, true, true},
                    {"tick late", history.host(HostCourse::tick_late),
                     seconds_short, Tone::warn},
                }),
                pane.height() - 1, 3);
  }

  static void draw_troubles(const Pane& pane,
                            const std::vector<Trouble>& list) {
    draw_rule(pane, 0, "losses, gaps and damage");
    if (list.empty()) {
      pane.text(1, 1, "nothing was lost", {Tone::good, false, false});
    }
    for (int y = 1; y < pane.height(); ++y) {
      const auto i = static_cast<size_t>(y - 1);
      if (i >= list.size()) break;
      pane.text(1, y, list[i].what, {list[i].tone, true, false}, 18);
      pane.text(20, y, list[i].text);
    }
  }

  int top_ = 0;
  int page_ = 1;
  size_t size_ = 0;
};

}  // namespace

std::unique_ptr<View> make_sensors_view() {
  return std::make_unique<SensorsView>();
}

}  // namespace tidemark
