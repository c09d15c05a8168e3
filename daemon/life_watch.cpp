#include "daemon/life_watch.h"

namespace tidemark {
namespace {

EventKind event_kind(LifeKind kind) {
  switch (kind) {
    case LifeKind::fork: return EventKind::fork;
    case LifeKind::exec: return EventKind::exec;
    case LifeKind::exit: return EventKind::exit;
    case LifeKind::oom_kill: return EventKind::oom_kill;
  }
  return EventKind::exit;
}

Event to_event(const LifeEvent& seen) {
  Event event;
  event.time = event.received = seen.time;
  event.kind = event_kind(seen.kind);
  event.name = std::string(seen.comm);
  event.value = seen.wait_status;
  event.life = {seen.key,
                seen.parent,
                seen.cpu_user_ns,
                seen.cpu_system_ns,
                seen.rss_peak_bytes,
                seen.io_read_bytes,
                seen.io_write_bytes,
                to_ns(seen.begin)};
  return event;
}

}  // namespace

bool LifeWatch::drain(std::vector<Event>& events) {
  bool watched = false;
  const auto sink = [&](const LifeEvent& seen) {
    watched |= take(seen, events);
  };
  // What could not be read is counted by the probe as lost.
  [[maybe_unused]] const Status status = life_->drain(sink);
  return watched;
}

bool LifeWatch::take(const LifeEvent& seen, std::vector<Event>& events) {
  const ProcessSeen who{seen.key, seen.parent, seen.comm, false, seen.exec_id};
  if (seen.kind == LifeKind::fork) processes_.on_fork(who);
  if (seen.kind == LifeKind::exec) processes_.on_exec(who);
  // Kernels before 6.8 tell an OOM victim by its pid alone.
  const Subject* subject = seen.key.start_ticks != 0
                               ? processes_.find(seen.key)
                               : processes_.find_pid(seen.key.pid);
  const bool watched = subject != nullptr && subject->watched;
  const bool told =
      watched || seen.kind == LifeKind::exit || seen.kind == LifeKind::oom_kill;
  if (told) {
    Event& event = events.emplace_back(to_event(seen));
    if (subject != nullptr) {
      event.subject = subject->id;
      // The kernel's oom record has no name.
      if (event.name.empty()) event.name = subject->name;
    }
  }
  if (seen.kind == LifeKind::exit) processes_.on_exit(seen.key);
  return watched;
}

}  // namespace tidemark
