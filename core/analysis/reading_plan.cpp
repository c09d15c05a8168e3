#include "core/analysis/reading_plan.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>

namespace tidemark {
namespace {

using std::chrono::seconds;

constexpr Nanoseconds kWindow = seconds(5);
// Fewer equal states than this are no cycles, only two ends of a line.
constexpr size_t kFewestCycles = 3;

bool is_warmup(PhaseKind kind) {
  return kind == PhaseKind::setup || kind == PhaseKind::warmup ||
         kind == PhaseKind::ramp;
}

bool is_load(PhaseKind kind) {
  return kind == PhaseKind::load || kind == PhaseKind::steady;
}

class Planner {
 public:
  Planner(const std::vector<Phase>& phases, const std::vector<Event>& events,
          Span run);

  ReadingPlan plan();

 private:
  Span span_of(const Phase& phase) const {
    return overlap({phase.begin, phase.end_in(run_.to)}, run_);
  }
  // The measured phases: load and steady, or, when no phase says what it is,
  // those without a kind.
  bool is_measured(const Phase& phase) const {
    return has_load_ ? is_load(phase.kind) : phase.kind == PhaseKind::custom;
  }
  void find_parents();
  void find_warmup();
  void find_load();
  bool ends_a_cycle(const Phase& cooldown) const;
  std::vector<Span> cooldowns() const;
  std::vector<Span> quiesced() const;
  std::vector<Span> repeats() const;

