// Cgroups, v1 and v2 alike: memory against its limit, CPU and how much of it
// was held back, I/O, tasks; below, the selected one over the run. Enter shows
// its processes.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "tui/cgroup_rows.h"
#include "tui/figures.h"
#include "tui/graph.h"
#include "tui/header.h"
#include "tui/view.h"
#include "tui/widgets.h"

namespace tidemark {
namespace {

constexpr Style kDim{Tone::dim, false, false};

// By CgroupColumn.
constexpr std::array<TableColumn, kCgroupColumns> kColumns = {{
    {"CGROUP", 20, 60, 100, false},
    {"WATCHED", 7, 7, 60},
    {"MEMORY", 7, 7, 98},
    {"LIMIT", 6, 6, 85},
    {"ANON", 6, 6, 80},
    {"FILE", 5, 5, 70},
    {"KERNEL", 6, 6, 55},
    {"SWAP", 5, 5, 45},
    {"CPU%", 5, 5, 95},
    {"HELD%", 5, 5, 65},
    {"R/s", 5, 5, 50},
    {"W/s", 5, 5, 50},
    {"TASKS", 6, 6, 75},
    {"OOM", 4, 4, 62},
    {"TREND", 10, 24, 72, false},
}};

std::string cell_text(const CgroupRow& row, CgroupColumn column) {
  switch (column) {
    case CgroupColumn::path: return row.subject->name;
    case CgroupColumn::watched:
      return row.watched == 0 ? "" : std::to_string(row.watched);
    case CgroupColumn::memory: return or_dash(row.memory, short_bytes);
    case CgroupColumn::limit:
      return row.limit ? short_bytes(*row.limit) : "none";
    case CgroupColumn::anon: return or_dash(row.anon, short_bytes);
    case CgroupColumn::file: return or_dash(row.file, short_bytes);
    case CgroupColumn::kernel: return or_dash(row.kernel, short_bytes);
    case CgroupColumn::swap: return or_dash(row.swap, short_bytes);
    case CgroupColumn::cpu: return or_dash(row.cpu, short_percent);
    case CgroupColumn::throttled: return or_dash(row.throttled, short_percent);
    case CgroupColumn::read: return or_dash(row.read, short_bytes);
    case CgroupColumn::write: return or_dash(row.write, short_bytes);
    case CgroupColumn::pids: return or_dash(row.pids, short_count);
    case CgroupColumn::oom: return or_dash(row.oom_kills, short_count);
    case CgroupColumn::trend: return {};
  }
  return {};
}

Style cell_style(const CgroupRow& row, CgroupColumn column,
                 std::string_view text) {
  if (column == CgroupColumn::path) {
    return {Tone::normal, row.watched > 0, false};
  }
  if (column == CgroupColumn::oom && row.oom_kills.value_or(0) > 0) {
    return {Tone::bad, true, false};
  }
  if (column == CgroupColumn::memory && row.limit && row.memory &&
      *row.memory > 0.9 * *row.limit) {
    return {Tone::bad, true, false};
  }
  if (column == CgroupColumn::throttled && row.throttled.value_or(0) > 0.01) {
    return {Tone::warn, true, false};
  }
  const bool quiet = text == "-" || text == "0" || text == "none";
  return {quiet ? Tone::dim : Tone::normal, false, false};
}

class CgroupsView final : public View {
 public:
  void draw(const Pane& pane, const ViewModel& model) override {
    const std::vector<CgroupRow> rows = make_rows(model);
    const int below = rows.empty() ? 0 : std::min(pane.height() / 3, 9);
    const int table = pane.height() - below;
    draw_table(pane.sub({0, 0, pane.width(), table}), model, rows);
    if (rows.empty()) return;
    draw_selected(pane.sub({0, table, pane.width(), below}), model,
                  rows[index_in(rows)]);
  }

  std::optional<ViewRequest> act(Action action,
                                 const ViewModel& model) override {
    switch (action) {
      case Action::sort_cpu: return sorted(CgroupColumn::cpu);
      case Action::sort_memory: return sorted(CgroupColumn::memory);
      case Action::sort_column_left: return move_sort(-1);
      case Action::sort_column_right: return move_sort(1);
      case Action::reverse_sort: reverse_ = !reverse_; return ViewRequest{};
      default: break;
    }
    const std::vector<CgroupRow> rows = make_rows(model);
    if (rows.empty()) return std::nullopt;
    if (action == Action::enter) return processes_of(rows[index_in(rows)]);
    const auto to = moved(action, index_in(rows), rows.size(), page_);
    if (!to) return std::nullopt;
    selected_ = rows[*to].id;
    return ViewRequest{};
  }

  std::optional<ViewRequest> pick(size_t row, bool open,
                                  const ViewModel& model) override {
    const std::vector<CgroupRow> rows = make_rows(model);
    if (row >= rows.size()) return std::nullopt;
    selected_ = rows[row].id;
    return open ? processes_of(rows[row]) : ViewRequest{};
  }

