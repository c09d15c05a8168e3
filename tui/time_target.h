// Where to go, as typed after `b` or given with --at.
#pragma once

#include <string_view>

#include "core/base/result.h"
#include "core/store/recording_info.h"
#include "tui/run_history.h"

namespace tidemark {

// "14:32:07" or "14:32" local time, "+90s" from the begin, "-30s" before the
// end, "50%" of the recording, or a phase: "steady", "soak/steady#3". Error:
// usage, saying what is understood.
Result<BootTime> parse_time_target(std::string_view text,
                                   const RunHistory& history,
                                   const RecordingInfo& info);

}  // namespace tidemark