  const std::vector<Phase>& phases_;
  Span run_;
  std::vector<BootTime> quiesces_;
  // Paths of phases that are divided into warm-up and measured parts.
  std::set<std::string, std::less<>> parents_;
  BootTime first_measured_ = BootTime::max();
  bool has_load_ = false;
  ReadingPlan plan_;
};

Planner::Planner(const std::vector<Phase>& phases,
                 const std::vector<Event>& events, Span run)
    : phases_(phases), run_(run) {
  for (const Event& event : events) {
    if (event.kind == EventKind::quiesce) quiesces_.push_back(event.time);
  }
  for (const Phase& phase : phases) has_load_ |= is_load(phase.kind);
}

void Planner::find_parents() {
  for (const Phase& phase : phases_) {
    if (!is_warmup(phase.kind) && !is_load(phase.kind)) continue;
    size_t cut = phase.path.rfind('/');
    while (cut != std::string::npos && cut > 0) {
      parents_.insert(phase.path.substr(0, cut));
      cut = phase.path.rfind('/', cut - 1);
    }
  }
}

// The leading warm-up: what begins before the first measured phase. A warm-up
// in a later cycle is left out of the load but ends nothing.
void Planner::find_warmup() {
  for (const Phase& phase : phases_) {
    if (is_measured(phase) && !parents_.contains(phase.path)) {
      first_measured_ = std::min(first_measured_, phase.begin);
    }
  }
  for (const Phase& phase : phases_) {
    if (!is_warmup(phase.kind) || phase.begin >= first_measured_) continue;
    plan_.warmup_end = std::max(plan_.warmup_end, span_of(phase).to);
    if (phase.kind != PhaseKind::setup) plan_.warmup_marked = true;
  }
}

void Planner::find_load() {
  std::vector<Span> load;
  std::vector<Span> left_out;
  for (const Phase& phase : phases_) {
    if (is_measured(phase)) {
      load.push_back(span_of(phase));
    } else if (!is_load(phase.kind) && phase.kind != PhaseKind::custom) {
      left_out.push_back(span_of(phase));
    }
  }
  if (load.empty()) load.push_back(run_);
  if (plan_.warmup_end != BootTime::min()) {
    left_out.push_back({BootTime::min(), plan_.warmup_end});
  }
  plan_.load = subtract(std::move(load), std::move(left_out));
}

// A cool-down straight after the warm-up ends no measured cycle.
bool Planner::ends_a_cycle(const Phase& cooldown) const {
  if (cooldown.begin < plan_.warmup_end) return false;
  return first_measured_ == BootTime::max() || first_measured_ < cooldown.begin;
}

// The last part of each cool-down that ended.
std::vector<Span> Planner::cooldowns() const {
  std::vector<Span> windows;
  for (const Phase& phase : phases_) {
    if (phase.kind != PhaseKind::cooldown ||
        phase.status != PhaseStatus::ended || !ends_a_cycle(phase)) {
      continue;
    }
    BootTime from = std::max(phase.end - kWindow,
                             phase.begin + (phase.end - phase.begin) / 2);
    const auto quiesce =
        std::upper_bound(quiesces_.begin(), quiesces_.end(), phase.end);
    if (quiesce != quiesces_.begin()) from = std::max(from, quiesce[-1]);
    windows.push_back({from, phase.end});
  }
  return windows;
}

// Quiesce marks outside any cool-down: the client itself says "read now".
std::vector<Span> Planner::quiesced() const {
  std::vector<Span> windows;
  for (const BootTime time : quiesces_) {
    if (time < plan_.warmup_end) continue;
    const bool is_same_point =  // several clients
        !windows.empty() && time - windows.back().from < seconds(1);
    if (!is_same_point) windows.push_back({time, time + seconds(1)});
  }
  return windows;
}

// The ends of a measured phase that repeats: the path with most cycles.
std::vector<Span> Planner::repeats() const {
  std::map<std::string, std::vector<Span>> by_path;
  for (const Phase& phase : phases_) {
    if (!is_measured(phase) || phase.status != PhaseStatus::ended ||
        phase.begin < plan_.warmup_end) {
      continue;
    }
    const BootTime from = std::max(phase.end - kWindow,
                                   phase.end - (phase.end - phase.begin) / 4);
    by_path[phase.path].push_back({from, phase.end});
  }
  std::vector<Span> most;
  for (auto& [path, windows] : by_path) {
    if (windows.size() > most.size()) most = std::move(windows);
  }
  return most;
}

ReadingPlan Planner::plan() {
  find_parents();
  find_warmup();
  find_load();
  std::vector<Span> windows = cooldowns();
  if (windows.size() < kFewestCycles) windows = quiesced();
  if (windows.size() < kFewestCycles) windows = repeats();
  if (windows.size() < kFewestCycles) windows.clear();
  std::sort(windows.begin(), windows.end(), [](const Span& a, const Span& b) {
    return a.to != b.to ? a.to < b.to : a.from < b.from;
  });
  for (const Span& window : windows) {
    if (plan_.retained.empty() || window.from >= plan_.retained.back().to) {
      plan_.retained.push_back(window);
    }
  }
  return std::move(plan_);
}

std::vector<Span> merged(std::vector<Span> spans) {
  std::erase_if(spans, [](const Span& span) { return span.empty(); });
  std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) {
    return a.from != b.from ? a.from < b.from : a.to < b.to;
  });
  std::vector<Span> result;
  for (const Span& span : spans) {
    if (!result.empty() && span.from <= result.back().to) {
      result.back().to = std::max(result.back().to, span.to);
    } else {
      result.push_back(span);
    }
  }
  return result;
}

}  // namespace

std::vector<Span> subtract(std::vector<Span> spans, std::vector<Span> holes) {
  std::vector<Span> result;
  const std::vector<Span> gaps = merged(std::move(holes));
  for (Span span : merged(std::move(spans))) {
    for (const Span& hole : gaps) {
      if (hole.to <= span.from || hole.from >= span.to) continue;
      if (hole.from > span.from) result.push_back({span.from, hole.from});
      span.from = hole.to;
      if (span.empty()) break;
    }
    if (!span.empty()) result.push_back(span);
  }
  return result;
}

ReadingPlan plan_readings(const std::vector<Phase>& phases,
                          const std::vector<Event>& events, Span run) {
  return Planner(phases, events, run).plan();
}

}  // namespace tidemark
