#include "daemon/engine.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "core/base/text.h"
#include "core/os/log.h"
#include "daemon/engine_impl.h"
#include "daemon/host_info.h"
#include "daemon/record_sink.h"
#include "daemon/testbed_facts.h"

namespace tidemark {
namespace {

// Words together, since "--token X" is a secret in two of them.
std::vector<std::string> scrub_words(const std::vector<std::string>& words) {
  std::string joined;
  for (const std::string& word : words) joined += word + '\0';
  if (!joined.empty()) joined.pop_back();
  std::vector<std::string> result;
  if (words.empty()) return result;
  const std::string scrubbed = scrub_secrets(joined);
  for (size_t at = 0; at <= scrubbed.size();) {
    const size_t end = std::min(scrubbed.find('\0', at), scrubbed.size());
    result.push_back(scrubbed.substr(at, end - at));
    at = end + 1;
  }
  return result;
}

}  // namespace

Engine::Impl::Impl(EngineOptions opts, EventLoop& event_loop,
                   const Clock& system_clock)
    : options(std::move(opts)),
      loop(event_loop),
      clock(system_clock),
      registry(options.rotation ? StackRegistry::kServiceCost
                                : StackTable::kMaxCost),
      processes(options.roots, registry),
      stacks(registry, options.roots.proc),
      sampler(all_collectors(), {options.roots, registry, processes, stacks,
                                 clock, this, options.heap, &shims}),
      self(registry, options.roots),
      governor(options.budget),
      quiesce(options.roots) {
  processes.set_classify([this](Subject& process) { classify(process); });
  if (options.adopt_children) processes.set_adopter(Pid{::getpid()});
  for (const Pid helper : options.helpers) processes.disown(helper);
}

Status Engine::Impl::start() {
  // First: whoever connects while the probes are loaded waits, and is heard.
  TIDEMARK_CHECK(open_clients());
  TIDEMARK_CHECK(sampler.start());
  open_lives();
  TIDEMARK_CHECK(open_exporter());
  TIDEMARK_CHECK(open_recording());
  TIDEMARK_CHECK(open_timers());
  open_control();
  on_tick();
  recorder->flush();
  return open_gates();
}

Status Engine::Impl::open_clients() {
  if (options.socket.empty() && options.inherited_socket < 0) return {};
  ClientHostOptions wanted;
  wanted.path = options.socket;
  wanted.inherited_fd = options.inherited_socket;
  wanted.roots = options.roots;
  wanted.shims = &shims;
  auto host = ClientHost::create(wanted, registry);
  if (!host) {
    // Somebody else listens there: the caller named the wrong place.
    Error error = std::move(host).error();
    if (error.kind == ErrorKind::full) error.kind = ErrorKind::usage;
    return std::unexpected(std::move(error));
  }
  clients = std::move(*host);
  return loop.watch(clients->fd(), [this] {
    clients->service(clock.now());
    arm_poll();
  });
}

// Without the probes, lives between two ticks are unseen: said, not fatal.
void Engine::Impl::open_lives() {
  auto opened = LifeProbe::open();
  Status status;
  if (opened) {
    lives = std::make_unique<LifeWatch>(std::move(*opened), processes);
    status = loop.watch(lives->fd(), [this] { on_lives(); });
  } else {
    status = std::unexpected(std::move(opened).error());
  }
  if (status) return;
  lives.reset();
  add_event(EventKind::degraded, clock.now(), "process_life",
            status.error().what);
}

Status Engine::Impl::open_recording() {
  RecordingInfo info = describe_host(options.roots, clock);
  info.producer = "tidemark " TIDEMARK_VERSION;
  info.interval_ns = options.interval.count();
  info.command = scrub_words(options.command);
  info.socket = options.socket;
  info.levels = sampler.levels();
  info.levels.push_back(lives ? "process_life: tp_btf" : "process_life: none");
  for (std::string& fact : testbed_facts(options.roots)) {
    info.levels.push_back(std::move(fact));
  }
  TIDEMARK_TRY(auto sink, open_sink(info));
  recorder = std::make_unique<Recorder>(std::move(sink), clock);
  return {};
}

Result<std::unique_ptr<RecordSink>> Engine::Impl::open_sink(
    const RecordingInfo& info) {
  if (!options.rotation) return create_recording(options.output, info);
  TIDEMARK_TRY(auto sink, RotatingSink::create(options.output, info,
                                               *options.rotation, clock));
  rotating = sink.get();
  return sink;
}

Status Engine::Impl::open_exporter() {
  if (options.metrics.empty()) return {};
  TIDEMARK_TRY(auto exporter, Exporter::listen(options.metrics));
  publisher = std::make_unique<MetricPublisher>(std::move(exporter), registry,
                                                processes);
  return {};
}

Status Engine::Impl::open_timers() {
  schedule.emplace(clock.now(), options.interval);
  TIDEMARK_TRY(tick_timer, loop.add_timer([this] { on_tick(); }));
  TIDEMARK_TRY(poll_timer, loop.add_timer([this] { on_poll(); }));
  TIDEMARK_TRY(quiesce_timer, loop.add_timer([this] { on_quiesce_timer(); }));
  return {};
}

SelfReadings Engine::Impl::self_readings() const {
  SelfReadings readings;
  const Recorder::Stats stats = recorder->stats();
  readings.cpu = SelfMeter::process_cpu();
  readings.edge_lag = edge_lag;
  readings.ticks_taken = ticks_taken;
  readings.ticks_missed = ticks_missed;
  readings.slow_disk = stats.frames_dropped;
  readings.full_disk = stats.frames_lost;
  readings.events = stats.events_lost + events_lost;
  readings.values_refused = stats.values_refused;
  readings.stacks_refused = registry.stacks_refused();
  if (lives) readings.life_events = static_cast<int64_t>(lives->lost());
  if (clients) {
    const ClientTotals totals = clients->totals();
    readings.client_marks = static_cast<int64_t>(totals.dropped);
    readings.clients_refused =
        static_cast<int64_t>(totals.refused + totals.quarantined);
  }
  return readings;
}

Status Engine::Impl::finish() {
  if (finished) return {};
  finished = true;
  for (const auto timer : {tick_timer, poll_timer, quiesce_timer}) {
    TIDEMARK_CHECK(loop.disarm(timer));
  }
  pump();
  if (gates) {
    on_gate_news();
    loop.unwatch(gates->fd());
    gates.reset();
  }
  sampler.finish();
  const BootTime now = clock.now();
  // The last reading is an edge: it has the slow tier, and no deadline.
  take_edge(now, now);
  if (lives) loop.unwatch(lives->fd());
  if (clients) loop.unwatch(clients->fd());
  if (control) loop.unwatch(control->fd());
  if (lister) loop.unwatch(lister->fd());
  const Status status = recorder->finish(clock.now());
  if (status) return {};
  const Recorder::Stats stats = recorder->stats();
  return fail(
      status.error().kind,
      fmt::format("{}: {} ({} ticks and {} events lost)", options.output,
                  status.error().what, stats.frames_lost + stats.frames_dropped,
                  stats.events_lost));
}

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Engine::~Engine() {
  if (const Status status = finish(); !status) log_error(status.error().what);
}

Result<std::unique_ptr<Engine>> Engine::start(EngineOptions options,
                                              EventLoop& loop,
                                              const Clock& clock) {
  auto impl = std::make_unique<Impl>(std::move(options), loop, clock);
  if (auto status = impl->start(); !status) {
    impl->finished = true;
    return std::unexpected(std::move(status).error());
  }
  return std::unique_ptr<Engine>(new Engine(std::move(impl)));
}

void Engine::command_began(Pid pid) {
  impl_->command_started = true;
  const Subject* process = impl_->processes.find_pid(pid);
  Event event;
  event.time = event.received = impl_->clock.now();
  event.kind = EventKind::command_begin;
  if (process != nullptr) {
    event.subject = process->id;
    impl_->sampler.process_held(process->process);
  }
  impl_->item->events.push_back(std::move(event));
  impl_->push();
}

void Engine::command_ended(int wait_status) {
  impl_->add_event(EventKind::command_end, impl_->clock.now(), "", "",
                   wait_status);
  impl_->push();
}

size_t Engine::watched_alive() const {
  return impl_->processes.watched().size();
}

bool Engine::makes_progress() { return impl_->recorder->makes_progress(); }

void Engine::tune(EngineTuning tuning) { impl_->tune(std::move(tuning)); }

void Engine::on_failure(std::function<void()> handler) {
  impl_->failure_handler = std::move(handler);
}

void Engine::on_gate_end(std::function<void(const GateEnd&)> handler) {
  impl_->gate_end_handler = std::move(handler);
}

EngineProgress Engine::progress() const {
  EngineProgress progress;
  const Recorder::Stats stats = impl_->recorder->stats();
  const PhaseTracker& phases = impl_->correlator.phases();
  progress.ticks = impl_->ticks_taken;
  progress.bytes = stats.bytes;
  progress.disk_full = stats.disk_full;
  progress.watched = watched_alive();
  if (impl_->clients) progress.clients = impl_->clients->clients().size();
  if (const auto open = phases.open(); !open.empty()) {
    const Phase& innermost = phases.phases()[open.back()];
    progress.phase = innermost.label(phases.repeats(innermost.path));
  }
  return progress;
}

std::vector<std::string> Engine::unmatched_selectors() const {
  return impl_->options.rules.unmatched();
}

Status Engine::finish() { return impl_->finish(); }

}  // namespace tidemark
