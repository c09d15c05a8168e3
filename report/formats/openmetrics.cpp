// The run over time as OpenMetrics 1.0 with timestamps, for a backfill:
//   promtool tsdb create-blocks-from openmetrics report.om DATA
// Names and labels are the exporter's; roles, never pids.
#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <set>

#include "core/base/text.h"
#include "report/format.h"
#include "report/report_data.h"
#include "report/timeline_rules.h"

namespace tidemark {
namespace {

struct Family {
  ChartId chart;
  const char* name;   // without _total
  const char* unit;   // "" none
  const char* label;  // of the series
  const char* more;   // other labels
  bool counter;       // the chart's rates, summed up
  const char* help;
};

constexpr Family kFamilies[] = {
    {ChartId::ops, "tidemark_ops", "", "op", "", true,
     "Units of work that clients counted."},
    {ChartId::errors, "tidemark_errors", "", "name", "", true,
     "Units of work and spans that failed."},
    {ChartId::latency_p50, "tidemark_span_p50_seconds", "seconds", "span", "",
     false, "Median duration of a span in each column of the report."},
    {ChartId::latency_p95, "tidemark_span_p95_seconds", "seconds", "span", "",
     false, "95th percentile of a span's duration."},
    {ChartId::cpu, "tidemark_process_cpu_seconds", "seconds", "role", "", true,
     "CPU time of the role's processes."},
    {ChartId::memory, "tidemark_process_resident_memory_bytes", "bytes", "role",
     ",type=\"anon\"", false, "Anonymous resident memory of the role."},
    {ChartId::heap, "tidemark_process_heap_live_bytes", "bytes", "role", "",
     false, "Live heap of the role."},
    {ChartId::fds, "tidemark_process_open_fds", "", "role", "", false,
     "Open file descriptors of the role."},
    {ChartId::threads, "tidemark_process_threads", "", "role", "", false,
     "Threads of the role."},
    {ChartId::read, "tidemark_process_read_bytes", "bytes", "role",
     ",layer=\"block\"", true, "Bytes fetched from block devices."},
    {ChartId::write, "tidemark_process_write_bytes", "bytes", "role",
     ",layer=\"block\"", true, "Bytes sent to block devices."},
    {ChartId::faults, "tidemark_process_page_faults", "", "role", "", true,
     "Page faults of the role."},
    {ChartId::run_delay, "tidemark_process_run_delay_seconds", "seconds",
     "role", "", true, "Time runnable but waiting for a CPU."},
    {ChartId::gauge, "tidemark_client_gauge", "", "name", "", false,
     "A level that a client reports."},
    {ChartId::host_cpu, "tidemark_host_cpu_seconds", "seconds", "mode", "",
     true, "CPU time of the host."},
    {ChartId::host_memory, "tidemark_host_memory_bytes", "bytes", "state", "",
     false, "Memory of the host."},
    {ChartId::pressure, "tidemark_pressure_waiting_seconds", "seconds",
     "resource", "", true, "Time in which some task waited."},
    {ChartId::network, "tidemark_host_network_bytes", "bytes", "direction", "",
     true, "Bytes of all interfaces but the loopback."},
    {ChartId::self_cpu, "tidemark_self_cpu_seconds", "seconds", "part", "",
     true, "Tidemark's own CPU time."},
    {ChartId::self_memory, "tidemark_self_memory_bytes", "bytes", "part", "",
     false, "Tidemark's own memory."},
};

class Exposition {
 public:
  Exposition(const ReportData& data, std::string& out)
      : data_(data), timeline_(data.timeline), out_(out) {}

  void add(const Family& family) {
    std::set<std::string> labels;
    bool has_head = false;
    for (const TimelineChart& chart : timeline_.charts) {
      if (!holds(family, chart)) continue;
      if (!std::exchange(has_head, true)) add_head(family);
      for (const TimelineSeries& series : chart.series) {
        add_series(family, series, unique(series.name, labels));
      }
    }
  }

