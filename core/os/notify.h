// Tells the service manager how we are: sd_notify(3). Without a manager
// (NOTIFY_SOCKET unset) every call does nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/units.h"

namespace tidemark {

void notify_ready();
void notify_status(std::string_view text);
// The configuration is read again; notify_ready() says that it is done.
void notify_reloading(int64_t monotonic_ns);
void notify_stopping();
void notify_watchdog();
// How often the manager wants to hear from us (WatchdogSec); nullopt: never.
std::optional<Nanoseconds> watchdog_interval();
// The socket the manager opened for us (socket activation, sd_listen_fds(3));
// nullopt when it opened none.
std::optional<int> inherited_socket();

}  // namespace tidemark
