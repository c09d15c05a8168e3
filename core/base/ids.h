// Identities. A pid alone names nobody: pids are reused within minutes, so a
// process is (pid, start time in clock ticks since boot), field 22 of
// /proc/PID/stat, which equals task->group_leader->start_boottime in ticks.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace tidemark {

// A small dense index into a dictionary; ids of different tags never mix.
template <typename Tag>
struct Id {
  uint32_t value = kNone;
  static constexpr uint32_t kNone = UINT32_MAX;

  constexpr Id() = default;
  constexpr explicit Id(uint32_t v) : value(v) {}
  constexpr bool valid() const { return value != kNone; }
  constexpr auto operator<=>(const Id&) const = default;
};

using MetricId = Id<struct MetricTag>;
using SubjectId = Id<struct SubjectTag>;
using StackId = Id<struct StackTag>;
using ModuleId = Id<struct ModuleTag>;

struct Pid {
  int32_t value = 0;
  constexpr auto operator<=>(const Pid&) const = default;
};

struct ProcessKey {
  Pid pid;
  uint64_t start_ticks = 0;
  constexpr auto operator<=>(const ProcessKey&) const = default;
};

}  // namespace tidemark

template <typename Tag>
struct std::hash<tidemark::Id<Tag>> {
  size_t operator()(tidemark::Id<Tag> id) const noexcept { return id.value; }
};
template <>
struct std::hash<tidemark::ProcessKey> {
  size_t operator()(const tidemark::ProcessKey& key) const noexcept {
    return static_cast<size_t>(key.start_ticks * 0x9E3779B97F4A7C15u) ^
           static_cast<size_t>(static_cast<uint32_t>(key.pid.value));
  }
};
