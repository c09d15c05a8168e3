// Verdicts with their evidence: the table of findings, and the selected one in
// full with its retained levels.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "tui/figures.h"
#include "tui/finding_text.h"
#include "tui/graph.h"
#include "tui/header.h"
#include "tui/process_list.h"
#include "tui/site_panel.h"
#include "tui/view.h"
#include "tui/widgets.h"

namespace tidemark {
namespace {

constexpr Style kDim{Tone::dim, false, false};
constexpr int kRoomForAll = 26;  // rows of evidence beside a site panel

enum Column : size_t {
  kVerdict,
  kProcess,
  kResource,
  kPerMinute,
  kPerOp,
  kDetectable,
  kOutlook
};
constexpr std::array<TableColumn, 7> kColumns = {{
    {"VERDICT", 12, 12, 100, false},
    {"PROCESS", 14, 20, 95, false},
    {"RESOURCE", 9, 15, 90, false},
    {"PER MINUTE", 20, 24, 80, false},
    {"PER OP", 20, 30, 60, false},
    {"DETECTABLE", 14, 16, 70, false},
    {"", 16, 200, 50, false},
}};

std::string cell(const ViewModel& model, const Finding& finding,
                 size_t column) {
  switch (column) {
    case kVerdict:
      return finding.verdict == Verdict::leak ? "LEAK !!"
                                              : verdict_name(finding.verdict);
    case kProcess: return model.subject_title(finding.subject);
    case kResource: return resource_name(finding.resource);
    case kPerMinute: {
      const std::string text = slope_text(finding);
      return text.empty() ? "-" : text;
    }
    case kPerOp: {
      const std::string text = per_op_text(finding);
      return text.empty() ? "-" : text;
    }
    case kDetectable: return detectable_text(finding);
    default: return outlook_text(finding);
  }
}

// Retained levels as a curve: each holds until the next reading.
std::vector<std::optional<double>> steps_of(const Finding& finding,
                                            size_t count) {
  std::vector<std::optional<double>> points(count);
  if (finding.points.empty() || count == 0) return points;
  const double from = finding.points.front().seconds;
  const double width = finding.points.back().seconds - from;
  size_t next = 0;
  for (size_t i = 0; i < count; ++i) {
    const double part = static_cast<double>(i + 1) / static_cast<double>(count);
    while (next < finding.points.size() &&
           finding.points[next].seconds <= from + width * part) {
      ++next;
    }
    points[i] = finding.points[next == 0 ? 0 : next - 1].value;
  }
  return points;
}

class LeaksView final : public View {
 public:
  void draw(const Pane& pane, const ViewModel& model) override {
    const auto& findings = model.findings();
    selected_ = std::min(selected_, findings.empty() ? 0 : findings.size() - 1);
    // The table takes what it needs, at most half; a third beside sites.
    const int needed = static_cast<int>(findings.size()) + 3;
    const bool sites = !findings.empty() && !findings[selected_].sites.empty();
    const int most = pane.height() / (sites ? 3 : 2);
    const int evidence =
        findings.empty() ? 0 : pane.height() - std::min(needed, most);
    draw_table(pane.sub({0, 0, pane.width(), pane.height() - evidence}), model);
    if (findings.empty()) return;
    draw_evidence(
        pane.sub({0, pane.height() - evidence, pane.width(), evidence}), model,
        findings[selected_]);
  }

  std::optional<ViewRequest> act(Action action,
                                 const ViewModel& model) override {
    if (sites_.act(action)) return ViewRequest{};
    const auto& findings = model.findings();
    if (action == Action::enter && !findings.empty()) {
      ViewRequest request;
      request.select = findings[selected_].subject;
      request.open = "detail";
      return request;
    }
    const auto to = moved(action, selected_, findings.size(), page_);
    if (!to) return std::nullopt;
    select(*to);
    return ViewRequest{};
  }

  std::optional<ViewRequest> pick(size_t row, bool open,
                                  const ViewModel& model) override {
    select(row);
    if (!open) return ViewRequest{};
    return act(Action::enter, model);
  }

 private:
  void select(size_t row) {
    if (row != selected_) sites_.reset();
    selected_ = row;
  }

