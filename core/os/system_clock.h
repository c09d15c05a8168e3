// The machine's clocks behind core/base's Clock interface.
#pragma once

#include "core/base/clock.h"

namespace tidemark {

class SystemClock final : public Clock {
 public:
  BootTime now() const override;
  ClockAnchor anchor() const override;
};

}  // namespace tidemark
