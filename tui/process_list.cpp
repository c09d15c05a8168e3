#include "tui/process_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "tui/figures.h"
#include "tui/finding_text.h"
#include "tui/graph.h"
#include "tui/header.h"
#include "tui/widgets.h"

namespace tidemark {
namespace {

constexpr int kAll = 1000;

// By ProcessColumn. At 80 columns all but role, rss, read, write and command
// fit; at 120 all but those about operations and the command.
constexpr std::array<TableColumn, kProcessColumns> kColumns = {{
    {"PROCESS", 12, 18, 100, false},
    {"ROLE", 8, 8, 45, false},
    {"PID", 7, 7, 95},
    {"AGE", 5, 5, 60},
    {"CPU%", 5, 5, 98},
    {"CPU/OP", 6, 6, 35},
    {"ANON", 5, 5, 97},
    {"GROWTH", 6, 6, 90},
    {"RSS", 6, 6, 40},
    {"FDS", 6, 6, 80},
    {"+FDS", 5, 5, 38},
    {"THR", 4, 4, 70},
    {"R/s", 5, 5, 50},
    {"W/s", 5, 5, 50},
    {"TREND", 8, 16, 75, false},
    {"VERDICT", 12, 12, 92, false},
    {"RETAINED", 22, 34, 28, false},
    {"COMMAND", 16, kAll, 30, false},
}};

constexpr size_t index_of(ProcessColumn column) {
  return static_cast<size_t>(column);
}

std::string age_text(const ProcessRow& row) {
  if (row.ended) return "ended";
  if (!row.age_seconds) return "-";
  return short_age(Nanoseconds(static_cast<int64_t>(*row.age_seconds * 1e9)));
}

// Threads of the kernel have no memory and no files: blank, not unknown.
std::string process_only(const ProcessRow& row, std::optional<double> value,
                         std::string (*format)(double)) {
  if (row.subject->kernel_thread && !value) return {};
  return or_dash(value, format);
}

std::string rss_text(const ProcessRow& row) {
  std::string text = process_only(row, row.rss, short_bytes);
  return row.rss && !row.rss_exact ? "~" + text : text;
}

std::string verdict_cell(const ViewModel& model, const ProcessRow& row) {
  if (row.worst != nullptr) return verdict_text(*row.worst);
  const bool judged = model.input().verdicts.known;
  return row.subject->watched && judged ? "-" : "";
}

std::string name_text(const ProcessRow& row, bool role_shown) {
  if (row.members > 1) {
    return fmt::format("{}[{}]", row.subject->role, row.members);
  }
  return row.indent +
         (role_shown ? row.subject->name : std::string(row_name(row)));
}

std::string op_cost(double seconds) { return seconds_short(seconds); }

std::string retained_text(const ProcessRow& row) {
  if (row.worst == nullptr || row.worst->points.size() < 2) return {};
  return floors_text(*row.worst, 4);
}

// The text of a column; `trend` is drawn, not written.
std::string cell_text(const ViewModel& model, const ProcessRow& row,
                      ProcessColumn column, bool role_shown) {
  switch (column) {
    case ProcessColumn::name: return name_text(row, role_shown);
    case ProcessColumn::role: return row.subject->role;
    case ProcessColumn::pid:
      if (row.members > 1) return {};
      return std::to_string(row.subject->process.pid.value);
    case ProcessColumn::verdict: return verdict_cell(model, row);
    case ProcessColumn::floors: return retained_text(row);
    case ProcessColumn::command: return row_command(row);
    default: break;
  }
  switch (column) {
    case ProcessColumn::age: return age_text(row);
    case ProcessColumn::cpu: return or_dash(row.cpu, short_percent);
    case ProcessColumn::cpu_per_op:
      return row.cpu_per_op ? op_cost(*row.cpu_per_op) : "";
    case ProcessColumn::fds_growth:
      return process_only(row, row.fds_growth, short_count_signed);
    case ProcessColumn::anon: return process_only(row, row.anon, short_bytes);
    case ProcessColumn::growth:
      return process_only(row, row.anon_growth, short_bytes_signed);
    case ProcessColumn::rss: return rss_text(row);
    case ProcessColumn::fds: return process_only(row, row.fds, short_count);
    case ProcessColumn::threads: return or_dash(row.threads, short_count);
    case ProcessColumn::read:
      return row.ended ? "" : or_dash(row.read, short_bytes);
    case ProcessColumn::write:
      return row.ended ? "" : or_dash(row.write, short_bytes);
    default: return {};
  }
}

Style cell_style(const ProcessRow& row, ProcessColumn column,
                 std::string_view text) {
  const Tone quiet =
      row.ended || text == "-" || text == "0" || text.starts_with('~')
          ? Tone::dim
          : Tone::normal;
  switch (column) {
    case ProcessColumn::name: return {quiet, row.subject->watched, false};
    case ProcessColumn::verdict:
      return row.worst != nullptr ? verdict_style(row.worst->verdict)
                                  : Style{Tone::dim, false, false};
    case ProcessColumn::command: return {Tone::dim, false, false};
    default: return {quiet, false, false};
  }
}

void draw_trend(const Pane& pane, int y, const PlacedColumn& place,
                const ViewModel& model, const ProcessRow& row) {
  const BucketSeries* series = model.courses().of_process(row.id, Course::anon);
  if (series == nullptr || series->empty()) return;
  const TimeAxis axis = model.axis(place.width);
  const auto points =
      series->sample(axis.from, axis.to, static_cast<size_t>(place.width) * 2);
  draw_graph(pane.sub({place.x, y, place.width, 1}), points,
             range_of_growth(points), {Tone::memory, false, false});
}

void draw_row(const Pane& pane, int y, const ViewModel& model,
              const ProcessRow& row, std::span<const PlacedColumn> placed) {
  const bool role_shown =
      std::ranges::any_of(placed, [](const PlacedColumn& place) {
        return place.index == index_of(ProcessColumn::role);
      });
  for (const PlacedColumn& place : placed) {
    const auto column = static_cast<ProcessColumn>(place.index);
    if (column == ProcessColumn::trend) {
      draw_trend(pane, y, place, model, row);
      continue;
    }
    const std::string text = cell_text(model, row, column, role_shown);
    draw_cell(pane, y, kColumns[place.index], place, text,
              cell_style(row, column, text));
  }
}

std::vector<std::string> notes_of(const ViewModel& model) {
  const Choices& choices = model.choices();
  std::vector<std::string> notes;
  notes.push_back(
      model.shows_watched_only()
          ? fmt::format("{} watched of {}", model.watched(), model.alive())
          : fmt::format("{} alive, {} watched", model.alive(),
                        model.watched()));
  const bool descends = descends_first(choices.sort) != choices.reverse;
  notes.push_back(fmt::format("by {} {}", column_title(choices.sort),
                              descends ? "▼" : "▲"));
  if (choices.by_role) notes.emplace_back("by role");
  if (model.brief() > 0) {
    notes.push_back(fmt::format("{} brief ones not shown", model.brief()));
  }
  if (choices.tree) notes.emplace_back("tree");
  if (!choices.filter.empty()) notes.push_back("filter " + choices.filter);
  if (!choices.search.empty()) notes.push_back("search " + choices.search);
  return notes;
}

}  // namespace

std::string_view column_title(ProcessColumn column) {
  return kColumns[index_of(column)].title;
}

std::string verdict_text(const Finding& finding) {
  const std::string resource(short_resource(finding.resource));
  switch (finding.verdict) {
    case Verdict::leak: return "LEAK " + resource + " !!";
    case Verdict::suspect: return "suspect " + resource;
    case Verdict::step: return "step " + resource;
    default: return verdict_name(finding.verdict);
  }
}

Style verdict_style(Verdict verdict) {
  switch (verdict) {
    case Verdict::leak: return {Tone::bad, true, false};
    case Verdict::suspect: return {Tone::warn, true, false};
    case Verdict::none: return {Tone::good, false, false};
    case Verdict::saturating:
    case Verdict::step:
    case Verdict::startup: return {Tone::normal, false, false};
    case Verdict::inconclusive: return {Tone::dim, false, false};
  }
  return {};
}

void ProcessList::draw(const Pane& pane, const ViewModel& model) {
  if (pane.height() < 2) return;
  draw_rule(pane, 0, "processes", notes_of(model));
  const auto placed = place_columns(kColumns, pane.width());
  const Choices& choices = model.choices();
  draw_table_head(pane, 1, kColumns, placed, index_of(choices.sort),
                  descends_first(choices.sort) != choices.reverse);
  const auto& rows = model.rows();
  page_ = std::max(pane.height() - 2, 1);
  const int size = static_cast<int>(rows.size());
  const int selected = static_cast<int>(model.selected_index());
  top_ = scroll_to(top_, selected, page_, size);
  for (int i = 0; i < page_ && top_ + i < size; ++i) {
    const int y = i + 2;
    draw_row(pane, y, model, rows[static_cast<size_t>(top_ + i)], placed);
    pane.zone({0, y, pane.width(), 1}, Zone::Kind::row, top_ + i);
    if (top_ + i == selected) draw_selection(pane, y);
  }
  if (rows.empty() && pane.height() > 2) {
    const bool filtered = !choices.filter.empty();
    pane.text(2, 2, filtered ? "no process matches the filter" : "none yet",
              {Tone::dim, false, false});
  }
}

namespace {

// A role opens into its processes, a process into its detail.
ViewRequest open_row(const ProcessRow& row) {
  ViewRequest request;
  request.select = row.id;
  if (row.members > 1) {
    request.filter = "role:" + row.subject->role;
  } else {
    request.open = "detail";
  }
  return request;
}

}  // namespace

ViewRequest ProcessList::pick(size_t row, bool open,
                              const ViewModel& model) const {
  const auto& rows = model.rows();
  if (row >= rows.size()) return {};
  if (open) return open_row(rows[row]);
  ViewRequest request;
  request.select = rows[row].id;
  return request;
}

std::optional<ViewRequest> ProcessList::act(Action action,
                                            const ViewModel& model) const {
  const auto& rows = model.rows();
  if (action == Action::enter && !rows.empty()) {
    return open_row(*model.selected());
  }
  const auto to = moved(action, model.selected_index(), rows.size(), page_);
  if (!to || rows.empty()) return std::nullopt;
  ViewRequest request;
  request.select = rows[*to].id;
  return request;
}

}  // namespace tidemark