  void draw_table(const Pane& pane, const ViewModel& model) {
    draw_rule(pane, 0, "findings", notes(model));
    const auto placed = place_columns(kColumns, pane.width());
    draw_table_head(pane, 1, kColumns, placed, SIZE_MAX, false);
    const auto& findings = model.findings();
    const int size = static_cast<int>(findings.size());
    const int selected = static_cast<int>(selected_);
    page_ = std::max(pane.height() - 2, 1);
    top_ = scroll_to(top_, selected, page_, size);
    for (int i = 0; i < page_ && top_ + i < size; ++i) {
      const Finding& finding = findings[static_cast<size_t>(top_ + i)];
      for (const PlacedColumn& place : placed) {
        const Style style =
            place.index == kVerdict ? verdict_style(finding.verdict) : Style{};
        draw_cell(pane, i + 2, kColumns[place.index], place,
                  cell(model, finding, place.index), style);
      }
      pane.zone({0, i + 2, pane.width(), 1}, Zone::Kind::row, top_ + i);
      if (top_ + i == selected) draw_selection(pane, i + 2);
    }
    if (findings.empty()) pane.text(2, 2, empty_text(model), kDim);
  }

  static std::string empty_text(const ViewModel& model) {
    if (!model.input().verdicts.known) return "no verdict yet";
    return "nothing judged: no watched process";
  }

  static std::vector<std::string> notes(const ViewModel& model) {
    const Verdicts& verdicts = model.input().verdicts;
    if (!verdicts.known) return {};
    std::vector<std::string> notes = {
        fmt::format("{} judged", verdicts.findings.size()), "of the whole run"};
    if (verdicts.provisional) notes.emplace_back("provisional");
    return notes;
  }

  void draw_evidence(const Pane& pane, const ViewModel& model,
                     const Finding& finding) {
    const std::string title = model.subject_title(finding.subject) + " " +
                              resource_name(finding.resource);
    const std::vector<std::string> notes = {verdict_name(finding.verdict),
                                            finding.leak_class};
    draw_rule(pane, 0, title, notes);
    const bool sites = !finding.sites.empty();
    // The table above says the rest where there is little room.
    const bool brief = sites && pane.height() < kRoomForAll;
    int y = 1;
    const auto line = [&](std::string_view label, const std::string& text) {
      if (text.empty() || y >= pane.height()) return;
      pane.text(1, y, label, kDim);
      pane.text(kLeftGutter, y++, text);
    };
    line("because", finding.reason);
    if (!brief) line("slope", slope_text(finding));
    line("per op", per_op_text(finding));
    if (!brief) line("detectable", detectable_text(finding));
    if (!brief) line("outlook", outlook_text(finding));
    if (!brief) line("grew in", phases_text(finding));
    const auto room = static_cast<size_t>((pane.width() - kLeftGutter) / 8);
    if (!brief) line("levels", floors_text(finding, room));
    const int left = pane.height() - y;
    const int panel = std::min(site_panel_rows(finding), left);
    draw_levels(pane.sub({0, y, pane.width(), left - panel}), finding);
    sites_.draw(pane.sub({0, pane.height() - panel, pane.width(), panel}),
                model, finding);
  }

  static std::string phases_text(const Finding& finding) {
    return fmt::format("{}", fmt::join(finding.phases, ", "));
  }

  static void draw_levels(const Pane& pane, const Finding& finding) {
    const int width = pane.width() - kLeftGutter - kRightGutter;
    if (pane.height() < 1 || width < 8 || finding.points.size() < 2) return;
    const auto points = steps_of(finding, static_cast<size_t>(width) * 2);
    const ValueRange range = range_of_growth(points, 0.02);
    draw_graph(pane.sub({kLeftGutter, 0, width, pane.height()}), points, range,
               {Tone::memory, false, false});
    const int right = pane.width() - kRightGutter + 1;
    pane.text(1, 0, fmt::format("{} readings", finding.points.size()), kDim,
              kLeftGutter - 2);
    pane.text(right, 0, amount(finding.resource, range.hi), kDim);
    if (pane.height() > 1) {
      pane.text(right, pane.height() - 1, amount(finding.resource, range.lo),
                kDim);
    }
  }

  SitePanel sites_;
  size_t selected_ = 0;
  int top_ = 0;
  int page_ = 1;
};

}  // namespace

std::unique_ptr<View> make_leaks_view() {
  return std::make_unique<LeaksView>();
}

}  // namespace tidemark
