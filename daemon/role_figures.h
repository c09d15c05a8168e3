// The figures of processes by the role they play, for the exporter: sums over a
// role's members, never a pid. What an ended member had counted stays in its
// role's counters, so that these never fall.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/model/frame.h"
#include "daemon/metric_page.h"
#include "daemon/process_table.h"
#include "daemon/registry.h"

namespace tidemark {

class RoleFigures {
 public:
  // Roles beyond this many share the role "other": labels cost the scraper.
  static constexpr size_t kMostRoles = 64;
  static constexpr size_t kSources = 15;

  // Takes a frame's values of the watched processes that have a role.
  void observe(const Frame& frame, const Registry& registry,
               const ProcessTable& processes);
  // `boot_unix_ns`: the wall clock at boot, for start times.
  void put(MetricPage& page, int64_t boot_unix_ns) const;

 private:
  struct Member {
    std::string role;
    int64_t start_ns = 0;  // CLOCK_BOOTTIME
    std::array<int64_t, kSources> values{};
    std::array<bool, kSources> known{};
  };
  struct Role {
    std::array<int64_t, kSources> ended{};  // counters of ended members
    std::array<bool, kSources> known{};
    int64_t exits = 0;
  };
  struct Sums;

  void meet(const ProcessTable& processes);
  void part(const ProcessTable& processes);
  void take(size_t source, const Column& column);
  std::map<std::string, Sums> sums() const;

  std::unordered_map<SubjectId, Member> members_;
  std::map<std::string, Role> roles_;
};

}  // namespace tidemark