  bool sort_by(size_t column) override {
    const auto wanted = static_cast<CgroupColumn>(column);
    reverse_ = wanted == sort_ && !reverse_;
    sort_ = wanted;
    return true;
  }

 private:
  std::vector<CgroupRow> make_rows(const ViewModel& model) const {
    std::vector<CgroupRow> rows =
        make_cgroup_rows(model.shown(), model.input().dictionary);
    const std::string& filter = model.choices().filter;
    if (!filter.empty() && filter.find(':') == std::string::npos) {
      std::erase_if(rows, [&](const CgroupRow& row) {
        return row.subject->name.find(filter) == std::string::npos;
      });
    }
    sort_cgroups(rows, sort_, reverse_);
    return rows;
  }

  size_t index_in(const std::vector<CgroupRow>& rows) const {
    const auto found = std::ranges::find(rows, selected_, &CgroupRow::id);
    return found == rows.end() ? 0 : static_cast<size_t>(found - rows.begin());
  }

  std::optional<ViewRequest> sorted(CgroupColumn column) {
    sort_ = column;
    reverse_ = false;
    return ViewRequest{};
  }
  std::optional<ViewRequest> move_sort(int direction) {
    constexpr int kCount = static_cast<int>(kCgroupColumns);
    const int next = (static_cast<int>(sort_) + direction + kCount) % kCount;
    return sorted(static_cast<CgroupColumn>(next));
  }

  static ViewRequest processes_of(const CgroupRow& row) {
    ViewRequest request;
    request.open = "processes";
    request.filter = "cgroup:" + row.subject->name;
    return request;
  }

  void draw_table(const Pane& pane, const ViewModel& model,
                  const std::vector<CgroupRow>& rows) {
    const bool descends = (sort_ != CgroupColumn::path) != reverse_;
    const auto sort = static_cast<size_t>(sort_);
    const std::vector<std::string> notes = {
        fmt::format("{} known", rows.size()),
        fmt::format("by {} {}", kColumns[sort].title, descends ? "▼" : "▲"),
        "Enter shows its processes"};
    draw_rule(pane, 0, "cgroups", notes);
    const auto placed = place_columns(kColumns, pane.width());
    draw_table_head(pane, 1, kColumns, placed, sort, descends);
    page_ = std::max(pane.height() - 2, 1);
    const int size = static_cast<int>(rows.size());
    const int selected = static_cast<int>(index_in(rows));
    top_ = scroll_to(top_, selected, page_, size);
    for (int i = 0; i < page_ && top_ + i < size; ++i) {
      draw_row(pane, i + 2, model, rows[static_cast<size_t>(top_ + i)], placed);
      pane.zone({0, i + 2, pane.width(), 1}, Zone::Kind::row, top_ + i);
      if (top_ + i == selected) draw_selection(pane, i + 2);
    }
    if (rows.empty()) {
      pane.text(2, 2, "none known here: no cgroup was read", kDim);
    }
  }

  static void draw_row(const Pane& pane, int y, const ViewModel& model,
                       const CgroupRow& row,
                       std::span<const PlacedColumn> placed) {
    for (const PlacedColumn& place : placed) {
      const auto column = static_cast<CgroupColumn>(place.index);
      if (column != CgroupColumn::trend) {
        const std::string text = cell_text(row, column);
        draw_cell(pane, y, kColumns[place.index], place, text,
                  cell_style(row, column, text));
        continue;
      }
      const BucketSeries* series = model.courses().cgroups().memory(row.id);
      if (series == nullptr) continue;
      const TimeAxis axis = model.axis(place.width);
      const auto points = series->sample(axis.from, axis.to,
                                         static_cast<size_t>(place.width) * 2);
      draw_graph(pane.sub({place.x, y, place.width, 1}), points,
                 range_of_growth(points), {Tone::memory, false, false});
    }
  }

  static void draw_selected(const Pane& pane, const ViewModel& model,
                            const CgroupRow& row) {
    std::vector<std::string> notes;
    if (row.limit) notes.push_back("limit " + short_bytes(*row.limit));
    if (row.pressure) {
      notes.push_back("waits for memory " + short_percent(*row.pressure) + "%");
    }
    draw_rule(pane, 0, row.subject->name, notes);
    const CgroupHistory& history = model.courses().cgroups();
    const std::vector<Curve> curves = drawable({
        {"memory", history.memory(row.id), short_bytes, Tone::memory, true,
         true, row.limit},
        {"cpu", history.cpu(row.id), percent_sign, Tone::cpu},
    });
    if (curves.empty()) pane.text(2, 1, "no course was kept of it", kDim);
    draw_curves(pane.sub({0, 1, pane.width(), pane.height() - 1}), model,
                curves, pane.height() - 1, 4);
  }

  CgroupColumn sort_ = CgroupColumn::memory;
  bool reverse_ = false;
  SubjectId selected_;
  int top_ = 0;
  int page_ = 1;
};

}  // namespace

std::unique_ptr<View> make_cgroups_view() {
  return std::make_unique<CgroupsView>();
}

}  // namespace tidemark
