// Finding the recording that is being written now.
#pragma once

#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/store/recording_info.h"

namespace tidemark {

// The newest *.tmk in `folder` that has no end and was written to within the
// last ten seconds before `realtime_ns` (or three of its intervals). Error:
// not_found, saying how to start one.
Result<std::string> find_live_recording(const std::string& folder,
                                        int64_t realtime_ns);

// What `path` means: itself, or the newest part in that folder of the
// service's. Error: not_found, when it has none; the system's.
Result<std::string> newest_part(const std::string& path);
// The newest part behind this one, when it is a part of the service's recording
// and another has been begun since.
std::optional<std::string> find_successor(const std::string& path);

// True when the recording's clock is this machine's since its last boot.
// `boot_id_path`: /proc/sys/kernel/random/boot_id.
bool is_this_boot(const RecordingInfo& info, const std::string& boot_id_path);

}  // namespace tidemark
