#include "daemon/metric_publisher.h"

#include <algorithm>
#include <fstream>
#include <utility>

#include "core/base/text.h"

namespace tidemark {
namespace {

constexpr Nanoseconds kPeriod = std::chrono::seconds(1);
constexpr double kSeconds = 1e-9;
constexpr SeriesKind kCounter = SeriesKind::counter;
constexpr SeriesKind kGauge = SeriesKind::gauge;

void put_one(MetricPage& page, std::string_view name, std::string_view help,
             SeriesKind kind, double value) {
  page.push_back({name, help, kind, {}});
  page.back().add({}, value);
}

template <typename T>
double real(T value) {
  return static_cast<double>(value);
}

// Resident memory of this process, from statm: pages.
double own_memory() {
  std::ifstream statm("/proc/self/statm");
  int64_t size = 0, resident = 0;
  statm >> size >> resident;
  return real(resident) * 4096;
}

}  // namespace

MetricPublisher::MetricPublisher(std::unique_ptr<Exporter> exporter,
                                 const Registry& registry,
                                 const ProcessTable& processes)
    : exporter_(std::move(exporter)),
      registry_(registry),
      processes_(processes) {}

void MetricPublisher::observe(const Frame& frame, const EngineState& state) {
  last_frame_ = frame.time;
  observe_host(frame);
  observe_ops(frame);
  roles_.observe(frame, registry_, processes_);
  if (frame.time - last_published_ < kPeriod) return;
  last_published_ = frame.time;
  if (exporter_) exporter_->publish(page(state));
}

void MetricPublisher::alert(const std::string& name, const std::string& role,
                            int64_t value) {
  ++alerts_;
  const std::pair gate(sanitize_log(name), sanitize_log(role));
  if (!firing_.contains(gate) && firing_.size() >= kMostOps) return;
  firing_[gate] = value;
}

void MetricPublisher::observe_host(const Frame& frame) {
  for (const Column& column : frame.columns) {
    if (column.values.size() != 1) continue;
    const std::string_view name = registry_.metric_name(column.metric);
    constexpr std::string_view kPrefix = "pressure.";
    if (!name.starts_with(kPrefix)) continue;
    const std::string_view rest = name.substr(kPrefix.size());
    const size_t end = rest.rfind('_');
    if (end == std::string_view::npos) continue;
    auto& target = rest.substr(end) == "_full" ? stalled_ : waiting_;
    target[std::string(rest.substr(0, end))] = column.values[0];
  }
}

// Counters of clients by the op's name; an ended client's stay in the sum.
void MetricPublisher::observe_ops(const Frame& frame) {
  for (const Column& column : frame.columns) {
    const std::string_view name = registry_.metric_name(column.metric);
    const bool op = name.starts_with("op.");
    if (!op && !name.starts_with("errors.")) continue;
    auto& table = op ? ops_ : errors_;
    const std::string label = sanitize_log(name.substr(name.find('.') + 1));
    if (!table.contains(label) && table.size() >= kMostOps) continue;
    Op& sum = table[label];
    std::map<SubjectId, int64_t> alive;
    for (size_t i = 0; i < column.subjects.size(); ++i) {
      alive[column.subjects[i]] = column.values[i];
    }
    // A client is heard of at each frame until it ends.
    for (const auto& [client, value] : sum.alive) {
      if (!alive.contains(client)) sum.done += value;
    }
    sum.alive = std::move(alive);
  }
}

MetricPage MetricPublisher::page(const EngineState& state) const {
  MetricPage page;
  const int64_t boot_unix_ns = state.anchor.realtime_ns - state.anchor.boot_ns;
  roles_.put(page, boot_unix_ns);
  put_findings(found_, boot_unix_ns, page);
  put_phases(page, state);
  const auto put_ops = [&](std::string_view name, std::string_view help,
                           const char* label,
                           const std::map<std::string, Op>& table) {
    page.push_back({name, help, kCounter, {}});
    for (const auto& [op, sum] : table) {
      int64_t total = sum.done;
      for (const auto& [client, value] : sum.alive) total += value;
      page.back().add({{label, op}}, real(total));
    }
  };
  put_ops("tidemark_ops_total", "Units of work that clients counted.", "op",
          ops_);
  put_ops("tidemark_errors_total", "Units of work and spans that failed.",
          "name", errors_);
  const auto put_pressure = [&](std::string_view name, std::string_view help,
                                const std::map<std::string, int64_t>& table) {
    page.push_back({name, help, kCounter, {}});
    for (const auto& [resource, ns] : table) {
      page.back().add({{"resource", resource}}, real(ns) * kSeconds);
    }
  };
  put_pressure("tidemark_pressure_waiting_seconds_total",
               "Time that some task of the host waited for a resource.",
               waiting_);
  put_pressure("tidemark_pressure_stalled_seconds_total",
               "Time that all tasks of the host waited for a resource.",
               stalled_);
  put_self(page, state);
  return page;
}

void MetricPublisher::put_phases(MetricPage& page,
                                 const EngineState& state) const {
  const PhaseTracker& phases = state.phases;
  const int64_t boot_unix_ns = state.anchor.realtime_ns - state.anchor.boot_ns;
  const Run* run = phases.run();
  const std::string run_name =
      run != nullptr && run->open ? sanitize_log(run->name) : "";
  SeriesFamily info{
      "tidemark_phase_info", "The phases that are open.", kGauge, {}};
  SeriesFamily begin{"tidemark_phase_start_time_seconds",
                     "When an open phase began.",
                     kGauge,
                     {}};
  for (const size_t i : phases.open()) {
    const Phase& phase = phases.phases()[i];
    const std::string path = sanitize_log(phase.path);
    info.add({{"run", run_name},
              {"phase", path},
              {"kind", phase_kind_name(phase.kind)},
              {"cycle", std::to_string(phase.cycle)}},
             1);
    begin.add({{"run", run_name}, {"phase", path}},
              real(boot_unix_ns + to_ns(phase.begin)) * kSeconds);
  }
  page.push_back(std::move(info));
  page.push_back(std::move(begin));
  SeriesFamily runs{"tidemark_run_info", "The run that is open.", kGauge, {}};
  if (!run_name.empty()) runs.add({{"run", run_name}}, 1);
  page.push_back(std::move(runs));
  put_one(page, "tidemark_phase_transitions_total", "Phases that began.",
          kCounter, real(phases.phases_begun()));
  put_one(page, "tidemark_runs_total", "Runs that began.", kCounter,
          real(phases.runs_begun()));
  SeriesFamily firing{"tidemark_alert_firing",
                      "1 while a gate fires; 0 once it has and is over.",
                      kGauge,
                      {}};
  for (const auto& [gate, value] : firing_) {
    const auto& [name, role] = gate;
    for (const bool critical : {false, true}) {
      const bool fires = critical ? value >= 2 : value == 1;
      SeriesLabels labels = {{"gate", name},
                             {"severity", critical ? "critical" : "warning"}};
      if (!role.empty()) labels.emplace_back("role", role);
      firing.add(std::move(labels), fires ? 1 : 0);
    }
  }
  page.push_back(std::move(firing));
  put_one(page, "tidemark_alerts_total",
          "Gates and findings that turned while it recorded.", kCounter,
          real(alerts_));
}

void MetricPublisher::put_self(MetricPage& page,
                               const EngineState& state) const {
  const SelfReadings& self = state.self;
  page.push_back({"tidemark_build_info", "The version.", kGauge, {}});
  page.back().add({{"version", TIDEMARK_VERSION}}, 1);
  put_one(page, "tidemark_self_cpu_seconds_total",
          "CPU time of Tidemark itself.", kCounter,
          real(self.cpu.count()) * kSeconds);
  put_one(page, "tidemark_self_resident_memory_bytes",
          "Resident memory of Tidemark itself.", kGauge, own_memory());
  put_one(page, "tidemark_ticks_total", "Sampling instants taken.", kCounter,
          real(self.ticks_taken));
  put_one(page, "tidemark_skipped_ticks_total",
          "Sampling instants that came too late and were left out.", kCounter,
          real(self.ticks_missed));
  put_one(page, "tidemark_last_tick_timestamp_seconds",
          "The instant that these figures are of.", kGauge,
          real(state.anchor.realtime_at(last_frame_)) * kSeconds);
  page.push_back({"tidemark_lost_total",
                  "What was lost, by cause: frames, events, marks, clients.",
                  kCounter,
                  {}});
  const std::pair<const char*, int64_t> causes[] = {
      {"slow_disk", self.slow_disk},
      {"full_disk", self.full_disk},
      {"events", self.events},
      {"life_events", self.life_events},
      {"client_marks", self.client_marks},
      {"clients_refused", self.clients_refused},
      {"values_refused", self.values_refused},
      {"stacks_refused", self.stacks_refused}};
  for (const auto& [cause, count] : causes) {
    page.back().add({{"cause", cause}}, real(count));
  }
  put_one(page, "tidemark_recording_bytes_total",
          "Bytes written to the recording.", kCounter,
          real(state.recorder.bytes));
  put_one(page, "tidemark_recording_disk_full",
          "1 while the recording waits for space.", kGauge,
          state.recorder.disk_full ? 1 : 0);
  put_one(page, "tidemark_clients", "Clients connected.", kGauge,
          real(state.clients));
  put_one(page, "tidemark_watched_processes",
          "Processes whose full detail is taken.", kGauge,
          real(processes_.watched().size()));
}

}  // namespace tidemark
