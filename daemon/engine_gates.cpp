// What the gates say while a run is recorded: onto the timeline, to whoever is
// to hear of it, and to whom the run belongs when it is to end.
#include <fmt/format.h>

#include <utility>

#include "core/os/log.h"
#include "daemon/engine_impl.h"

namespace tidemark {
namespace {

// Event::value of an alert.
int64_t alert_value(const GateAlert& alert) {
  if (alert.ends_run) return 3;
  if (alert.state == GateStatus::fail) return 2;
  return alert.state == GateStatus::warn ? 1 : 0;
}

}  // namespace

// The file that is written now.
std::string Engine::Impl::recording_path() const {
  return rotating != nullptr ? rotating->path() : options.output;
}

Status Engine::Impl::open_gates() {
  if (!options.gates.wanted()) return {};
  // A recording in parts is followed from part to part.
  TIDEMARK_TRY(gates, GateWatch::start(options.gates, recording_path()));
  return loop.watch(gates->fd(), [this] { on_gate_news(); });
}

// Of a client: gates need not be watched for that, only the recording.
void Engine::Impl::ask_gate(GateRequest request) {
  if (options.rotation) {
    return clients->answer_gate(
        request, {GateStatus::inconclusive,
                  {},
                  "gates are not held against a recording in parts"});
  }
  if (!gates) {
    auto started = GateWatch::start(options.gates, options.output);
    Status status;
    if (started) {
      gates = std::move(*started);
      status = loop.watch(gates->fd(), [this] { on_gate_news(); });
    } else {
      status = std::unexpected(std::move(started).error());
    }
    if (!status) {
      gates.reset();
      return clients->answer_gate(
          request, {GateStatus::inconclusive, {}, status.error().what});
    }
  }
  gates->ask(std::move(request));
}

void Engine::Impl::on_gate_news() {
  GateWatch::News news = gates->take();
  if (publisher && news.findings) {
    publisher->take_findings(std::move(*news.findings));
  }
  for (const GateAlert& alert : news.alerts) on_alert(alert);
  if (!news.alerts.empty()) push();
  for (const auto& [request, answer] : news.answers) {
    if (clients) clients->answer_gate(request, answer);
  }
  for (const GateAlert& alert : news.alerts) {
    if (alert.ends_run) end_by_gates(true, alert.text);
  }
  if (news.decided) end_by_gates(false, "every gate is decided");
}

void Engine::Impl::on_alert(const GateAlert& alert) {
  // Heard of later than it was: events keep the order of time.
  const BootTime now = clock.now();
  add_event(EventKind::alert, now, alert.name, alert.text, alert_value(alert));
  log_info("alert: " + alert.name + ": " + alert.text);
  if (publisher) {
    publisher->alert(alert.name, alert.role, alert_value(alert));
  }
  if (clients) {
    clients->deliver_alert(SubjectId(),
                           {alert.name, alert.state, alert.value, alert.time});
  }
  if (options.alerts == nullptr) return;
  Alert told{alert.name,  alert.text,       alert.state,
             alert.value, alert.ends_run,   alert.time,
             0,           recording_path(), {}};
  const ClockAnchor anchor = clock.anchor();
  told.realtime_ns = anchor.realtime_at(alert.time);
  const PhaseTracker& phases = correlator.phases();
  if (const auto open = phases.open(); !open.empty()) {
    told.phase = phases.phases()[open.back()].path;
  }
  options.alerts->deliver(told);
}

void Engine::Impl::end_by_gates(bool aborted, const std::string& reason) {
  if (gate_end_told || finished) return;
  gate_end_told = true;
  if (gate_end_handler) gate_end_handler({aborted, reason});
}

}  // namespace tidemark
