#include "core/analysis/compare/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace tidemark {
namespace {

using Figures = std::map<FigureKey, std::pair<FigureInfo, double>>;

constexpr double kDisturbed = 0.15;  // Interference::score()

// Worst first: certain, then severe, then far.
bool is_worse(const ComparedFigure& a, const ComparedFigure& b) {
  const auto rank = [](const ComparedFigure& each) {
    const Regression& r = each.result;
    const double bad =
        each.info.figure.better == Better::less ? r.change : -r.change;
    return std::tuple(r.outcome, r.severity, bad);
  };
  return rank(a) > rank(b);
}

class Comparer {
 public:
  Comparer(std::span<const Baseline> before, std::span<const Baseline> after,
           const ComparisonOptions& options, std::span<const Baseline> history)
      : before_(before), after_(after), options_(options), history_(history) {}

  Result<Comparison> compare();

 private:
  Status check_testbeds();
  void remark_phases(std::span<const Baseline> runs);
  void remark_disturbances();
  void remark_scenarios();
  static std::vector<double> values(const std::vector<Figures>& runs,
                                    const FigureKey& key);

  std::span<const Baseline> before_, after_;
  ComparisonOptions options_;
  std::span<const Baseline> history_;
  Comparison result_;
};

Status Comparer::check_testbeds() {
  std::set<std::string> told;
  const Baseline& first = before_.front();
  const auto look = [&](const Baseline& run) {
    for (const std::string& key :
         testbed_differences(first.testbed, run.testbed)) {
      if (!told.insert(key).second) continue;
      result_.testbed_differences.push_back(
          fmt::format("{} is '{}' and '{}'", key, first.testbed.at(key),
                      run.testbed.at(key)));
    }
  };
  std::ranges::for_each(before_, look);
  std::ranges::for_each(after_, look);
  if (told.empty()) return {};
  options_.regression.capped = true;
  if (options_.allow_cross_testbed) return {};
  std::string all;
  for (const std::string& each : result_.testbed_differences) {
    all += (all.empty() ? "" : ", ") + each;
  }
  return fail(ErrorKind::usage,
              "the runs were made on different testbeds: " + all +
                  "; --allow-cross-testbed compares them all the same, and "
                  "then nothing is worse than a warning");
}

// Phases that are missing or were cut short, and runs that were.
void Comparer::remark_phases(std::span<const Baseline> runs) {
  for (const Baseline& run : runs) {
    const std::string which = "run " + run.run.substr(0, 8);
    if (!run.aborted.empty()) {
      result_.remarks.push_back(which + " was ended early: " + run.aborted);
    }
    if (run.coverage < 0.9) {
      result_.remarks.push_back(fmt::format(
          "{} has only {:.0f} % of its readings", which, run.coverage * 100));
    }
    for (const BaselinePhase& phase : run.phases) {
      if (phase.aborted > 0) {
        result_.remarks.push_back(
            fmt::format("{}: {} of {} of phase '{}' aborted and left out",
                        which, phase.aborted, phase.cycles, phase.path));
      } else if (phase.series.empty()) {
        result_.remarks.push_back(
            fmt::format("{}: phase '{}' is empty: no reading fell into it",
                        which, phase.path));
      }
    }
  }
}

void Comparer::remark_disturbances() {
  std::vector<double> shares;
  for (const auto* runs : {&before_, &after_}) {
    for (const Baseline& run : *runs) {
      if (!run.interference || run.interference->score() <= kDisturbed)
        continue;
      shares.push_back(run.interference->score() * 100);
    }
  }
  if (shares.empty()) return;
  const auto [least, most] = std::ranges::minmax(shares);
  const std::string range = fmt::format("{:.0f}", least);
  const std::string top = fmt::format("{:.0f}", most);
  result_.remarks.push_back(fmt::format(
      "others took {}{} % of the host's processors in {} of {} runs: figures "
      "are less certain",
      range, range == top ? "" : " to " + top, shares.size(),
      before_.size() + after_.size()));
}

void Comparer::remark_scenarios() {
  for (const Baseline& run : after_) {
    if (run.scenario == before_.front().scenario) continue;
    result_.remarks.push_back("scenario '" + run.scenario +
                              "' is compared with '" +
                              before_.front().scenario + "'");
    return;
  }
}

std::vector<double> Comparer::values(const std::vector<Figures>& runs,
                                     const FigureKey& key) {
  std::vector<double> all;
  for (const Figures& run : runs) {
    const auto found = run.find(key);
    if (found != run.end()) all.push_back(found->second.second);
  }
  return all;
}

std::vector<Figures> all_figures(std::span<const Baseline> runs) {
  std::vector<Figures> all;
  for (const Baseline& run : runs) all.push_back(figures_of(run));
  return all;
}

Result<Comparison> Comparer::compare() {
  if (before_.empty() || after_.empty()) {
    return fail(ErrorKind::usage, before_.empty()
                                      ? "there is no run to compare with"
                                      : "there is no run to compare");
  }
  TIDEMARK_CHECK(check_testbeds());
  for (const Baseline& run : before_) result_.before_runs.push_back(&run);
  for (const Baseline& run : after_) result_.after_runs.push_back(&run);
  remark_scenarios();
  remark_phases(before_);
  remark_phases(after_);
  remark_disturbances();
  const auto before = all_figures(before_), after = all_figures(after_);
  const auto history = all_figures(history_);
  result_.history = history.size();
  std::map<FigureKey, FigureInfo> keys;
  for (const Figures& run : before) {
    for (const auto& [key, figure] : run) keys.emplace(key, figure.first);
  }
  for (const auto& [key, info] : keys) {
    ComparedFigure figure{
        key, info, values(before, key), values(after, key), {}};
    if (figure.after.empty()) continue;
    figure.result = judge_regression(figure.before, figure.after, info.figure,
                                     options_.regression, values(history, key));
    result_.figures.push_back(std::move(figure));
  }
  if (result_.figures.empty()) {
    return fail(ErrorKind::usage,
                "the runs have not one figure in common: no phase, role, span "
                "or operation of the same name");
  }
  std::ranges::stable_sort(result_.figures, is_worse);
  return std::move(result_);
}

}  // namespace

Outcome Comparison::outcome() const {
  Outcome worst = Outcome::unknown;
  for (const ComparedFigure& figure : figures) {
    worst = std::max(worst, figure.result.outcome);
  }
  return worst;
}

Severity Comparison::severity() const {
  Severity worst = Severity::none;
  for (const ComparedFigure& figure : figures) {
    if (figure.result.outcome != Outcome::worse) continue;
    worst = std::max(worst, figure.result.severity);
  }
  return worst;
}

Result<Comparison> compare_runs(std::span<const Baseline> before,
                                std::span<const Baseline> after,
                                const ComparisonOptions& options,
                                std::span<const Baseline> history) {
  return Comparer(before, after, options, history).compare();
}

}  // namespace tidemark
