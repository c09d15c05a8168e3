// A finding: the verdict on one resource of one process (design part 5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/ids.h"

namespace tidemark {

enum class Resource : uint8_t {
  heap,
  rss_anon,  // RssAnon + swap
  rss_shmem,
  rss_file,
  mappings,
  fds,
  sockets,
  threads,
  children,
  inotify_watches,
  kernel_memory,
};

enum class Verdict : uint8_t {
  none,          // no leak >= the smallest leak worth naming (delta)
  leak,          // confirmed; confirmed_by says what confirmed it
  suspect,       // grows like a leak, unconfirmed
  saturating,    // filling cache, warm-up: a plateau is predicted
  step,          // one-off step
  startup,       // grew only before the first load phase
  inconclusive,  // reason and needed_seconds say why and what would decide
};

enum class Confirmation : uint8_t {
  none,
  cycles,
  cohorts,
  integers,
  baseline,
  repeat,
};

// A statistic with its interval; n samples; how it was computed.
struct Estimate {
  double value = 0;
  double lo = 0;
  double hi = 0;
  int64_t n = 0;
  std::string method;
};

struct Finding {
  SubjectId subject;
  Resource resource = Resource::rss_anon;
  Verdict verdict = Verdict::inconclusive;
  std::string leak_class;  // part 5.1: "heap leak", "handle leak", ...
  Confirmation confirmed_by = Confirmation::none;

  // In the resource's unit (bytes, or pieces) per minute and per operation.
  Estimate slope_per_minute;
  std::optional<Estimate> slope_per_op;
  std::string op_name;  // of slope_per_op
  double min_detectable_per_minute = 0;
  std::optional<double> min_detectable_per_op;
  double delta_per_minute = 0;    // the smallest slope that counts as a leak
  std::optional<double> plateau;  // saturating: the predicted level

  // Of such a rise when nothing rises: in this series alone, and as the share
  // of false ones among all of the run that look as sure.
  double p_value = 1;
  double q_value = 1;

  std::string reason;         // why this verdict, one clause
  double needed_seconds = 0;  // inconclusive: how much longer would decide
  // The reading points the verdict was drawn from: seconds since run begin,
  // cumulative ops, value.
  struct Point {
    double seconds = 0;
    double ops = 0;
    double value = 0;
  };
  std::vector<Point> points;
  int64_t cycles = 0;  // retained readings used, 0 for one long phase
  std::vector<std::string> phases;  // the paths in which it grew
};

bool is_bytes(Resource resource);
// The names of report.json: "rss_anon", "leak", "cycles", ...
const char* resource_name(Resource resource);
const char* verdict_name(Verdict verdict);
const char* confirmation_name(Confirmation confirmation);

}  // namespace tidemark
