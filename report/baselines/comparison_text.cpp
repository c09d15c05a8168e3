#include "report/baselines/comparison_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "core/analysis/gate_words.h"
#include "core/analysis/judgement.h"
#include "core/base/text.h"
#include "report/table.h"

namespace tidemark {
namespace {

constexpr size_t kWidth = 100;
constexpr int kExitRegression = 21, kExitWarnings = 10;

// "5 runs of shop, main ab12cd34".
std::string side_text(const std::vector<const Baseline*>& runs) {
  const Baseline& first = *runs.front();
  std::string text = count_of(runs.size(), "run") + " of " + first.scenario;
  const auto same = [&](auto field) {
    return std::ranges::all_of(
        runs, [&](const Baseline* run) { return run->*field == first.*field; });
  };
  if (!first.name.empty() && same(&Baseline::name)) {
    text += " '" + first.name + "'";
  }
  if (first.branch != "unknown" && same(&Baseline::branch)) {
    text += ", " + first.branch;
  }
  if (first.commit != "unknown" && same(&Baseline::commit)) {
    text += " " + first.commit;
  }
  return text;
}

const char* color_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::worse: return "\033[1;31m";
    case Outcome::maybe_worse: return "\033[1;33m";
    case Outcome::better: return "\033[1;32m";
    default: return "";
  }
}

bool is_shown(const ComparedFigure& figure, const ComparisonLook& look) {
  return look.all || figure.result.outcome != Outcome::same;
}

void add_rows(TextTable& table, const Comparison& comparison,
              const ComparisonLook& look) {
  for (const ComparedFigure& figure : comparison.figures) {
    if (!is_shown(figure, look)) continue;
    const Regression& r = figure.result;
    std::vector<std::string> cells = {
        outcome_sign(r.outcome),
        sanitize_terminal(figure_name(figure.key)),
        figure_value_text(figure.info, r.before),
        figure_value_text(figure.info, r.after),
        change_text(r.change),
        interval_text(r),
        outcome_words(r)};
    if (look.noise) {
      cells.push_back(fmt::format("{:.1f} %{}", r.noise.share * 100,
                                  r.noise.learned ? "" : "?"));
    }
    table.add(std::move(cells));
  }
}

std::string table_text(const Comparison& comparison,
                       const ComparisonLook& look) {
  using Column = TextTable::Column;
  constexpr auto kRight = TextTable::Align::right;
  std::vector<Column> columns = {Column{""},
                                 Column{"figure", TextTable::Align::left, 46},
                                 Column{"before", kRight},
                                 Column{"after", kRight},
                                 Column{"change", kRight},
                                 Column{"99 %", kRight, 40, 1},
                                 Column{"is"}};
  if (look.noise) columns.push_back({"noise", kRight});
  TextTable table(columns);
  add_rows(table, comparison, look);
  return table.empty() ? "" : table.render("", kWidth);
}

size_t count(const Comparison& comparison, Outcome outcome) {
  return static_cast<size_t>(std::ranges::count_if(
      comparison.figures,
      [&](const auto& figure) { return figure.result.outcome == outcome; }));
}

std::string signed_percent(double share) {
  const double percent = share * 100;
  return std::abs(percent) < 9.95 ? fmt::format("{:+.1f}", percent)
                                  : fmt::format("{:+.0f}", percent);
}

}  // namespace

std::string outcome_words(const Regression& result) {
  switch (result.outcome) {
    case Outcome::unknown: return "unknown";
    case Outcome::same: return "same";
    case Outcome::better: return "better";
    case Outcome::maybe_worse: return "maybe worse";
    case Outcome::worse: return severity_name(result.severity);
  }
  return "unknown";
}

const char* outcome_sign(Outcome outcome) {
  switch (outcome) {
    case Outcome::unknown: return "?";
    case Outcome::same: return "✓";
    case Outcome::better: return "+";
    case Outcome::maybe_worse: return "!";
    case Outcome::worse: return "✗";
  }
  return "?";
}

