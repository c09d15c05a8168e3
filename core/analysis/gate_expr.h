// Gate expressions (docs/gates.md has the grammar and its examples):
//
//   max(rss_anon{role='server'}) during steady < 1GiB, warn 512MiB
//   slope(heap.live{comm='redis-server'}) per op during soak/* < 16B @99%
//   leak(server) in {none, saturating}
//   change(p95(span.checkout)) vs baseline < +10%, warn +5%
//
// Parsing knows words and units; which metrics exist and whether a limit's
// unit is theirs is check_gate()'s (gate_metrics.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/units.h"
#include "core/model/finding.h"
#include "core/model/gate.h"

namespace tidemark {

enum class GateFunction : uint8_t {
  max,
  min,
  mean,
  median,
  quantile,
  first,
  last,
  stddev,
  sum,
  rate,
  growth,
  count,
  slope,
  retained,
  ratio,
  leak,
};
const char* gate_function_name(GateFunction function);

enum class GateDimension : uint8_t { count, bytes, time, ratio };

// In bytes, seconds, or plain; a percentage is a ratio.
struct GateAmount {
  double value = 0;
  GateDimension dimension = GateDimension::count;
  bool bare = false;  // a number without a unit
  std::string text;   // as written
  size_t at = 0;
};

struct GateMatch {
  enum class Op : uint8_t { equal, differs, like, unlike };
  std::string key;  // role, comm, pid, exe, cmdline, cgroup, name, proc
  Op op = Op::equal;
  std::string value;  // =~ and !~: a glob
  size_t at = 0;

  // Whether a subject whose `key` is this is meant.
  bool takes(std::string_view attribute) const;
};

struct GateMetric {
  std::string name;  // may be a glob where clients name it: "span.*"
  std::vector<GateMatch> selector;  // all must hold
  size_t at = 0;
};

enum class GatePer : uint8_t { none, second, minute, hour, op };

// How long one is; 1 for what is no time.
constexpr double seconds_per(GatePer per) {
  switch (per) {
    case GatePer::minute: return 60;
    case GatePer::hour: return 3600;
    case GatePer::none:
    case GatePer::second:
    case GatePer::op: return 1;
  }
  return 1;
}

struct GateValue {
  GateFunction function = GateFunction::max;
  double quantile = 0;               // 0..1, of GateFunction::quantile
  std::vector<GateMetric> metrics;   // one; two of ratio(); none of leak()
  std::string target;                // leak(): a role or comm, a glob
  std::optional<Resource> resource;  // leak(): of this one only
  GatePer per = GatePer::none;
  std::string op;  // per op(NAME); "" = the primary one
  size_t per_at = 0;
  std::string during;  // glob over phase paths, or their tail; "" = all
  size_t during_at = 0;
  bool across_cycles = false;
  Nanoseconds over{0};               // the last so much of the scope; 0 = all
  std::optional<double> confidence;  // @99%
  size_t confidence_at = 0;
  size_t at = 0;
};

enum class GateCompare : uint8_t {
  less,
  less_equal,
  greater,
  greater_equal,
  equal,
  differs,
  in,
};

struct GateExpr {
  std::string text;  // as written
  std::string label;
  GateValue value;
  bool is_change = false;  // change(value) vs reference, a ratio
  std::string reference;   // "baseline", "run:PATH", "branch:NAME"
  GateCompare compare = GateCompare::less;
  GateAmount limit;
  std::optional<GateAmount> warn;
  // `in {...}`: the verdicts that pass, and those that only warn.
  std::vector<Verdict> verdicts, warn_verdicts;
  bool abort = false;    // ends the run when it fails
  Nanoseconds hold{0};   // for D: only what lasted as long counts
  Nanoseconds after{0};  // the first D of each phase is left out
  std::optional<GateStatus> on_nodata;
};

inline constexpr size_t kLongestGate = 4096;

// `metric`: when not empty, the functions may leave their metric out, as in
// k6's thresholds: "p(95)<500ms". Error usage: the expression, the position
// (from 1) and what is wrong there, with the nearest word that is right.
Result<GateExpr> parse_gate(std::string_view text,
                            std::string_view metric = {});

// The form of every error about a gate: "gate 'TEXT': at 5: WHY".
std::unexpected<Error> gate_error(std::string_view text, size_t at,
                                  std::string_view why);

}  // namespace tidemark
