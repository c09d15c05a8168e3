// A metric: what is measured. Declared once, in the sensor that reads it; the
// recording carries the declaration, so readers learn metrics from the stream.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/ids.h"

namespace tidemark {

enum class SubjectKind : uint8_t {
  system = 1,  // the host: exactly one subject
  cpu = 2,
  device = 3,  // a disk or a network interface
  cgroup = 4,
  process = 5,
  client = 6,  // a program connected through libtidemark
  site = 7,    // a call stack that took something, and when (site.h)
  self = 8,    // Tidemark's own parts (a collector, a probe, a drop cause)
};

enum class MetricKind : uint8_t {
  counter = 1,    // only grows within one life of its subject; read as deltas
  gauge = 2,      // a level
  histogram = 3,  // cumulative bucket counts of core/base/histogram.h
};

enum class Unit : uint8_t {
  none = 0,
  count = 1,
  bytes = 2,
  nanoseconds = 3,
  millionths = 4,  // a ratio in 1e-6 steps
  real = 5,        // the value's 64 bits are an IEEE double (client gauges)
};

// As a sensor declares it: constexpr data.
struct MetricSpec {
  std::string_view name;  // snake_case with dots: "rss_anon", "host.mem_free"
  SubjectKind subject;
  MetricKind kind;
  Unit unit;
  std::string_view help;  // one sentence; names the kernel file it comes from
};

// As a recording defines it.
struct Metric {
  MetricId id;
  std::string name;
  SubjectKind subject = SubjectKind::system;
  MetricKind kind = MetricKind::gauge;
  Unit unit = Unit::none;
  std::string help;
};

}  // namespace tidemark
