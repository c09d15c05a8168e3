#include "daemon/open_marks.h"

#include <algorithm>

#include "core/analysis/phases.h"

namespace tidemark {
namespace {

bool is_same(const Event& event, EventKind kind, SubjectId client) {
  return event.kind == kind && event.subject == client;
}

}  // namespace

void OpenMarks::keep(const Event& event) {
  if (open_.size() < kMost) open_.push_back(event);
}

void OpenMarks::apply(const Event& event) {
  const SubjectId client = event.subject;
  switch (event.kind) {
    case EventKind::client_begin:
    case EventKind::client_primary:
    case EventKind::run_begin:
      std::erase_if(open_, [&](const Event& known) {
        return is_same(known, event.kind, client);
      });
      keep(event);
      break;
    case EventKind::phase_begin:
      if (!is_too_deep(client)) keep(event);
      break;
    case EventKind::attribute: keep(event); break;
    case EventKind::phase_end: end_phase(event); break;
    case EventKind::run_end: end_marks(client); break;
    case EventKind::client_end:
    case EventKind::client_quarantined:
      // 2: a detached client, whose phases outlive it.
      if (event.kind == EventKind::client_end && event.value == 2) break;
      std::erase_if(
          open_, [&](const Event& known) { return known.subject == client; });
      break;
    default: break;
  }
}

bool OpenMarks::is_too_deep(SubjectId client) const {
  const auto open = std::ranges::count_if(open_, [&](const Event& known) {
    return is_same(known, EventKind::phase_begin, client);
  });
  return static_cast<size_t>(open) >= PhaseTracker::kMostDepth;
}

void OpenMarks::end_phase(const Event& event) {
  const auto is_meant = [&](const Event& known) {
    return is_same(known, EventKind::phase_begin, event.subject) &&
           (event.value != 0 ? known.value == event.value
                             : event.name.empty() || known.name == event.name);
  };
  const auto found = std::find_if(open_.rbegin(), open_.rend(), is_meant);
  if (found == open_.rend()) return;
  const int64_t handle = found->value;
  open_.erase(std::next(found).base());
  if (handle == 0) return;
  std::erase_if(open_, [&](const Event& known) {
    return is_same(known, EventKind::attribute, event.subject) &&
           known.value == handle;
  });
}

// A run's end takes its client's phases with it.
void OpenMarks::end_marks(SubjectId client) {
  std::erase_if(open_, [&](const Event& known) {
    return known.subject == client && is_mark(known.kind);
  });
}

std::vector<Event> OpenMarks::events(BootTime time) const {
  std::vector<Event> events = open_;
  for (Event& event : events) event.time = time;
  return events;
}

}  // namespace tidemark
