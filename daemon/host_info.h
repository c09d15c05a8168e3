// What a recording says of the machine it was made on.
#pragma once

#include "core/base/clock.h"
#include "core/store/recording_info.h"
#include "daemon/collector.h"

namespace tidemark {

// Facts of this host (uname(2), sysconf(3), /proc/cpuinfo, /proc/meminfo, boot
// id), a new random uuid and the clocks now. What cannot be read stays empty.
RecordingInfo describe_host(const Roots& roots, const Clock& clock);

}  // namespace tidemark
