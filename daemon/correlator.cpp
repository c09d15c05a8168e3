#include "daemon/correlator.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tidemark {

void Correlator::Released::clear() {
  events.clear();
  quiesces.clear();
  edge = phase_ended = false;
}

void Correlator::add(std::vector<Event>& events) {
  held_.insert(held_.end(), std::make_move_iterator(events.begin()),
               std::make_move_iterator(events.end()));
  events.clear();
}

void Correlator::release(BootTime horizon, Released& out) {
  if (held_.empty()) return;
  std::stable_sort(
      held_.begin(), held_.end(),
      [](const Event& a, const Event& b) { return a.time < b.time; });
  const auto end = std::upper_bound(
      held_.begin(), held_.end(), horizon,
      [](BootTime time, const Event& event) { return time < event.time; });
  for (auto event = held_.begin(); event != end; ++event) {
    apply(*event, out);
    out.events.push_back(std::move(*event));
  }
  held_.erase(held_.begin(), end);
}

void Correlator::apply(const Event& event, Released& out) {
  bool edge = phases_.apply(event);
  switch (event.kind) {
    case EventKind::run_begin:
    case EventKind::run_end:
    case EventKind::snapshot: edge = true; break;
    case EventKind::quiesce: out.quiesces.push_back(event); break;
    default: break;
  }
  if (!edge) return;
  if (!out.edge) out.edge_time = event.time;
  out.last_edge_time = event.time;
  out.edge = true;
  out.phase_ended |= event.kind != EventKind::phase_begin;
}

}  // namespace tidemark
