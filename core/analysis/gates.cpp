#include "core/analysis/gates.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/analysis/compare/gate_change.h"
#include "core/analysis/gate_metrics.h"
#include "core/analysis/gate_value.h"
#include "core/analysis/gate_words.h"
#include "core/base/text.h"

namespace tidemark {
namespace {

bool holds(GateCompare compare, double value, double limit) {
  switch (compare) {
    case GateCompare::less: return value < limit;
    case GateCompare::less_equal: return value <= limit;
    case GateCompare::greater: return value > limit;
    case GateCompare::greater_equal: return value >= limit;
    case GateCompare::equal: return value == limit;
    case GateCompare::differs: return value != limit;
    case GateCompare::in: return false;
  }
  return false;
}

bool wants_less(GateCompare compare) {
  return compare == GateCompare::less || compare == GateCompare::less_equal;
}

// How far beyond what is wished: the largest decides.
double badness(const GateExpr& gate, double value) {
  switch (gate.compare) {
    case GateCompare::less:
    case GateCompare::less_equal: return value;
    case GateCompare::greater:
    case GateCompare::greater_equal: return -value;
    case GateCompare::equal: return std::abs(value - gate.limit.value);
    case GateCompare::differs: return -std::abs(value - gate.limit.value);
    case GateCompare::in: return 0;
  }
  return 0;
}

int rank(GateStatus status) {
  switch (status) {
    case GateStatus::pass: return 0;
    case GateStatus::warn: return 1;
    case GateStatus::inconclusive: return 2;
    case GateStatus::fail: return 3;
  }
  return 0;
}

// The result of figures, of which the worst decides.
class Plain {
 public:
  Plain(const GateExpr& gate, GateResult& result)
      : gate_(gate), result_(result), unit_(gate_unit(gate)) {}

  // What is the same whatever comes out.
  void begin();
  const GateFigure& worst(const std::vector<GateFigure>& figures) const;
  void set(const GateFigure& worst, size_t count);
  const GateUnit& unit() const { return unit_; }

 private:
  const GateExpr& gate_;
  GateResult& result_;
  GateUnit unit_;
};

class Judge {
 public:
  Judge(const GateRun& run, GateResult& result, const GateExpr& gate)
      : run_(run),
        result_(result),
        gate_(gate),
        plain_(gate, result),
        unit_(plain_.unit()) {}

  void judge();
  // Holm's correction is over the gates with a confidence; p of this one.
  std::optional<double> p_fail() const { return p_fail_; }
  double alpha() const { return 1 - gate_.value.confidence.value_or(0.99); }
  void decide_certain(bool is_significant);

 private:
  void judge_leak();
  void judge_value();
  void judge_change();
  void set_no_data(std::string why);
  bool is_target(const Finding& finding) const;
  GateStatus status_of(Verdict verdict) const;

