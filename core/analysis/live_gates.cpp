#include "core/analysis/live_gates.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "core/analysis/gate_words.h"

namespace tidemark {
namespace {

// Between two states of the spans' histograms.
constexpr Nanoseconds kEdgeEvery = std::chrono::seconds(5);
// What a window needs to have seen of its phase before it says anything.
constexpr Nanoseconds kLeast = std::chrono::seconds(10);

bool looks_at_newest(const GateExpr& gate) {
  const GateFunction function = gate.value.function;
  return function == GateFunction::max || function == GateFunction::min ||
         function == GateFunction::last;
}

bool looks_at_whole_phase(const GateExpr& gate) {
  const GateFunction function = gate.value.function;
  return function == GateFunction::sum || function == GateFunction::growth ||
         function == GateFunction::count || function == GateFunction::first;
}

bool is_of_spans(const GateExpr& gate) {
  return !gate.value.metrics.empty() &&
         gate.value.metrics[0].name.starts_with("span");
}

// The role that a gate names; "" for none, or more than one.
std::string role_of(const GateExpr& gate) {
  std::string role;
  for (const GateMetric& metric : gate.value.metrics) {
    for (const GateMatch& match : metric.selector) {
      const bool names_one = match.op == GateMatch::Op::equal;
      if (match.key != "role" || !names_one) continue;
      if (!role.empty() && role != match.value) return "";
      role = match.value;
    }
  }
  return role;
}

// Of a leak that no gate speaks of; its text is the caller's.
GateAlert leak_alert(const Subject* subject, Resource resource,
                     GateStatus state, BootTime time) {
  GateAlert alert;
  alert.gate = GateAlert::kFinding;
  alert.state = state;
  alert.provisional = true;
  alert.time = time;
  alert.name = fmt::format("leak of {}", resource_name(resource));
  if (subject != nullptr) alert.role = subject->role;
  return alert;
}

// The expression whose value over the live scope is the live value.
GateExpr live_form(const GateExpr& gate) {
  GateExpr live = gate;
  // Readings, of which the newest counts; spans have a window's maximum.
  if (looks_at_newest(gate) && gate.hold.count() == 0 && !is_of_spans(gate)) {
    live.value.function = GateFunction::last;
  }
  return live;
}

GateAmount tightened(const GateAmount& limit, double margin, bool less) {
  GateAmount tight = limit;
  const double by = std::abs(limit.value) * margin;
  tight.value += less ? -by : by;
  return tight;
}

// The limits moved towards the better side by the margin.
GateExpr tighter(const GateExpr& gate, double margin) {
  GateExpr tight = gate;
  const bool less = gate.compare == GateCompare::less ||
                    gate.compare == GateCompare::less_equal;
  const bool greater = gate.compare == GateCompare::greater ||
                       gate.compare == GateCompare::greater_equal;
  if (!less && !greater) return tight;
  tight.limit = tightened(gate.limit, margin, less);
  if (gate.warn) tight.warn = tightened(*gate.warn, margin, less);
  return tight;
}

std::string sentence(const GateResult& result, GateStatus state,
                     bool provisional) {
  std::string text = state == GateStatus::pass ? "within its limits again" : "";
  if (state == GateStatus::warn) text = "warning";
  if (state == GateStatus::fail) text = "failed";
  if (provisional) text += ", provisional";
  text += ": " + result.expr;
  if (!result.value_text.empty()) text += " is " + result.value_text;
  return result.reason.empty() ? text : text + " · " + result.reason;
}

}  // namespace

bool needs_whole_run(const GateExpr& gate) {
  const GateFunction function = gate.value.function;
  return gate.is_change || function == GateFunction::slope ||
         function == GateFunction::retained || function == GateFunction::leak ||
         gate.value.per == GatePer::op;
}

LiveGates::LiveGates(std::vector<Gate> gates, LiveGateOptions options)
    : gates_(std::move(gates)),
      options_(options),
      standing_(gates_.size()),
      store_(gates_) {
  phases_.keep_ended(kMostEnded);
  for (size_t i = 0; i < gates_.size(); ++i) {
    const GateExpr& gate = gates_[i].expr;
    live_.push_back(
        {live_form(gate), needs_whole_run(gate), AlertLatch(options_.latch)});
    longest_ =
        std::max({longest_, options_.window, gate.value.over, 2 * gate.hold});
    standing_[i].expr = gate.text;
    standing_[i].label = gate.label;
    standing_[i].reason = "no reading yet";
  }
}

bool LiveGates::needs_verdicts() const {
  return std::ranges::any_of(live_, &Live::slow);
}

void LiveGates::on_event(const Event& event) {
  store_.on_event(event);
  if (event.kind == EventKind::client_begin) names_.reset();
  if (!phases_.apply(event)) return;
  spans_.on_edge(event.time);
  edges_.push_back(event.time);
}

void LiveGates::on_frame(const Frame& frame, const Dictionary& dictionary) {
  begin_ = std::min(begin_, frame.time);
  now_ = std::max(now_, frame.time);
  store_.on_frame(frame, dictionary);
  spans_.on_frame(frame, dictionary);
  if (edges_.empty() || now_ - edges_.back() >= kEdgeEvery) {
    spans_.on_edge(now_);
    edges_.push_back(now_);
  }
  // Names of clients are looked up again when one came.
  if (!names_ || dictionary_ != &dictionary) {
    names_ = std::make_unique<GateNames>(dictionary);
    dictionary_ = &dictionary;
  }
  static const OpsTable kNoOps(SeriesStore(), Dictionary(), {});
  static const RunSummary kNoSummary;
  const GateRun run{store_,  spans_, kNoSummary,
                    *names_, kNoOps, {options_.cpu_count, false}};
  for (size_t i = 0; i < live_.size(); ++i) {
    if (!live_[i].slow) evaluate(i, run);
  }
  if (now_ - trimmed_ >= longest_) trim();
}

// Where the window begins: at a state of the spans, not inside of one.
BootTime LiveGates::window_begin(const Live& live, BootTime scope_begin) const {
  const Nanoseconds over = live.expr.value.over;
  const Nanoseconds hold = live.expr.hold;
  Nanoseconds length = over.count() > 0 ? over : options_.window;
  if (hold.count() > 0) length = std::max(length, 2 * hold);
  BootTime from = scope_begin;
  for (const BootTime edge : edges_) {
    if (edge > now_ - length) break;
    from = std::max(scope_begin, edge);
  }
  return from;
}

GateScope LiveGates::scope_of(const Live& live) const {
  GateScope scope;
  const std::string& during = live.expr.value.during;
  BootTime begin = begin_;
  if (!during.empty()) {
    const auto open = phases_.open();
    const auto found = std::ranges::find_if(open, [&](size_t index) {
      return gate_phase_matches(during, phases_.phases()[index]);
    });
    if (found == open.end()) {
      scope.missing = "not in such a phase now";
      return scope;
    }
    begin = phases_.phases()[*found].begin;
  }
  begin += live.expr.after;
  const bool whole = looks_at_whole_phase(live.expr);
  const BootTime from = whole ? begin : window_begin(live, begin);
  const Nanoseconds least =
      whole || looks_at_newest(live.expr) ? Nanoseconds(0) : kLeast;
  if (now_ - begin <= least) {
    scope.missing = "too early to say";
    return scope;
  }
  // The reading at this very instant counts.
  scope.spans = {{from, now_ + Nanoseconds(1)}};
  return scope;
}

void LiveGates::evaluate(size_t index, const GateRun& run) {
  const Live& live = live_[index];
  GateScope scope = scope_of(live);
  GateResult& result = standing_[index];
  if (!scope.missing.empty()) {
    result.status = GateStatus::inconclusive;
    result.reason = scope.missing;
    return settle(index, GateStatus::pass, GateStatus::pass, now_);
  }
  const BootTime from = scope.spans.front().from;
  GateFigures figures = gate_figures(live.expr, run, std::move(scope));
  if (figures.all.empty()) {
    const bool is_late = now_ - from >= options_.window;
    const auto said = live.expr.on_nodata;
    const GateStatus status =
        is_late && said ? *said : GateStatus::inconclusive;
    result.status = status;
    result.reason = std::move(figures.missing);
    result.value.reset();
    result.value_text.clear();
    return settle(index, status, status, now_);
  }
  const GateStatus tight =
      judge_figures(tighter(live.expr, options_.margin), figures).status;
  result = judge_figures(live.expr, figures);
  result.expr = gates_[index].expr.text;
  settle(index, result.status, tight, now_);
}

void LiveGates::settle(size_t index, GateStatus raw, GateStatus tight,
                       BootTime time) {
  Live& live = live_[index];
  if (!live.latch.update(raw, tight, time)) return;
  const GateResult& result = standing_[index];
  GateAlert& alert = alerts_.emplace_back();
  alert.gate = index;
  alert.state = live.latch.state();
  alert.ends_run = gates_[index].expr.abort && alert.state == GateStatus::fail;
  alert.provisional = live.slow;
  alert.time = time;
  alert.name = result.label.empty() ? result.expr : result.label;
  alert.text = sentence(result, alert.state, alert.provisional);
  alert.role = role_of(gates_[index].expr);
  alert.value = result.value;
}

// A verdict counts once as many evaluations in a row agreed on it.
void LiveGates::on_verdicts(std::span<const GateResult> results,
                            BootTime time) {
  for (size_t i = 0; i < live_.size() && i < results.size(); ++i) {
    Live& live = live_[i];
    const GateStatus status = results[i].status;
    live.agreed = status == live.verdict ? live.agreed + 1 : 1;
    live.verdict = status;
    if (!live.slow) continue;
    standing_[i] = results[i];
    if (live.agreed < options_.confirmations) continue;
    settle(i, status, status, time);
  }
}

void LiveGates::on_findings(std::span<const Finding> findings,
                            const Dictionary& dictionary, BootTime time) {
  const auto before = std::exchange(leaks_, {});
  const GateNames names(dictionary);
  for (const Finding& finding : findings) {
    const Subject* subject = dictionary.subject(finding.subject);
    if (finding.verdict != Verdict::leak || subject == nullptr) continue;
    const LeakKey key{finding.subject, finding.resource};
    const auto seen = before.find(key);
    const int times = seen == before.end() ? 1 : seen->second + 1;
    leaks_[key] = times;
    if (times != options_.confirmations) continue;
    GateAlert& alert = alerts_.emplace_back(
        leak_alert(subject, finding.resource, GateStatus::fail, time));
    alert.text = fmt::format("{} leaks, provisional: {}", names.who(*subject),
                             finding.reason);
    alert.value = finding.slope_per_minute.value;
  }
  for (const auto& [key, times] : before) {
    if (times < options_.confirmations || leaks_.contains(key)) continue;
    tell_over(key, dictionary, time);
  }
}

// What was told as a leak is none any more, or its process has ended.
void LiveGates::tell_over(const LeakKey& leak, const Dictionary& dictionary,
                          BootTime time) {
  const Subject* subject = dictionary.subject(leak.first);
  GateAlert& alert = alerts_.emplace_back(
      leak_alert(subject, leak.second, GateStatus::pass, time));
  alert.text = subject == nullptr ? "it is not found any more"
                                  : GateNames(dictionary).who(*subject) +
                                        ": a leak is not found any more";
}

bool LiveGates::decided() const {
  return !live_.empty() && std::ranges::all_of(live_, [&](const Live& live) {
    return live.verdict != GateStatus::inconclusive &&
           live.agreed >= options_.confirmations;
  });
}

void LiveGates::trim() {
  trimmed_ = now_;
  const BootTime before = now_ - longest_ - 2 * kEdgeEvery;
  std::vector<BootTime> kept = {begin_};
  for (const size_t index : phases_.open()) {
    kept.push_back(phases_.phases()[index].begin);
  }
  store_.forget(before, kept);
  spans_.forget(before, kept);
  while (edges_.size() > 1 && edges_[1] <= before) edges_.pop_front();
}

std::vector<GateAlert> LiveGates::take_alerts() {
  return std::exchange(alerts_, {});
}

}  // namespace tidemark
