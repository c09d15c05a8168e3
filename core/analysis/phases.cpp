#include "core/analysis/phases.h"

#include <algorithm>
#include <set>
#include <utility>

namespace tidemark {

bool PhaseTracker::apply(const Event& event) {
  switch (event.kind) {
    case EventKind::run_begin: return begin_run(event);
    case EventKind::run_end: return end_run(event);
    case EventKind::phase_begin: return begin_phase(event);
    case EventKind::phase_end: return end_phase(event);
    case EventKind::client_end:
    case EventKind::client_quarantined: return client_is_gone(event);
    case EventKind::command_end: return end_all(event.time);
    default: return false;
  }
}

bool PhaseTracker::client_is_gone(const Event& event) {
  // 2: a detached client (a shell command); its phases outlive it.
  const bool is_detached =
      event.kind == EventKind::client_end && event.value == 2;
  if (is_detached) return false;
  const bool edge = end_client(event.subject, event.time, PhaseStatus::aborted);
  if (most_ended_ != kAll) leave_run(event.subject, event.time);
  return edge;
}

// What is still open belongs to scripts that did not come to its end.
bool PhaseTracker::end_all(BootTime time) {
  bool edge = false;
  for (auto& [client, stack] : stacks_) {
    edge |= end_client(client, time, PhaseStatus::aborted);
  }
  return edge;
}

bool PhaseTracker::begin_run(const Event& event) {
  std::erase(run_members_, event.subject);
  if (run_members_.empty() && (runs_.empty() || !runs_.back().open)) {
    runs_.push_back({event.name, event.time, event.time, true, 0});
    ++runs_begun_;
    if (runs_.size() > most_ended_ + 1) runs_.erase(runs_.begin());
  }
  run_members_.push_back(event.subject);
  return false;
}

bool PhaseTracker::end_run(const Event& event) {
  if (std::erase(run_members_, event.subject) == 0) {
    ++unmatched_;
    return false;
  }
  const PhaseStatus status =
      event.value == 2 ? PhaseStatus::aborted : PhaseStatus::ended;
  const bool edge = end_client(event.subject, event.time, status);
  Run& run = runs_.back();
  run.status = std::max(run.status, event.value);
  if (run_members_.empty()) {
    run.open = false;
    run.end = event.time;
  }
  return edge;
}

bool PhaseTracker::begin_phase(const Event& event) {
  std::vector<Holder>& stack = stacks_[event.subject];
  if (stack.size() >= kMostDepth) {
    ++unmatched_;
    return false;
  }
  std::string path = event.name;
  uint32_t depth = 0;
  if (!stack.empty()) {
    const Phase& parent = phases_[stack.back().phase];
    path = parent.path + "/" + path;
    depth = parent.depth + 1;
  }
  const auto same = [&](const Phase& phase) {
    return phase.status == PhaseStatus::open && phase.path == path;
  };
  const auto joined = std::find_if(phases_.rbegin(), phases_.rend(), same);
  const auto id = static_cast<uint64_t>(event.value);
  if (joined != phases_.rend()) {
    const auto index =
        static_cast<size_t>(std::distance(joined, phases_.rend())) - 1;
    ++holders_[index];
    stack.push_back({id, event.name, index});
    return false;
  }
  const uint32_t cycle = ++cycles_[path];
  stack.push_back({id, event.name, phases_.size()});
  phases_.push_back({std::move(path), cycle, event.phase_kind, event.time,
                     event.time, PhaseStatus::open, depth, ++phases_begun_});
  holders_.push_back(1);
  if (phases_.size() >= 2 * most_ended_) forget_ended();
  return true;
}

bool PhaseTracker::end_phase(const Event& event) {
  const auto found_stack = stacks_.find(event.subject);
  if (found_stack == stacks_.end()) {
    ++unmatched_;
    return false;
  }
  std::vector<Holder>& stack = found_stack->second;
  const auto id = static_cast<uint64_t>(event.value);
  const auto is_meant = [&](const Holder& holder) {
    return id != 0 ? holder.id == id
                   : event.name.empty() || holder.name == event.name;
  };
  const auto found = std::find_if(stack.rbegin(), stack.rend(), is_meant);
  if (found == stack.rend()) {
    ++unmatched_;
    return false;
  }
  const size_t phase = found->phase;
  stack.erase(std::next(found).base());
  return release(phase, event.time, PhaseStatus::ended);
}

bool PhaseTracker::release(size_t phase, BootTime time, PhaseStatus status) {
  if (phases_[phase].status != PhaseStatus::open || --holders_[phase] > 0) {
    return false;
  }
  phases_[phase].status = status;
  phases_[phase].end = std::max(time, phases_[phase].begin);
  return true;
}

bool PhaseTracker::end_client(SubjectId client, BootTime time,
                              PhaseStatus status) {
  const auto found = stacks_.find(client);
  if (found == stacks_.end()) return false;
  bool edge = false;
  while (!found->second.empty()) {
    edge |= release(found->second.back().phase, time, status);
    found->second.pop_back();
  }
  return edge;
}

// Nobody is left who could end the run, or say another phase of this client.
void PhaseTracker::leave_run(SubjectId client, BootTime time) {
  stacks_.erase(client);
  if (std::erase(run_members_, client) == 0 || !run_members_.empty()) return;
  runs_.back().open = false;
  runs_.back().end = time;
}

void PhaseTracker::forget_ended() {
  const auto ended =
      phases_.size() - static_cast<size_t>(std::ranges::count(
                           phases_, PhaseStatus::open, &Phase::status));
  size_t surplus = ended - std::min(ended, most_ended_);
  std::vector<size_t> moved(phases_.size());
  std::set<std::string_view> paths;
  size_t kept = 0;
  for (size_t i = 0; i < phases_.size(); ++i) {
    if (surplus > 0 && phases_[i].status != PhaseStatus::open) {
      --surplus;
      continue;
    }
    moved[i] = kept;
    if (kept != i) phases_[kept] = std::move(phases_[i]);
    holders_[kept++] = holders_[i];
  }
  phases_.resize(kept);
  holders_.resize(kept);
  for (auto& [client, stack] : stacks_) {
    for (Holder& holder : stack) holder.phase = moved[holder.phase];
  }
  for (const Phase& phase : phases_) paths.insert(phase.path);
  std::erase_if(cycles_,
                [&](const auto& each) { return !paths.contains(each.first); });
}

std::vector<size_t> PhaseTracker::open() const {
  std::vector<size_t> result;
  for (size_t i = 0; i < phases_.size(); ++i) {
    if (phases_[i].status == PhaseStatus::open) result.push_back(i);
  }
  std::stable_sort(result.begin(), result.end(), [this](size_t a, size_t b) {
    return phases_[a].depth < phases_[b].depth;
  });
  return result;
}

const Phase* PhaseTracker::at(BootTime time) const {
  const Phase* innermost = nullptr;
  for (const Phase& phase : phases_) {
    const bool covers = phase.begin <= time &&
                        (phase.status == PhaseStatus::open || time < phase.end);
    if (covers && (innermost == nullptr || phase.depth >= innermost->depth)) {
      innermost = &phase;
    }
  }
  return innermost;
}

bool PhaseTracker::repeats(std::string_view path) const {
  const auto found = cycles_.find(std::string(path));
  return found != cycles_.end() && found->second > 1;
}

}  // namespace tidemark
