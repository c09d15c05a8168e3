// Asks a daemon through its control socket (daemon/control_desk.h).
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/base/result.h"

namespace tidemark {

// The control socket of the daemon that TIDEMARK_SOCKET leads to, else of the
// service.
std::string control_socket();

// What the daemon finds to hold memory in a process that it traces for so long;
// what it says comes in pieces, as it says it. Errors: not_found: no daemon
// listens there; usage: it refuses, with its words; gone: it ended.
Status ask_for_trace(const std::string& socket, Pid process, Nanoseconds length,
                     const std::function<void(std::string_view)>& say);

}  // namespace tidemark
