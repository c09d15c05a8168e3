// Which metric goes into which chart of the timeline, and as what.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/model/metric.h"
#include "report/timeline.h"

namespace tidemark {

// In the order in which the charts stand. One of a client's gauge is named
// after it and stands where `gauge` does.
enum class ChartId : uint8_t {
  ops,
  errors,
  latency_p50,
  latency_p95,
  cpu,
  memory,
  heap,
  fds,
  threads,
  read,
  write,
  faults,
  run_delay,
  gauge,
  host_cpu,
  host_memory,
  pressure,
  network,
  self_cpu,
  self_memory,
};

struct ChartSpec {
  ChartId id;
  std::string_view name, title;
  ChartUnit unit;
};
std::span<const ChartSpec> chart_specs();

// What its values are summed by.
enum class SeriesBy : uint8_t {
  role,    // of the process
  metric,  // the name below
};

struct ChartRule {
  ChartId chart = ChartId::cpu;
  SeriesBy by = SeriesBy::metric;
  bool counter = false;
  bool real = false;    // the values are the bits of doubles
  bool span = false;    // a histogram of durations
  bool others = false;  // unwatched processes too, all as one
  double scale = 1;     // from the metric's unit to the chart's
  std::string series;   // SeriesBy::metric
};

// nullopt: no chart shows it.
std::optional<ChartRule> chart_rule(const Metric& metric);

}  // namespace tidemark
