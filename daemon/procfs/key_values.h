// Files that are lines of "key value": /proc/meminfo ("key: value kB"),
// /proc/vmstat, cgroup memory.stat, cpu.stat, memory.events and their like.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/base/result.h"

namespace tidemark::procfs {

// One wanted line; `present` says whether it was there with a number.
struct KeyValue {
  std::string_view key;
  int64_t value = 0;  // as printed, times 1024 when the line ends in "kB"
  bool present = false;
};

// Fills the wanted keys from the text, in one pass. Lines nobody asked for and
// values that are no number are passed over: absent. Error malformed: none of
// the wanted keys is there.
Status parse_key_values(std::string_view file, std::string_view text,
                        std::span<KeyValue> wanted);

}  // namespace tidemark::procfs
