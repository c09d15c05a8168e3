// What the engine does when a timer fires or a client speaks.
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "core/model/time_slices.h"
#include "core/os/log.h"
#include "daemon/engine_impl.h"

namespace tidemark {
namespace {

// Lanes are polled while clients are connected: a mark costs its client no
// system call, so nothing tells us of it.
constexpr Nanoseconds kPoll = std::chrono::milliseconds(10);
// Events waiting for a slow disk; beyond it the oldest are given up, counted.
constexpr size_t kMaxEvents = 200'000;

}  // namespace

void Engine::Impl::on_tick() {
  const TickSchedule::Due due = schedule->fire(clock.now());
  pump();
  tick(due);
  if (const Status status = loop.arm(tick_timer, schedule->next()); !status) {
    log_error(status.error().what);
  }
}

void Engine::Impl::tick(const TickSchedule::Due& due) {
  // Asked at each tick: what it answers is since the last one.
  const bool slept = sleep.slept(clock.anchor()) > Nanoseconds(0);
  if (due.missed > 0) {
    // Nobody was late while the host was suspended.
    if (!slept) ticks_missed += due.missed;
    item->gaps.push_back(
        {due.missed_from, due.missed_to, due.missed,
         slept ? "the host was suspended" : "late: not sampled"});
  }
  ++ticks_taken;
  sampler.tick(due.deadline, schedule->interval(), governor.decision().plan,
               item->frame,
               [&](FrameBuilder& frame) { put_own_values(frame, due.late); });
  item->has_frame = true;
  last_frame = std::max(last_frame, due.deadline);
  if (first_frame == BootTime()) {
    first_frame = due.deadline;
    tell_phase();
  }
  const BootTime now = clock.now();
  note_problems(now);
  govern(now);
  push();
}

void Engine::Impl::put_own_values(FrameBuilder& frame, Nanoseconds tick_late) {
  if (clients) clients->sample(frame);
  SelfReadings readings = self_readings();
  readings.tick_late = tick_late;
  self.put(readings, frame);
}

void Engine::Impl::on_poll() {
  poll_armed = false;
  pump();
  arm_poll();
}

void Engine::Impl::arm_poll() {
  const bool needed = (clients && clients->has_clients()) || correlator.holds();
  if (!needed || poll_armed || finished) return;
  poll_armed = loop.arm(poll_timer, clock.now() + kPoll).has_value();
}

// Ends of unwatched processes can wait for the next tick: each push is a
// write, and a busy host has thousands of lives a second.
void Engine::Impl::on_lives() {
  if (!lives->drain(life_events)) {
    // Kept out of the correlator, which would ask for a poll.
    return;
  }
  correlator.add(life_events);
  arm_poll();
}

// Everything that happened up to now: into the recording, and an edge sample
// when a phase began or ended.
void Engine::Impl::pump() {
  const BootTime now = clock.now();
  if (lives) {
    lives->drain(life_events);
    correlator.add(life_events);
  }
  if (clients) drain_clients(now);
  released.clear();
  correlator.release(now, released);
  for (const Event& event : released.events) {
    if (event.kind == EventKind::client_begin) meet_client(event);
    if (event.kind == EventKind::client_quarantined) log_warning(event.text);
  }
  item->events.insert(item->events.end(),
                      std::make_move_iterator(released.events.begin()),
                      std::make_move_iterator(released.events.end()));
  release_batches(now);
  item->sync |= released.phase_ended;
  tell_phase();
  for (const Event& event : released.quiesces) begin_quiesce(event);
  if (released.edge) {
    take_edge(released.edge_time, released.last_edge_time);
  } else if (!item->events.empty() || !item->written.empty()) {
    push();
  }
}

void Engine::Impl::drain_clients(BootTime now) {
  drained.clear();
  clients->drain(now, drained);
  for (GateRequest& request : clients->take_gate_requests()) {
    ask_gate(std::move(request));
  }
  if (drained.empty()) return;
  Batch batch;
  batch.last = now;
  for (const Event& event : drained.events) {
    batch.last = std::max(batch.last, event.time);
  }
  correlator.add(drained.events);
  batch.batch = std::exchange(drained, {});
  batches.push_back(std::move(batch));
}

void Engine::Impl::release_batches(BootTime horizon) {
  while (!batches.empty() && batches.front().last <= horizon) {
    item->written.emplace_back(
        [batch = std::move(batches.front().batch)]() mutable {
          batch.publish();
        });
    batches.pop_front();
  }
}

// A connected client's process is watched, and plays the role of its name
// unless a rule says another.
void Engine::Impl::meet_client(const Event& event) {
  const ClientInfo* client = clients->find(event.subject);
  if (client == nullptr || client->detached) return;
  if (client->process.pid.value <= 0) return;
  // A door of ours speaks for others; we are no part of the test.
  if (client->process.pid.value == ::getpid()) return;
  std::string role = options.rules.client_role(client->name);
  if (role.empty()) role = client->name;
  client_processes[client->process] = role;
  client_processes.forget_ended(processes);
  const Subject* process = processes.find(client->process);
  if (process == nullptr) return;  // classify() will meet it
  const SubjectId id = process->id;
  if (process->role.empty()) processes.set_role(id, role);
  processes.watch(id);
}

void Engine::Impl::classify(Subject& process) {
  // We are no part of the test, and before its exec our child still has our
  // command line, with the selectors in it.
  const Pid own{::getpid()};
  if (process.process.pid == own) return;
  if (process.parent == own && !command_started) return;
  options.rules.classify(process);
  const std::string* role = client_processes.find(process.process);
  if (role == nullptr) return;
  process.watched = true;
  if (process.role.empty()) process.role = *role;
}

void Engine::Impl::begin_quiesce(const Event& event) {
  const ClientInfo* client = clients ? clients->find(event.subject) : nullptr;
  if (client == nullptr) return;
  const bool idle = quiesce.empty();
  quiesce.add({event.subject, event.value}, client->process, clock.now());
  if (idle) on_quiesce_timer();
}

void Engine::Impl::on_quiesce_timer() {
  const BootTime now = clock.now();
  calm.clear();
  quiesce.poll(now, calm);
  if (!calm.empty()) take_edge(now, now);
  for (const QuiesceDesk::Request& request : calm) {
    clients->acknowledge(request.client, request.token);
  }
  if (!quiesce.empty()) {
    if (auto s = loop.arm(quiesce_timer, now + QuiesceWatch::kPeriod); !s) {
      log_error(s.error().what);
    }
  }
}

void Engine::Impl::take_edge(BootTime mark_time, BootTime last_mark_time) {
  // Frames follow one another in time even when a mark was older than a tick.
  const BootTime time = std::max(last_mark_time, last_frame);
  edge_lag = clock.now() - mark_time;
  sampler.edge(
      time, schedule->interval(), governor.decision().plan, item->frame,
      [this](FrameBuilder& frame) { put_own_values(frame, Nanoseconds(0)); });
  item->has_frame = true;
  last_frame = time;
  note_problems(time);
  push();
}

void Engine::Impl::govern(BootTime now) {
  if (!governor.update(now, SelfMeter::process_cpu())) return;
  add_event(EventKind::governor, now, "", governor.reason());
  log_info(governor.reason());
  set_interval();
}

void Engine::Impl::set_interval() {
  const Nanoseconds wanted =
      options.interval * governor.decision().interval_factor;
  if (wanted != schedule->interval()) schedule->set_interval(wanted);
}

void Engine::Impl::tune(EngineTuning tuning) {
  options.interval = tuning.interval;
  options.rules = std::move(tuning.rules);
  governor.set_budget(tuning.budget);
  set_interval();
  processes.classify_again();
  if (rotating != nullptr && tuning.rotation) {
    rotating->set_limits(*tuning.rotation);
  }
}

void Engine::Impl::note_problems(BootTime now) {
  for (CollectorProblem& problem : sampler.take_problems()) {
    log_info(problem.name + ": " + problem.cause);
    add_event(EventKind::degraded, now, std::move(problem.name),
              std::move(problem.cause));
  }
  if (registry.stacks_refused() > 0 && !std::exchange(stacks_told, true)) {
    add_event(EventKind::degraded, now, "stacks",
              "more call stacks than memory is kept for: further ones have no "
              "frames until the recorder is started again");
  }
}

void Engine::Impl::add(Event event) {
  log_info(event.text);
  tell_tracer(event);
  item->events.push_back(std::move(event));
}

// What sites take from now on belongs to the innermost open phase, before the
// first of them to a slice of time.
void Engine::Impl::tell_phase() {
  const PhaseTracker& phases = correlator.phases();
  Cohort cohort;
  if (const auto open = phases.open(); !open.empty()) {
    const Phase& innermost = phases.phases()[open.back()];
    cohort.ordinal = innermost.ordinal;
    cohort.path = innermost.path;
    for (const size_t i : open) {
      cohort.open.push_back(phases.phases()[i].ordinal);
    }
  } else if (phases.phases_begun() == 0 && first_frame != BootTime()) {
    cohort.ordinal = time_slice_at(clock.now() - first_frame);
  }
  if (cohort.ordinal == cohort_told) return;
  cohort_told = cohort.ordinal;
  sampler.phase_changed(cohort);
}

void Engine::Impl::add_event(EventKind kind, BootTime time, std::string name,
                             std::string text, int64_t value) {
  Event& event = item->events.emplace_back();
  event.time = event.received = time;
  event.kind = kind;
  event.name = std::move(name);
  event.text = std::move(text);
  event.value = value;
}

void Engine::Impl::publish() {
  if (!publisher || !item->has_frame) return;
  publisher->observe(item->frame,
                     {correlator.phases(), self_readings(), recorder->stats(),
                      clients ? clients->clients().size() : 0, item->anchor});
}

void Engine::Impl::push() {
  registry.take(item->definitions);
  if (item->has_frame) item->anchor = clock.anchor();
  publish();
  // A full queue leaves the events here, for the next time.
  static_cast<void>(recorder->push(item));
  if (item->events.size() > kMaxEvents) {
    events_lost += static_cast<int64_t>(item->events.size());
    item->events.clear();
  }
  if (recorder->stats().failed && !failure_told && failure_handler) {
    failure_told = true;
    failure_handler();
  }
}

}  // namespace tidemark
