// What a recording says of itself: in its file header and first chapter.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/clock.h"

namespace tidemark {

inline constexpr uint16_t kFormatMajor = 1;
inline constexpr uint16_t kFormatMinor = 1;

struct RecordingInfo {
  uint16_t major = kFormatMajor;
  uint16_t minor = kFormatMinor;
  std::array<uint8_t, 16> uuid{};
  std::array<uint8_t, 16> boot_id{};  // /proc/sys/kernel/random/boot_id
  ClockAnchor anchor;                 // at creation

  std::string producer;  // "tidemark 0.1.0"
  std::string host;
  std::string kernel;  // uname -r
  std::string cpu_model;
  int64_t cpu_count = 0;
  int64_t memory_bytes = 0;
  int64_t page_size = 4096;
  int64_t ticks_per_second = 100;
  int64_t interval_ns = 0;
  std::vector<std::string> command;  // record -- cmd, secrets scrubbed
  // Collector and probe levels: "process: iter/task".
  std::vector<std::string> levels;
  // Where clients connect while it is written; "" when none can.
  std::string socket;
};

}  // namespace tidemark