  const GateRun& run_;
  GateResult& result_;
  const GateExpr& gate_;
  Plain plain_;
  GateUnit unit_;
  std::vector<GateFigure> figures_;
  std::optional<double> p_fail_;
};

void Plain::begin() {
  result_.expr = gate_.text;
  result_.label = gate_.label;
  result_.phase = gate_.value.during;
  result_.unit = unit_.name;
  if (gate_.value.function == GateFunction::leak) return;
  result_.limit = gate_.limit.value;
  result_.limit_text = gate_value_text(gate_.limit.value, unit_);
}

const GateFigure& Plain::worst(const std::vector<GateFigure>& figures) const {
  return *std::ranges::max_element(figures, {}, [&](const GateFigure& figure) {
    return badness(gate_, figure.value);
  });
}

void Judge::judge() {
  plain_.begin();
  if (gate_.is_change) return judge_change();
  if (gate_.value.function == GateFunction::leak) return judge_leak();
  judge_value();
}

void Judge::set_no_data(std::string why) {
  result_.reason = std::move(why);
  result_.no_data = true;
  result_.status = gate_.on_nodata.value_or(
      run_.options.ci ? GateStatus::fail : GateStatus::inconclusive);
  if (gate_.on_nodata) {
    result_.reason +=
        fmt::format("; on nodata {}", gate_status_name(*gate_.on_nodata));
  } else if (run_.options.ci) {
    result_.reason += "; that fails under --ci";
  }
}

void Judge::judge_change() {
  const auto found = run_.options.references.find(gate_.reference);
  if (found == run_.options.references.end() ||
      run_.options.figures == nullptr) {
    return set_no_data("there is no " + gate_.reference +
                       " to compare this run with");
  }
  if (found->second.runs.empty()) return set_no_data(found->second.missing);
  Changes changes = gate_changes(gate_.value, *run_.options.figures,
                                 found->second.runs, gate_.reference);
  if (changes.all.empty()) return set_no_data(std::move(changes.missing));
  for (const Change& change : changes.all) {
    figures_.push_back({change.subject.empty() ? "all" : change.subject,
                        change.share,
                        changes.n,
                        {},
                        {},
                        1});
  }
  plain_.set(plain_.worst(figures_), figures_.size());
  const size_t runs = found->second.runs.size();
  result_.reason +=
      fmt::format(", against {} {}", runs, runs == 1 ? "run" : "runs");
}

void Judge::judge_value() {
  GateFigures figures =
      gate_figures(gate_, run_, gate_scope(gate_, run_.summary));
  if (figures.all.empty()) return set_no_data(std::move(figures.missing));
  figures_ = std::move(figures.all);
  plain_.set(plain_.worst(figures_), figures_.size());
  if (!gate_.value.confidence) return;
  result_.confidence = gate_.value.confidence;
  double least = 1;
  for (const GateFigure& figure : figures_) {
    least = std::min(least, figure.p_fail);
  }
  p_fail_ = std::min(1.0, least * static_cast<double>(figures_.size()));
}

std::string beside(size_t count) {
  return count > 1 ? fmt::format(", the worst of {}", count) : "";
}

void Plain::set(const GateFigure& worst, size_t count) {
  result_.value = worst.value;
  result_.value_text = gate_value_text(worst.value, unit_);
  result_.n = worst.n;
  result_.subject = worst.who;
  const bool passes = holds(gate_.compare, worst.value, gate_.limit.value);
  const bool warns =
      gate_.warn && !holds(gate_.compare, worst.value, gate_.warn->value);
  result_.status = !passes ? GateStatus::fail
                   : warns ? GateStatus::warn
                           : GateStatus::pass;
  std::string limit = "the limit of " + result_.limit_text;
  if (passes && warns) {
    limit =
        "the limit of warning, " + gate_value_text(gate_.warn->value, unit_);
  }
  result_.reason = fmt::format(
      "{}{}: {} {}", worst.who, beside(count),
      result_.status == GateStatus::pass ? "within" : "beyond", limit);
}

// Fails where a slope is beyond the limit for certain, passes where all are
// within it for certain; else the run was too short or too noisy.
void Judge::decide_certain(bool is_significant) {
  const bool less = wants_less(gate_.compare);
  const GateFigure* widest = nullptr;
  for (const GateFigure& figure : figures_) {
    const double bound = less ? figure.hi.value_or(0) : figure.lo.value_or(0);
    const bool open = !holds(gate_.compare, bound, gate_.limit.value);
    if (open && (widest == nullptr || figure.value > widest->value)) {
      widest = &figure;
    }
  }
  if (is_significant) {
    const auto surest =
        std::ranges::min_element(figures_, {}, &GateFigure::p_fail);
    plain_.set(*surest, figures_.size());
    result_.status = GateStatus::fail;
    result_.reason =
        fmt::format("{}{}: beyond the limit of {} for certain", surest->who,
                    beside(figures_.size()), result_.limit_text);
  } else if (widest != nullptr) {
    plain_.set(*widest, figures_.size());
    result_.status = GateStatus::inconclusive;
    const auto bound = [&](std::optional<double> value) {
      return std::isfinite(value.value_or(0))
                 ? gate_value_text(value.value_or(0), unit_)
                 : "anything";
    };
    result_.reason = fmt::format(
        "{}: too short or too noisy a run, it lies between {} and {}",
        widest->who, bound(widest->lo), bound(widest->hi));
  }
}

bool Judge::is_target(const Finding& finding) const {
  const Subject* subject = run_.names.dictionary().subject(finding.subject);
  if (subject == nullptr) return false;
  const std::string& target = gate_.value.target;
  return glob_match(target, run_.names.role(*subject)) ||
         glob_match(target, subject->name) ||
         target == std::to_string(subject->process.pid.value);
}

GateStatus Judge::status_of(Verdict verdict) const {
  const auto in = [verdict](const std::vector<Verdict>& set) {
    return std::ranges::find(set, verdict) != set.end();
  };
  if (in(gate_.verdicts)) return GateStatus::pass;
  if (in(gate_.warn_verdicts)) return GateStatus::warn;
  return verdict == Verdict::inconclusive ? GateStatus::inconclusive
                                          : GateStatus::fail;
}

std::string set_text(const std::vector<Verdict>& verdicts) {
  std::string text = "{";
  for (const Verdict verdict : verdicts) {
    if (text.size() > 1) text += ", ";
    text += verdict_name(verdict);
  }
  return text + "}";
}

void Judge::judge_leak() {
  result_.words = true;
  result_.unit.clear();
  result_.limit_text = set_text(gate_.verdicts);
  const Finding* worst = nullptr;
  std::set<std::string> others;
  for (const Finding& finding : run_.summary.findings) {
    if (!is_target(finding)) {
      if (const Subject* subject =
              run_.names.dictionary().subject(finding.subject)) {
        others.insert(run_.names.role(*subject));
      }
      continue;
    }
    const auto& resource = gate_.value.resource;
    if (resource && finding.resource != *resource) continue;
    ++result_.n;
    const bool is_worse =
        worst == nullptr ||
        rank(status_of(finding.verdict)) > rank(status_of(worst->verdict));
    if (is_worse) worst = &finding;
  }
  if (worst == nullptr) {
    const std::vector<std::string_view> names(others.begin(), others.end());
    return set_no_data("no verdict: " +
                       unknown_message("process", gate_.value.target, names));
  }
  result_.status = status_of(worst->verdict);
  result_.value_text = verdict_name(worst->verdict);
  result_.confidence = 0.99;
  const Subject* subject = run_.names.dictionary().subject(worst->subject);
  result_.subject = run_.names.who(*subject);
  result_.reason = fmt::format("{}, {}: {}", result_.subject,
                               resource_name(worst->resource), worst->reason);
  if (result_.status == GateStatus::inconclusive && worst->needed_seconds > 0 &&
      worst->needed_seconds < 9e9) {
    const Nanoseconds needed(std::llround(worst->needed_seconds * 1e9));
    result_.reason += "; about " + format_duration(needed) + " more would do";
  }
}

// Holm 1979: the smallest p against alpha / m, the next against
// alpha / (m - 1), …, until one does not hold.
void decide_family(std::vector<Judge>& judges) {
  std::vector<Judge*> family;
  for (Judge& judge : judges) {
    if (judge.p_fail()) family.push_back(&judge);
  }
  std::ranges::stable_sort(family, {},
                           [](const Judge* judge) { return *judge->p_fail(); });
  bool still = true;
  for (size_t i = 0; i < family.size(); ++i) {
    const auto left = static_cast<double>(family.size() - i);
    still = still && *family[i]->p_fail() <= family[i]->alpha() / left;
    family[i]->decide_certain(still);
  }
}

}  // namespace

std::vector<GateResult> evaluate_gates(std::span<const Gate> gates,
                                       const GateStore& store,
                                       const RunAnalysis& analysis,
                                       const RunSummary& summary,
                                       const Dictionary& dictionary,
                                       const GateOptions& options) {
  std::vector<GateResult> results(gates.size());
  if (gates.empty()) return results;
  const GateNames names(dictionary);
  const OpsTable ops(analysis.series(), dictionary, analysis.events());
  const GateRun run{store, analysis.spans(), summary, names, ops, options};
  std::vector<Judge> judges;
  for (size_t i = 0; i < gates.size(); ++i) {
    judges.emplace_back(run, results[i], gates[i].expr);
    judges.back().judge();
  }
  decide_family(judges);
  return results;
}

GateResult judge_figures(const GateExpr& gate, const GateFigures& figures) {
  GateResult result;
  Plain plain(gate, result);
  plain.begin();
  plain.set(plain.worst(figures.all), figures.all.size());
  return result;
}

std::optional<double> gate_score(std::span<const GateResult> results) {
  double passed = 0, decided = 0;
  for (const GateResult& result : results) {
    if (result.status == GateStatus::inconclusive) continue;
    ++decided;
    if (result.status != GateStatus::fail) ++passed;
  }
  if (decided == 0) return std::nullopt;
  return 100 * passed / decided;
}

}  // namespace tidemark
