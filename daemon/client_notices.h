// What the daemon tells its clients, and what they ask it: alerts, and gates to
// be held against the recording as it is now.
//
//   loop thread, after ClientHost::drain():
//     for (GateRequest& q : host.take_gate_requests())
//       host.answer_gate(q, evaluate(q));          // now or at a later turn
//   when a gate or finding fires, or is over:
//     host.deliver_alert(SubjectId(), alert);      // all clients
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/model/gate.h"

namespace tidemark {

struct ClientAlert {
  std::string name;  // of the gate or finding; cut at 152 bytes
  GateStatus status = GateStatus::fail;  // pass: it is over
  std::optional<double> value;           // in the gate's unit
  BootTime time;
};

// A client's question. `expr` is foreign: 1 to 424 raw bytes.
struct GateRequest {
  uint64_t connection = 0;  // for the answer
  uint64_t token = 0;
  SubjectId client;
  std::string expr;
};

struct GateAnswer {
  GateStatus status = GateStatus::inconclusive;
  std::optional<double> value;
  std::string reason = "gates are not evaluated here";  // cut at 152 bytes
};

// The engine's default says GateAnswer().
using GateEvaluator = std::function<GateAnswer(const GateRequest&)>;

}  // namespace tidemark
