#include "tui/site_panel.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/analysis/cohorts.h"
#include "core/analysis/finding_signs.h"
#include "core/analysis/site_store.h"
#include "core/analysis/site_title.h"
#include "tui/finding_text.h"
#include "tui/widgets.h"

namespace tidemark {
namespace {

constexpr Style kDim{Tone::dim, false, false};
constexpr int kMostListed = 5;    // sites at a time
constexpr int kCellWidth = 8;     // of the matrix
constexpr int kBirthWidth = 14;   // its first column
constexpr int kLeastBeside = 76;  // columns for a stack beside a matrix
constexpr size_t kMostCohorts = 10;

enum Column : size_t { kSite, kClass, kAlive, kTaken, kStays, kShare };
constexpr std::array<TableColumn, 6> kColumns = {{
    {"SITE", 24, 60, 100, false},
    {"BECAME OF IT", 20, 27, 90, false},
    {"ALIVE", 13, 18, 80, true},
    {"TAKEN", 6, 8, 50, true},
    {"STAYS", 12, 18, 70, true},
    {"SHARE", 5, 5, 60, true},
}};

std::string title_of(const ViewModel& model, const FindingSite& site) {
  const StackTable* stacks = model.input().stacks;
  if (stacks == nullptr) return "unknown stack";
  return site_title(stacks->resolve(site.stack));
}

std::string alive_text(const Finding& finding, const FindingSite& site) {
  if (is_taken_only(site.kind)) return "-";  // nobody saw what was given back
  const Estimate& live = site.live;
  const double error = std::max(live.hi - live.value, live.value - live.lo);
  std::string text = amount(finding.resource, live.value);
  if (error > 0) text += " ±" + amount(finding.resource, error);
  return text;
}

std::string taken_text(const Finding& finding, const FindingSite& site) {
  const bool bytes = is_bytes(finding.resource);
  return amount(finding.resource, bytes ? site.taken_bytes : site.taken_count);
}

std::string stays_text(const Finding& finding, const FindingSite& site) {
  if (!leaks(site)) return "";
  if (site.residue_per_op > 0) {
    return amount(finding.resource, site.residue_per_op) + "/" +
           op_word(finding);
  }
  if (site.residue_per_minute > 0) {
    return amount(finding.resource, site.residue_per_minute) + "/min";
  }
  return "";
}

std::string cell(const ViewModel& model, const Finding& finding,
                 const FindingSite& site, size_t column) {
  switch (column) {
    case kSite: return title_of(model, site);
    case kClass:
      if (site.kind == SiteKind::fault) return "first touched here";
      if (site.kind == SiteKind::mapping) return "mapped here";
      return site_class_words(site.site_class);
    case kAlive: return alive_text(finding, site);
    case kTaken: return taken_text(finding, site);
    case kStays: return stays_text(finding, site);
    default:
      if (!(site.share > 0)) return "";
      return fmt::format("{:.0f}%", std::floor(site.share * 100 + 0.5));
  }
}

Style class_style(const FindingSite& site) {
  if (site.site_class == SiteClass::leak) return {Tone::bad, true, false};
  if (leaks(site)) return {Tone::warn, false, false};
  return {};
}

// A line of the stack; false when there was no room for it.
void draw_stack(const Pane& pane, const ViewModel& model,
                const FindingSite& site) {
  const StackTable* stacks = model.input().stacks;
  const Stack* stack = stacks == nullptr ? nullptr : stacks->stack(site.stack);
  if (stack == nullptr || pane.height() < 2) return;
  const auto frames = stacks->resolve(site.stack);
  draw_rule(pane, 0, "called from");
  int y = 1;
  const std::vector<std::string> callers = caller_texts(frames);
  for (size_t i = 0; i < callers.size() && y < pane.height(); ++i) {
    const bool last = y + 1 == pane.height() && i + 1 < callers.size();
    pane.text(
        1, y++,
        last ? fmt::format("and {} more", callers.size() - i) : callers[i],
        last ? kDim : Style{}, pane.width() - 2);
  }
  const auto note = [&](bool holds, std::string_view words) {
    if (holds && y < pane.height()) pane.text(1, y++, words, kDim);
  };
  note(callers.empty(), "no caller was seen");
  note(stack->quality == StackQuality::guess, "part of this is a guess");
  note(stack->truncated, "the outer frames are missing");
}

// The share of what was taken that is alive: full, some, little, none.
Style cell_style(double alive, double taken) {
  if (!(taken > 0) || alive <= 0.02 * taken) return kDim;
  if (alive >= 0.5 * taken) return {Tone::bad, true, false};
  return {Tone::warn, false, false};
}

void draw_matrix(const Pane& pane, const Finding& finding,
                 const FindingSite& site) {
  const int room = (pane.width() - kBirthWidth - kCellWidth - 2) / kCellWidth;
  const int fits = std::min(room, pane.height() - 2);
  const auto rows = join_cohorts(
      site.cohorts,
      std::min(static_cast<size_t>(std::max(fits, 0)), kMostCohorts));
  if (fits < 2) return;
  if (rows.size() < 2) {
    draw_rule(pane, 0, "cohorts");
    pane.text(1, 1, "too few phases took anything here to compare", kDim);
    return;
  }
  draw_rule(pane, 0, "alive after each phase, by the phase it was born in");
  const auto right_of = [](size_t column) {
    return kBirthWidth + kCellWidth * (static_cast<int>(column) + 1);
  };
  constexpr Style kTitle{Tone::title, false, false};
  pane.text(1, 1, "BORN IN", kTitle);
  pane.text_right(right_of(0), 1, "TAKEN", kTitle);
  for (size_t c = 0; c < rows.size(); ++c) {
    const bool last = c + 1 == rows.size();
    pane.text_right(right_of(c + 1), 1, last ? "END" : rows[c].phase, kTitle,
                    kCellWidth - 1);
  }
  for (size_t r = 0; r < rows.size(); ++r) {
    const int y = static_cast<int>(r) + 2;
    const FindingSite::Cohort& row = rows[r];
    pane.text(1, y, cohort_name(row), {}, kBirthWidth - 1);
    pane.text_right(right_of(0), y, amount(finding.resource, row.taken));
    for (size_t c = 0; c < row.live.size(); ++c) {
      pane.text_right(right_of(r + c + 1), y,
                      amount(finding.resource, row.live[c]),
                      cell_style(row.live[c], row.taken));
    }
  }
}

int listed(const Finding& finding) {
  return std::min(static_cast<int>(finding.sites.size()), kMostListed);
}

}  // namespace

int site_panel_rows(const Finding& finding) {
  if (finding.sites.empty()) return 0;
  return 2 + listed(finding) + 2 + static_cast<int>(kMostCohorts);
}

bool SitePanel::act(Action action) {
  const bool next = action == Action::next_site;
  if ((!next && action != Action::previous_site) || size_ == 0) return false;
  selected_ = (selected_ + (next ? 1 : size_ - 1)) % size_;
  return true;
}

void SitePanel::draw(const Pane& pane, const ViewModel& model,
                     const Finding& finding) {
  size_ = finding.sites.size();
  if (size_ == 0 || pane.height() < 3) return;
  selected_ = std::min(selected_, size_ - 1);
  const int selected = static_cast<int>(selected_);
  const std::vector<std::string> notes = {fmt::format("{}", size_),
                                          "s the next one"};
  draw_rule(pane, 0, "sites", notes);
  const auto placed = place_columns(kColumns, pane.width());
  for (const PlacedColumn& place : placed) {
    draw_cell(pane, 1, kColumns[place.index], place,
              kColumns[place.index].title, {Tone::title, false, false});
  }
  const int rows = std::clamp(listed(finding), 1, pane.height() - 2);
  top_ = scroll_to(top_, selected, rows, static_cast<int>(size_));
  for (int i = 0; i < rows && top_ + i < static_cast<int>(size_); ++i) {
    const FindingSite& site = finding.sites[static_cast<size_t>(top_ + i)];
    for (const PlacedColumn& place : placed) {
      draw_cell(pane, i + 2, kColumns[place.index], place,
                cell(model, finding, site, place.index),
                place.index == kClass ? class_style(site) : Style{});
    }
    if (top_ + i == selected) draw_selection(pane, i + 2);
  }
  const FindingSite& site = finding.sites[selected_];
  const int y = 2 + rows;
  const int left = pane.height() - y;
  const bool beside = pane.width() >= kLeastBeside;
  if (beside) {
    const int half = pane.width() * 2 / 5;
    draw_stack(pane.sub({0, y, half - 1, left}), model, site);
    draw_matrix(pane.sub({half, y, pane.width() - half, left}), finding, site);
    return;
  }
  const int stack = std::min(left / 2, 6);
  draw_stack(pane.sub({0, y, pane.width(), stack}), model, site);
  draw_matrix(pane.sub({0, y + stack, pane.width(), left - stack}), finding,
              site);
}

}  // namespace tidemark
