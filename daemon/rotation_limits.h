// When the service begins a new part of its recording, and which it keeps.
#pragma once

#include <cstdint>

#include "core/base/units.h"
#include "core/store/retention.h"

namespace tidemark {

struct RotationLimits {
  int64_t size = int64_t{64} << 20;          // bytes of one part
  Nanoseconds age = std::chrono::hours(24);  // of its first tick
  RetentionLimits keep;

  bool operator==(const RotationLimits&) const = default;
};

}  // namespace tidemark
