// A test as a file: what to start, what load to put on it phase by phase, and
// the gates around it (docs/plans.md).
//
//   name = "redis soak"
//   gates = ["soak"]
//   [[target]]
//   name = "redis"
//   command = "redis-server --port ${PORT:-7777}"
//   healthy = "tcp:127.0.0.1:${PORT:-7777}"
//   [[phase]]
//   name = "load"
//   kind = "load"
//   command = "redis-benchmark -p ${PORT:-7777} -c ${LEVEL} -q"
//   levels = [1, 5, 10]
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/analysis/gate_file.h"
#include "core/base/result.h"
#include "core/base/units.h"
#include "core/model/event.h"

namespace tidemark {

// What says that a target can take load.
struct PlanProbe {
  enum class Kind : uint8_t { none, command, tcp, http };
  Kind kind = Kind::none;
  std::vector<std::string> command;  // exit 0: healthy
  std::string host, port;            // tcp and http, IPv4 or IPv6 or a name
  std::string path = "/";            // http: an answer below 400
  std::string text;                  // as written
};

struct PlanTarget {
  std::string name;  // its role
  std::vector<std::string> command;
  std::vector<std::string> prepare;  // run to its end before; may be empty
  PlanProbe healthy;
  Nanoseconds within = std::chrono::seconds(10);  // to become healthy
  std::string user;                               // run as; "" = as we are
  std::string directory;
  std::map<std::string, std::string> environment;
  int stop_signal = 15;                         // SIGTERM
  Nanoseconds grace = std::chrono::seconds(3);  // from that to SIGKILL
  std::vector<std::string> select;  // what else plays its role: selectors
};

struct PlanPhase {
  std::string name;
  PhaseKind kind = PhaseKind::load;
  // ${LEVEL} and ${CYCLE} stand for numbers. Empty: time passes.
  std::vector<std::string> command;
  std::string user;
  std::optional<Nanoseconds> length;  // `for`; the command is ended then
  std::vector<int64_t> levels;        // a phase of each, one after another
  bool until_knee = false;            // levels end where throughput does
  std::string throughput;             // where the command says it: "tps = {}"
  std::string operations;             // and how many it did: "{} requests"
  int64_t cycles = 1;
  Nanoseconds rest{0};        // a cool-down behind each cycle
  std::vector<int> ok = {0};  // exit codes that are no failure
};

struct Plan {
  std::string name;
  std::string interval, heap, until, max;  // of `record`, as text
  std::vector<std::string> gate_files;     // packs, or files beside the plan
  std::vector<Gate> gates;
  std::vector<std::string> roles;  // others that gates may name
  std::vector<PlanTarget> targets;
  std::vector<PlanPhase> phases;
};

// Error usage: file:line and what is wrong there.
Result<Plan> parse_plan(std::string_view text, const std::string& file,
                        const VariableLookup& lookup);

// Whether the gates, those of gate_files too, can mean anything in this plan:
// `during` names a phase of it, role and leak() a target. Error usage.
Status check_plan_gates(const Plan& plan, const std::vector<Gate>& gates);

// ${LEVEL} and ${CYCLE} of a phase's command.
std::vector<std::string> plan_command(const std::vector<std::string>& command,
                                      int64_t level, int64_t cycle);

// The number that stands where `pattern` has {}, of the last line that holds
// it; a blank in the pattern stands for any. Absent: no such line.
std::optional<double> find_figure(std::string_view output,
                                  std::string_view pattern);

// The role that processes of load commands play.
inline constexpr const char* kLoadRole = "loadgen";

}  // namespace tidemark
