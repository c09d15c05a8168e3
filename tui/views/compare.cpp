// Two recordings side by side: verdicts first, then what each phase cost here
// and there. `o` names the other recording.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "tui/comparison.h"
#include "tui/figures.h"
#include "tui/view.h"
#include "tui/widgets.h"

namespace tidemark {
namespace {

constexpr Style kDim{Tone::dim, false, false};

enum Column : size_t { kPhase, kWho, kFigure, kHere, kThere, kChange, kBar };
constexpr std::array<TableColumn, 7> kColumns = {{
    {"PHASE", 12, 28, 90, false},
    {"OF", 14, 24, 100, false},
    {"FIGURE", 11, 14, 98, false},
    {"HERE", 10, 18, 97},
    {"OTHER", 10, 18, 96},
    {"CHANGE", 10, 10, 99},
    {"", 8, 24, 40, false},
}};

// Within 10 % two runs are not told apart by a table.
constexpr double kWorth = 0.10, kMuch = 0.25;

Style change_style(const ComparedRow& row) {
  if (!row.change) return kDim;
  const double worse = more_is_worse(row.figure) ? *row.change : -*row.change;
  if (worse > kMuch) return {Tone::bad, true, false};
  if (worse > kWorth) return {Tone::warn, true, false};
  if (worse < -kWorth) return {Tone::good, true, false};
  return kDim;
}

std::string change_text(const ComparedRow& row) {
  if (row.figure == RunFigure::retained) {
    if (!row.here || !row.there) return "";
    const double worse = row.here->value - row.there->value;
    return worse > 0 ? "worse !!" : worse < 0 ? "better" : "same";
  }
  if (!row.change) return "";
  const double worse = more_is_worse(row.figure) ? *row.change : -*row.change;
  const char* sign = worse > kMuch ? " !!" : worse > kWorth ? " !" : "";
  return fmt::format("{:+.0f}%{}", *row.change * 100, sign);
}

std::string cell_text(const ComparedRow& row, size_t column) {
  const auto value = [&](const std::optional<RunFigures::Value>& figure) {
    return figure ? figure_text(row.figure, *figure) : std::string("-");
  };
  switch (column) {
    case kPhase: return row.path.empty() ? "whole run" : row.path;
    case kWho: return row.who;
    case kFigure: return std::string(figure_title(row.figure));
    case kHere: return value(row.here);
    case kThere: return value(row.there);
    case kChange: return change_text(row);
    default: return {};
  }
}

// To the right: worse or more; to the left: less.
void draw_bar(const Pane& pane, const ComparedRow& row) {
  if (!row.change || row.figure == RunFigure::retained) return;
  const int half = pane.width() / 2;
  const double part = std::clamp(*row.change, -1.0, 1.0);
  const int length =
      static_cast<int>(std::lround(std::fabs(part) * (half - 1)));
  for (int i = 0; i < length; ++i) {
    pane.glyph(part > 0 ? half + 1 + i : half - 1 - i, 0, U'█',
               change_style(row));
  }
  pane.glyph(half, 0, U'│', kDim);
}

bool matches_row(const ComparedRow& row, const std::string& words) {
  for (size_t column = kPhase; column <= kFigure; ++column) {
    if (cell_text(row, column).find(words) != std::string::npos) return true;
  }
  return words.empty();
}

class CompareView final : public View {
 public:
  void draw(const Pane& pane, const ViewModel& model) override {
    const OtherRun* other = model.input().other;
    if (other == nullptr || !other->done() || !model.input().verdicts.known) {
      return draw_empty(pane, other);
    }
    const std::vector<ComparedRow> rows = make_rows(model);
    draw_rule(pane, 0, "compare", notes(model, *other, rows.size()));
    const auto placed = place_columns(kColumns, pane.width());
    draw_table_head(pane, 1, kColumns, placed, SIZE_MAX, false);
    page_ = std::max(pane.height() - 2, 1);
    const int size = static_cast<int>(rows.size());
    selected_ = std::min(selected_, rows.empty() ? 0 : rows.size() - 1);
    top_ = scroll_to(top_, static_cast<int>(selected_), page_, size);
    for (int i = 0; i < page_ && top_ + i < size; ++i) {
      const auto at = static_cast<size_t>(top_ + i);
      draw_row(pane, i + 2, rows, at, placed);
      pane.zone({0, i + 2, pane.width(), 1}, Zone::Kind::row, top_ + i);
      if (at == selected_) draw_selection(pane, i + 2);
    }
  }

  std::optional<ViewRequest> act(Action action,
                                 const ViewModel& model) override {
    if (action == Action::sort_column_right) {
      by_change_ = !by_change_;
      return ViewRequest{};
    }
    const OtherRun* other = model.input().other;
    if (other == nullptr || !other->done()) return std::nullopt;
    const auto to = moved(action, selected_, make_rows(model).size(), page_);
    if (!to) return std::nullopt;
    selected_ = *to;
    return ViewRequest{};
  }

  std::optional<ViewRequest> pick(size_t row, bool, const ViewModel&) override {
    selected_ = row;
    return ViewRequest{};
  }

 private:
  static void draw_empty(const Pane& pane, const OtherRun* other) {
    draw_rule(pane, 0, "compare");
    if (other != nullptr) {
      pane.text(2, 2, "reading " + other->path() + " ...", kDim);
      return;
    }
    pane.text(2, 2, "no other recording: press o and type its path,");
    pane.text(2, 3, "or start with  tidemark top RECORDING --against OTHER");
  }

  std::vector<ComparedRow> make_rows(const ViewModel& model) const {
    std::vector<ComparedRow> rows = compare_runs(
        model.input().verdicts.figures, *model.input().other->figures());
    std::erase_if(rows, [&](const ComparedRow& row) {
      return !matches_row(row, model.choices().filter);
    });
    if (by_change_) {
      std::ranges::stable_sort(rows, std::ranges::greater{},
                               [](const ComparedRow& row) {
                                 return std::fabs(row.change.value_or(0));
                               });
    }
    return rows;
  }

  std::vector<std::string> notes(const ViewModel& model, const OtherRun& other,
                                 size_t rows) const {
    return {fmt::format("{} figures", rows),
            by_change_ ? "largest change first" : "in the order of the run",
            "here " + model.run_name(), "other " + other.path()};
  }

  static void draw_row(const Pane& pane, int y,
                       const std::vector<ComparedRow>& rows, size_t at,
                       std::span<const PlacedColumn> placed) {
    const ComparedRow& row = rows[at];
    for (const PlacedColumn& place : placed) {
      if (place.index == kBar) {
        draw_bar(pane.sub({place.x, y, place.width, 1}), row);
        continue;
      }
      // A phase is named once for all its rows.
      const bool repeated =
          place.index == kPhase && at > 0 && rows[at - 1].path == row.path;
      Style style = place.index == kChange ? change_style(row) : Style{};
      if (repeated) style = kDim;
      if (place.index == kPhase) style.bold = !repeated;
      draw_cell(pane, y, kColumns[place.index], place,
                cell_text(row, place.index), style);
    }
  }

  bool by_change_ = false;
  size_t selected_ = 0;
  int top_ = 0;
  int page_ = 1;
};

}  // namespace

std::unique_ptr<View> make_compare_view() {
  return std::make_unique<CompareView>();
}

}  // namespace tidemark
