// A baseline: the accepted figures of one run, small enough to be kept beside
// the code and compared with for years (design part 5.7). Pure data.
//
// Figures are in base units: bytes, seconds, ratios, counts. A series is what
// one metric of one subject was in all cycles of one phase path; the phase ""
// is the whole run.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/analysis/gate_metrics.h"
#include "core/model/event.h"

namespace tidemark {

// The ranks whose values a series keeps: its shape in eleven numbers.
inline constexpr std::array<double, 11> kSketchRanks = {
    0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1};
inline constexpr size_t kMostFloors = 48;

struct BaselineSeries {
  std::string metric;   // as gates name it: "rss_anon", "span.checkout"
  std::string subject;  // a role, a device; "" = all clients, or the host
  GateSource source = GateSource::level;
  std::string unit;  // of its samples: "bytes", "seconds", "ratio", "bytes/s"
  int64_t n = 0;     // samples; of spans: calls
  double mean = 0, median = 0;
  double mad = 0;                       // median absolute deviation, unscaled
  std::vector<double> sketch;           // at kSketchRanks; empty when n is 0
  std::optional<double> total, per_op;  // of counters, in the base unit
  std::optional<double> deviation;      // standard, of the samples
  // Levels that a phase of minutes falls back to, and their slope.
  std::vector<double> floors;
  std::optional<double> slope_per_minute;

  // By linear interpolation between the ranks; sketch must not be empty.
  double quantile(double rank) const;
};

struct BaselinePhase {
  std::string path;  // "" = the whole run
  PhaseKind kind = PhaseKind::custom;
  int64_t cycles = 0, aborted = 0;     // aborted ones are in no series
  double seconds = 0;                  // of the cycles that ended
  std::vector<BaselineSeries> series;  // by metric, then subject

  const BaselineSeries* find(std::string_view metric,
                             std::string_view subject) const;
};

// What the leak verdict said of one resource of one role: retained per op.
struct BaselineFinding {
  std::string subject, resource, verdict;
  std::string op;  // of per_op; "" = none was counted
  double per_minute = 0;
  std::optional<double> per_op;
  std::optional<double> lo, hi;  // of per_op, else of per_minute
  int64_t n = 0;
};

// Where a run was made, as words by name: "cpu_model", "cpus", "kernel", ….
using Testbed = std::map<std::string, std::string>;
// Twelve hexadecimal digits of all of it.
std::string testbed_fingerprint(const Testbed& testbed);
// The names of facts that both tell and that differ.
std::vector<std::string> testbed_differences(const Testbed& a,
                                             const Testbed& b);

// How much of the host others took while the run was measured, as shares of
// all its processors' time.
struct Interference {
  double others = 0;    // processes that are not of the run
  double steal = 0;     // the hypervisor's other guests
  double pressure = 0;  // of the time some task waited for a processor
  // What the run could not have: 0 an isolated host, 1 none left for it.
  double score() const { return others + steal < 1 ? others + steal : 1; }
};

struct Baseline {
  std::string scenario;  // what is tested: "shop", "soak-nightly"
  std::string name;      // given by the user; may be empty
  std::string branch = "unknown", commit = "unknown";
  std::string run;       // the recording's uuid, in hexadecimal
  std::string producer;  // "tidemark 0.1.0"
  int64_t begin_ns = 0;  // Unix time
  double seconds = 0;
  double coverage = 1;  // ticks recorded / ticks expected
  std::string aborted;  // why the run was ended early; "" = not
  std::string verdict;  // of its report: "pass", "warn", …
  // A new level was accepted with this run: why. "" = no.
  std::string level;
  // What the user says of it: KEY=VALUE.
  std::map<std::string, std::string> attributes;
  Testbed testbed;
  std::optional<Interference> interference;  // absent: the host was not read
  std::vector<BaselinePhase> phases;         // "" first, then by first begin
  std::vector<BaselineFinding> findings;

  const BaselinePhase* phase(std::string_view path) const;
  // An attribute, or a field of that name ("commit", "branch", "scenario",
  // "name", "testbed" and the testbed's own); nothing when it has none.
  std::optional<std::string> attribute(const std::string& key) const;
};

}  // namespace tidemark
