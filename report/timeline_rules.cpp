#include "report/timeline_rules.h"

#include <array>

namespace tidemark {
namespace {

using enum ChartUnit;

constexpr ChartSpec kCharts[] = {
    {ChartId::ops, "ops", "Work done", per_second},
    {ChartId::errors, "errors", "Errors", per_second},
    {ChartId::latency_p50, "latency_p50", "Latency, median", seconds},
    {ChartId::latency_p95, "latency_p95", "Latency, 95th percentile", seconds},
    {ChartId::cpu, "cpu", "CPU by role", cores},
    {ChartId::memory, "memory", "Anonymous memory by role", bytes},
    {ChartId::heap, "heap", "Live heap by role", bytes},
    {ChartId::fds, "fds", "File descriptors by role", count},
    {ChartId::threads, "threads", "Threads by role", count},
    {ChartId::read, "read", "Read from disks by role", bytes_per_second},
    {ChartId::write, "write", "Written to disks by role", bytes_per_second},
    {ChartId::faults, "faults", "Page faults by role", per_second},
    {ChartId::run_delay, "run_delay", "Waiting for a CPU by role", cores},
    {ChartId::gauge, "gauge", "", plain},
    {ChartId::host_cpu, "host_cpu", "CPU of the host", cores},
    {ChartId::host_memory, "host_memory", "Memory of the host", bytes},
    {ChartId::pressure, "pressure",
     "Pressure: part of the time that some task "
     "waited",
     ratio},
    {ChartId::network, "network", "Network", bytes_per_second},
    {ChartId::self_cpu, "self_cpu", "Tidemark's own CPU", cores},
    {ChartId::self_memory, "self_memory", "Tidemark's own memory", bytes},
};

// Metrics of one fixed name.
struct Fixed {
  std::string_view metric;
  ChartId chart;
  std::string_view series;  // "": by role
};

constexpr Fixed kFixed[] = {
    {"cpu_user", ChartId::cpu, ""},
    {"cpu_system", ChartId::cpu, ""},
    {"rss_anon", ChartId::memory, ""},
    {"heap.live_bytes", ChartId::heap, ""},
    {"fds", ChartId::fds, ""},
    {"threads", ChartId::threads, ""},
    {"io_read_bytes", ChartId::read, ""},
    {"io_write_bytes", ChartId::write, ""},
    {"minor_faults", ChartId::faults, ""},
    {"major_faults", ChartId::faults, ""},
    {"run_delay", ChartId::run_delay, ""},
    {"host.cpu_user", ChartId::host_cpu, "busy"},
    {"host.cpu_nice", ChartId::host_cpu, "busy"},
    {"host.cpu_system", ChartId::host_cpu, "busy"},
    {"host.cpu_irq", ChartId::host_cpu, "busy"},
    {"host.cpu_softirq", ChartId::host_cpu, "busy"},
    {"host.cpu_iowait", ChartId::host_cpu, "waiting for I/O"},
    {"host.cpu_steal", ChartId::host_cpu, "stolen by other guests"},
    {"host.mem_available", ChartId::host_memory, "available"},
    {"pressure.cpu_some", ChartId::pressure, "CPU"},
    {"pressure.memory_some", ChartId::pressure, "memory"},
    {"pressure.io_some", ChartId::pressure, "I/O"},
    {"net.receive_bytes", ChartId::network, "received"},
    {"net.send_bytes", ChartId::network, "sent"},
    {"self.cpu", ChartId::self_cpu, "CPU"},
    {"self.rss", ChartId::self_memory, "memory"},
};

// Metrics of a family; the series is what follows.
struct Family {
  std::string_view prefix;
  ChartId chart;
  MetricKind kind;
};

constexpr Family kFamilies[] = {
    {"op.", ChartId::ops, MetricKind::counter},
    {"errors.", ChartId::errors, MetricKind::counter},
    {"span_errors.", ChartId::errors, MetricKind::counter},
    {"gauge.", ChartId::gauge, MetricKind::gauge},
    {"span.", ChartId::latency_p50, MetricKind::histogram},
};

double scale_of(Unit unit) { return unit == Unit::nanoseconds ? 1e-9 : 1; }

}  // namespace

std::span<const ChartSpec> chart_specs() { return kCharts; }

const char* chart_unit_name(ChartUnit unit) {
  switch (unit) {
    case ChartUnit::cores: return "cores";
    case ChartUnit::bytes: return "bytes";
    case ChartUnit::bytes_per_second: return "bytes_per_second";
    case ChartUnit::per_second: return "per_second";
    case ChartUnit::count: return "count";
    case ChartUnit::seconds: return "seconds";
    case ChartUnit::ratio: return "ratio";
    case ChartUnit::plain: return "plain";
  }
  return "plain";
}

std::optional<ChartRule> chart_rule(const Metric& metric) {
  ChartRule rule;
  rule.counter = metric.kind == MetricKind::counter;
  rule.real = metric.unit == Unit::real;
  for (const Fixed& fixed : kFixed) {
    if (fixed.metric != metric.name) continue;
    rule.chart = fixed.chart;
    rule.by = fixed.series.empty() ? SeriesBy::role : SeriesBy::metric;
    rule.series = fixed.series;
    rule.others = fixed.chart == ChartId::cpu;
    // A recording whose sensor named no unit means ns where a time is due.
    const bool is_time = rule.counter && (fixed.chart == ChartId::cpu ||
                                          fixed.chart == ChartId::run_delay);
    rule.scale = is_time ? 1e-9 : scale_of(metric.unit);
    return rule;
  }
  if (metric.subject != SubjectKind::client) return std::nullopt;
  for (const Family& family : kFamilies) {
    const bool is_member =
        metric.kind == family.kind && metric.name.starts_with(family.prefix);
    if (!is_member) continue;
    rule.chart = family.chart;
    rule.span = family.kind == MetricKind::histogram;
    rule.series = metric.name.substr(family.prefix.size());
    return rule;
  }
  return std::nullopt;
}

}  // namespace tidemark
