#include "core/analysis/event_log.h"

#include <algorithm>

namespace tidemark {
namespace {

bool is_of_use(const Event& event) {
  switch (event.kind) {
    case EventKind::fork:
    case EventKind::exec: return false;
    case EventKind::exit: return event.subject.valid();
    default: return true;
  }
}

}  // namespace

bool EventLog::add(const Event& event) {
  if (!is_of_use(event)) return false;
  if (is_mark(event.kind)) {
    const MarkKey key{event.subject.value, event.lane, event.sequence,
                      to_ns(event.time),   event.kind, event.name};
    if (!marks_.insert(key).second) return false;
  }
  events_.push_back(event);
  return true;
}

std::vector<Event> EventLog::sorted() const {
  std::vector<Event> events = events_;
  std::stable_sort(
      events.begin(), events.end(),
      [](const Event& a, const Event& b) { return a.time < b.time; });
  return events;
}

}  // namespace tidemark
