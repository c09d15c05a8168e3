#include "core/model/gate.h"

namespace tidemark {

const char* gate_status_name(GateStatus status) {
  switch (status) {
    case GateStatus::pass: return "pass";
    case GateStatus::warn: return "warn";
    case GateStatus::fail: return "fail";
    case GateStatus::inconclusive: return "inconclusive";
  }
  return "inconclusive";
}

}  // namespace tidemark