std::string figure_name(const FigureKey& key) {
  std::string text = key.metric;
  const bool of_span = key.metric.starts_with("span.");
  if (of_span) {
    text = key.statistic + " of " + key.metric;
  } else if (key.statistic == "retained") {
    text = key.metric + " retained";
  } else if (key.statistic != "median") {
    text += " " + key.statistic;
  }
  if (!key.subject.empty()) text += " of " + key.subject;
  if (!key.phase.empty()) text += " in " + key.phase;
  return text;
}

std::string figure_value_text(const FigureInfo& info, double value) {
  return gate_value_text(value, {info.dimension, info.unit});
}

std::string change_text(double share) { return signed_percent(share) + " %"; }

std::string interval_text(const Regression& result) {
  if (!result.lo && !result.hi) return "";
  const auto end = [](const std::optional<double>& share) {
    return share ? signed_percent(*share) : "?";
  };
  return fmt::format("[{}, {}]", end(result.lo), end(result.hi));
}

std::string comparison_headline(const Comparison& comparison) {
  const ComparedFigure& worst = comparison.figures.front();
  const Regression& r = worst.result;
  const std::string what = fmt::format(
      "{} went from {} to {}, {}", figure_name(worst.key),
      figure_value_text(worst.info, r.before),
      figure_value_text(worst.info, r.after), change_text(r.change));
  switch (r.outcome) {
    case Outcome::worse: {
      const size_t n = count(comparison, Outcome::worse);
      return fmt::format("{} regression: {}{}", severity_name(r.severity), what,
                         n > 1 ? fmt::format("; {} more", n - 1) : "");
    }
    case Outcome::maybe_worse:
      return "maybe worse: " + what + " (" + r.reason + ")";
    case Outcome::better:
      return fmt::format("nothing is worse, {} better",
                         count(comparison, Outcome::better));
    default:
      return "no regression in " +
             count_of(comparison.figures.size(), "figure");
  }
}

std::string comparison_text(const Comparison& comparison,
                            const ComparisonLook& look) {
  const Outcome outcome = comparison.outcome();
  const std::string paint = look.color ? color_of(outcome) : "";
  const std::string end = paint.empty() ? "" : "\033[0m";
  const std::string headline = comparison_headline(comparison);
  std::string out = paint + outcome_sign(outcome) + end + " " +
                    wrap(sanitize_terminal(headline), kWidth, 2) + "\n";
  out +=
      wrap(sanitize_terminal("  " + side_text(comparison.after_runs) +
                             " against " + side_text(comparison.before_runs)),
           kWidth, 2) +
      "\n";
  const std::string table = table_text(comparison, look);
  if (!table.empty()) out += "\n" + table;
  const size_t same = count(comparison, Outcome::same);
  if (same > 0 && !look.all) {
    out += "\n✓ " + count_of(same, "figure") +
           " without a change beyond the noise\n";
  }
  std::string notes;
  for (const std::string& each : comparison.testbed_differences) {
    notes +=
        wrap("! testbeds differ: " + sanitize_terminal(each), kWidth, 2) + "\n";
  }
  for (const std::string& each : comparison.remarks) {
    notes += wrap("! " + sanitize_terminal(each), kWidth, 2) + "\n";
  }
  if (!notes.empty()) out += "\n" + notes;
  return out;
}

int comparison_exit_code(const Comparison& comparison, Severity fail_on,
                         bool warnings) {
  bool seems = false;
  for (const ComparedFigure& figure : comparison.figures) {
    const Regression& r = figure.result;
    if (r.outcome == Outcome::worse && fail_on != Severity::none &&
        r.severity >= fail_on) {
      return kExitRegression;
    }
    seems = seems || r.outcome >= Outcome::maybe_worse;
  }
  return seems && warnings ? kExitWarnings : 0;
}

}  // namespace tidemark
