// Pressure stall information: /proc/pressure/{cpu,memory,io} and a cgroup's
// *.pressure (kernel Documentation/accounting/psi.rst). Only the totals are
// taken; shares over a phase are computed from them.
#pragma once

#include <optional>
#include <string_view>

#include "core/base/result.h"
#include "core/base/units.h"

namespace tidemark::procfs {

struct Pressure {
  std::optional<Nanoseconds> some;  // the file counts microseconds
  std::optional<Nanoseconds> full;
};

// Error malformed: neither line is there.
Result<Pressure> parse_pressure(std::string_view text);

}  // namespace tidemark::procfs
