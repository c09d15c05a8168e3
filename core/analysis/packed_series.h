// One long series in little memory: times as differences of differences and
// values as differences, in variable-length bytes; a counter read each second
// costs about five bytes a reading. Times are kept to the microsecond.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/clock.h"

namespace tidemark {

struct Reading {
  BootTime time;
  int64_t value = 0;

  bool operator==(const Reading&) const = default;
};

class PackedSeries {
 public:
  // Times may not decrease; a reading older than the last one is dropped and
  // false returned.
  bool append(BootTime time, int64_t value);

  bool empty() const { return count_ == 0; }
  size_t size() const { return count_; }
  size_t bytes() const { return bytes_.capacity(); }
  Reading first() const { return first_; }
  Reading last() const { return last_; }
  // Forgets what is older than `before`, but for the reading that held then
  // and the two around each of `kept`. Costs a pass over all of it.
  void forget(BootTime before, std::span<const BootTime> kept);
  // All readings, in order.
  std::vector<Reading> unpack() const;

 private:
  void put(int64_t number);

  std::vector<uint8_t> bytes_;
  size_t count_ = 0;
  Reading first_, last_;
  int64_t last_us_ = 0;
  int64_t step_us_ = 0;
};

}  // namespace tidemark
