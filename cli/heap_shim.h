// The environment that puts libtidemark-heap into a command.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "daemon/heap_settings.h"

namespace tidemark {

// Added to a command's environment for --heap=shim; empty for other modes.
// Error usage: the library is not found, with where it was looked for.
Result<std::vector<std::pair<std::string, std::string>>> shim_environment(
    const HeapSettings& heap);

}  // namespace tidemark
