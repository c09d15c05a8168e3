#include "core/os/notify.h"

#include <systemd/sd-daemon.h>

#include <string>

#include "core/base/text.h"

namespace tidemark {

void notify_ready() { sd_notify(0, "READY=1"); }

void notify_status(std::string_view text) {
  sd_notify(0, ("STATUS=" + sanitize_log(text)).c_str());
}

void notify_reloading(int64_t monotonic_ns) {
  sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld",
             static_cast<long long>(monotonic_ns / 1000));
}

void notify_stopping() { sd_notify(0, "STOPPING=1"); }

void notify_watchdog() { sd_notify(0, "WATCHDOG=1"); }

std::optional<Nanoseconds> watchdog_interval() {
  uint64_t microseconds = 0;
  if (sd_watchdog_enabled(0, &microseconds) <= 0) return std::nullopt;
  return Nanoseconds(static_cast<int64_t>(microseconds) * 1000);
}

std::optional<int> inherited_socket() {
  // 1: takes the variables away, so that no child believes it is meant.
  if (sd_listen_fds(1) <= 0) return std::nullopt;
  return SD_LISTEN_FDS_START;
}

}  // namespace tidemark
