// Whom the client host does not listen to for a while, and how often it may
// speak of them: a flood of bad clients must not become a flood of events.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "core/base/clock.h"
#include "core/base/ids.h"

namespace tidemark {

class ClientWatchlist {
 public:
  static constexpr Nanoseconds kBarred{10'000'000'000};
  static constexpr Nanoseconds kWindow{60'000'000'000};
  static constexpr uint32_t kReportsPerWindow = 10;
  static constexpr size_t kMaxEntries = 4096;
  // A topic beside the uids.
  static constexpr uint64_t kRefusals = uint64_t{1} << 32;

  // Refuses this process for kBarred.
  void bar(Pid pid, BootTime now) {
    std::erase_if(barred_, [&](const auto& e) { return e.second <= now; });
    if (barred_.size() < kMaxEntries) barred_[pid.value] = now + kBarred;
  }
  bool is_barred(Pid pid, BootTime now) const {
    const auto found = barred_.find(pid.value);
    return found != barred_.end() && now < found->second;
  }

  // At most kReportsPerWindow reports per topic (a uid) and window.
  bool may_report(uint64_t topic, BootTime now) {
    std::erase_if(windows_, [&](const auto& e) {
      return e.second.begin + kWindow <= now;
    });
    if (windows_.size() >= kMaxEntries && !windows_.contains(topic)) {
      return false;
    }
    Window& window = windows_.try_emplace(topic, Window{now, 0}).first->second;
    return window.reports++ < kReportsPerWindow;
  }

 private:
  struct Window {
    BootTime begin;
    uint32_t reports = 0;
  };
  std::unordered_map<int32_t, BootTime> barred_;
  std::unordered_map<uint64_t, Window> windows_;
};

}  // namespace tidemark
