// The outcome of a gate: a threshold held against a recording (design 5.6).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace tidemark {

enum class GateStatus : uint8_t { pass, warn, fail, inconclusive };

// What report.json says in gates[], and a little more for people.
struct GateResult {
  std::string expr;   // as written, variables replaced
  std::string label;  // "" when it has none
  GateStatus status = GateStatus::inconclusive;
  // In `unit`; absent when there was nothing to compute it from, and of
  // leak(), whose value and limit are words.
  std::optional<double> value, limit;
  std::string value_text, limit_text;  // as shown: "812 MiB", "leak"
  std::string unit;   // "bytes", "seconds", "ratio", "count", "bytes/op", …
  std::string phase;  // the glob it was restricted to; "" = the whole run
  int64_t n = 0;      // readings, or pieces, that the value rests on
  std::optional<double> confidence;  // 0.99; absent: the value as measured
  std::string subject;               // who decided: "server (pid 4112)"
  std::string reason;                // one clause; never empty
  bool words = false;                // value and limit are the texts (leak)
  bool no_data = false;              // inconclusive for want of any sample
};

// "pass", "warn", "fail", "inconclusive".
const char* gate_status_name(GateStatus status);

}  // namespace tidemark
