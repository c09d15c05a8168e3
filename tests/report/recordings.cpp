#include "tests/report/recordings.h"

namespace tidemark::synthetic {
namespace {

constexpr double kMiB = 1 << 20;

void add_costs(RunModel& run, SubjectId process, double per_op) {
  const auto ops = [](double t) {
    double sum = 0;
    for (int i = 0; i < 100; ++i) sum += SiteSoak::ops_of(i, t);
    return sum;
  };
  run.figure(process, "cpu_user", [=](double t) { return per_op * ops(t); });
  run.figure(process, "cpu_system",
             [=](double t) { return 0.2 * per_op * ops(t) + 1e6 * t; });
  run.figure(process, "io_read_bytes", [=](double t) { return 40 * ops(t); });
  run.figure(process, "io_write_bytes", [=](double t) { return 90 * ops(t); });
  run.figure(process, "minor_faults", [=](double t) { return 0.1 * ops(t); });
  run.figure(process, "major_faults", [](double) { return 2; });
  run.figure(process, "run_delay", [=](double t) { return 2e3 * ops(t); });
  run.figure(process, "threads", [](double) { return 9; });
  run.figure(process, "fds", [](double t) {
    return 14 + std::floor(4 * std::fabs(std::sin(t / 7)));
  });
}

void add_host(RunModel& run) {
  const SubjectId self = run.self("tidemark");
  run.counts(self, "self.cpu", 3e6);
  run.figure(self, "self.rss", [](double) { return 17 * kMiB; });
}

Event event_at(double seconds, EventKind kind, const std::string& name,
               const std::string& text = "") {
  Event event;
  event.time = at(seconds);
  event.kind = kind;
  event.name = name;
  event.text = text;
  return event;
}

}  // namespace

DemoRun::DemoRun(int cycles) : soak(soak_with_sites(cycles)) {
  RunModel& run = soak.run;
  const SubjectId cache = run.process("redis-server", 4113, "cache", -60);
  run.figure(cache, "rss_anon", [](double t) {
    return 12 * kMiB + 4096 * std::floor(6 * std::sin(t * 12.9898));
  });
  add_costs(run, soak.server, 4e5);
  add_costs(run, cache, 9e4);
  add_host(run);
  run.figure(soak.client, "gauge.queue",
             [](double t) { return 5 + std::floor(5 * std::sin(t / 9)); });
  run.span(soak.client, "request", 90,
           [](int64_t i) { return 1'000'000 + i * 7919 % 1000 * 9'000; });
  run.counts(soak.client, "span_errors.request", 0.1);
  run.mark(soak.client, EventKind::run_begin, "shop-soak", 0);
  run.mark(soak.client, EventKind::note, "cache warmed", 31);
  run.mark(soak.client, EventKind::note, "deployed 2.1", 120);
  run.event(event_at(200, EventKind::alert, "memory", "memory is above 1 GiB"));
  run.mark(soak.client, EventKind::run_end, "shop-soak", soak.end());
  run.event(event_at(soak.end(), EventKind::command_end, ""));
  seconds = soak.end() + 1;
}

NamedRun::NamedRun(const std::string& name) : info(recording_info()) {
  const SubjectId server = run.process(name, 4112, name, -60);
  const SubjectId client = run.client(name, server);
  const auto ops = [](double t) { return std::floor(100 * t); };
  run.figure(client, "op." + name, ops);
  run.figure(client, "gauge." + name, [](double t) { return 5 + t; });
  run.counts(client, "errors." + name, 2);
  run.span(client, name, 20, [](int64_t i) { return 1'000'000 + i * 1000; });
  run.figure(server, "rss_anon", [=](double t) { return 412 * ops(t); });
  run.figure(server, "heap.live_bytes", [=](double t) { return 400 * ops(t); });
  run.figure(server, "heap.sample_bytes", [](double) { return 1; });
  add_costs(run, server, 4e5);
  add_host(run);
  run.mark(client, EventKind::run_begin, name, 0);
  for (uint32_t i = 0; i < 4; ++i) {
    const double begin = 2 + 4.0 * i;
    run.phase(client, name, PhaseKind::load, begin, begin + 3);
    const SubjectId site = run.site(server, SiteKind::heap, 1, 2 * i + 2, name);
    const auto live = [=](double t) {
      return 40'000 * std::clamp(t - begin, 0.0, 3.0);
    };
    run.figure(site, "site.live_bytes", live);
    run.figure(site, "site.alloc_bytes", live);
  }
  run.module.path = name;
  run.module.build_id = name.substr(0, 20);
  run.stack(1, {"malloc", ""});
  run.symbols.front().frames = {{name, name, 7, true}, {name, name, 9, false}};
  run.mark(client, EventKind::note, name, 5);
  run.mark(client, EventKind::snapshot, name, 6);
  for (const EventKind kind :
       {EventKind::alert, EventKind::degraded, EventKind::client_quarantined,
        EventKind::governor}) {
    run.event(event_at(7, kind, name, name));
  }
  run.counts(run.self(name), "self.dropped", 1);
  run.gap(10, 12, name);
  run.mark(client, EventKind::run_end, name, 19);
  for (std::string* text :
       {&info.producer, &info.host, &info.kernel, &info.cpu_model}) {
    *text = name;
  }
  info.command = {name, name};
  info.levels = {name + ": " + name};
  seconds = 20;
}

std::vector<GateResult> named_gates(const std::string& name) {
  std::vector<GateResult> gates;
  for (const GateStatus status : {GateStatus::pass, GateStatus::warn,
                                  GateStatus::fail, GateStatus::inconclusive}) {
    GateResult gate;
    gate.status = status;
    for (std::string* text :
         {&gate.expr, &gate.label, &gate.value_text, &gate.limit_text,
          &gate.phase, &gate.subject, &gate.reason}) {
      *text = name;
    }
    gate.unit = "bytes";
    gate.value = 812;
    gate.limit = 1024;
    gate.n = 12;
    gates.push_back(std::move(gate));
  }
  return gates;
}

}  // namespace tidemark::synthetic
