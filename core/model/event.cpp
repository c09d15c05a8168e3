#include "core/model/event.h"

#include <array>
#include <cstring>

namespace tidemark {
namespace {

constexpr std::array<const char*, 9> kPhaseKindNames = {
    "custom", "setup",    "warmup",   "ramp",   "load",
    "steady", "cooldown", "teardown", "exclude"};

}  // namespace

const char* phase_kind_name(PhaseKind kind) {
  const auto index = static_cast<size_t>(kind);
  return index < kPhaseKindNames.size() ? kPhaseKindNames[index] : "custom";
}

bool phase_kind_from_name(const char* name, PhaseKind& kind) {
  for (size_t i = 0; name != nullptr && i < kPhaseKindNames.size(); ++i) {
    if (std::strcmp(name, kPhaseKindNames[i]) == 0) {
      kind = static_cast<PhaseKind>(i);
      return true;
    }
  }
  return false;
}

}  // namespace tidemark