 private:
  static bool holds(const Family& family, const TimelineChart& chart) {
    for (const ChartSpec& spec : chart_specs()) {
      if (spec.id != family.chart) continue;
      return spec.id == ChartId::gauge ? chart.id.starts_with("gauge.")
                                       : chart.id == spec.name;
    }
    return false;
  }
  void add_head(const Family& family) {
    fmt::format_to(std::back_inserter(out_), "# HELP {} {}\n# TYPE {} {}\n",
                   family.name, family.help, family.name,
                   family.counter ? "counter" : "gauge");
    if (*family.unit != '\0') {
      fmt::format_to(std::back_inserter(out_), "# UNIT {} {}\n", family.name,
                     family.unit);
    }
  }
  // Long names are cut: two of them may become one, which no reader takes.
  static std::string unique(const std::string& name,
                            std::set<std::string>& labels) {
    const std::string base = sanitize_openmetrics(name);
    std::string label = base;
    for (int n = 2; !labels.insert(label).second; ++n) {
      label = base + " " + std::to_string(n);
    }
    return label;
  }
  void add_series(const Family& family, const TimelineSeries& series,
                  const std::string& label) {
    const double seconds = to_seconds(timeline_.column);
    double sum = 0;
    for (size_t i = 0; i < series.mean.size(); ++i) {
      const double value = series.mean[i];
      if (!std::isfinite(value)) continue;
      sum += value * seconds;
      // A counter has grown by a column's end, a level is its mean.
      const BootTime time = family.counter
                                ? timeline_.at(i + 1)
                                : timeline_.at(i) + timeline_.column / 2;
      fmt::format_to(
          std::back_inserter(out_), "{}{}{{{}=\"{}\"{}}} {} {:.3f}\n",
          family.name, family.counter ? "_total" : "", family.label, label,
          family.more, family.counter ? sum : value,
          static_cast<double>(data_.unix_ns(time) / 1'000'000) * 1e-3);
    }
  }

  const ReportData& data_;
  const Timeline& timeline_;
  std::string& out_;
};

void add_slopes(const ReportData& data, std::string& out) {
  std::set<std::string> seen;
  for (const Finding& f : data.summary.findings) {
    if (!is_bytes(f.resource)) continue;
    const std::string labels =
        fmt::format("role=\"{}\",resource=\"{}\",verdict=\"{}\"",
                    sanitize_openmetrics(data.process(f.subject).role),
                    resource_name(f.resource), verdict_name(f.verdict));
    const double slope = f.slope_per_minute.value / 60;
    // The worst of a role's processes comes first.
    if (!std::isfinite(slope) || !seen.insert(labels).second) continue;
    if (seen.size() == 1) {
      out +=
          "# HELP tidemark_leak_slope_bytes_per_second Growth that the "
          "verdict rests on.\n"
          "# TYPE tidemark_leak_slope_bytes_per_second gauge\n";
    }
    fmt::format_to(std::back_inserter(out),
                   "tidemark_leak_slope_bytes_per_second{{{}}} {} {:.3f}\n",
                   labels, slope,
                   static_cast<double>(data.end_ns / 1'000'000) * 1e-3);
  }
}

}  // namespace

Status render_openmetrics(const ReportData& data, const FormatOptions&,
                          std::string& out) {
  out += "# HELP tidemark_run Which run this is.\n# TYPE tidemark_run info\n";
  fmt::format_to(std::back_inserter(out),
                 "tidemark_run_info{{run=\"{}\",host=\"{}\",status=\"{}\"}} 1 "
                 "{:.3f}\n",
                 sanitize_openmetrics(data.run_name),
                 sanitize_openmetrics(data.info.host),
                 report_status_name(data.status),
                 static_cast<double>(data.begin_ns / 1'000'000) * 1e-3);
  Exposition exposition(data, out);
  for (const Family& family : kFamilies) exposition.add(family);
  add_slopes(data, out);
  out += "# EOF\n";
  return {};
}

}  // namespace tidemark
