// What a reader could not read, listed once however often it is met.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/store/recording_reader.h"

namespace tidemark {

class DamageList {
 public:
  const std::vector<Damage>& all() const { return damages_; }

  // `time` is that of the last good item before it.
  void add(int64_t offset, int64_t bytes, std::string reason, BootTime time);
  // The end of a file still being written, as it looks now: replaced by
  // settle_tail() once the file has grown.
  void add_tail(int64_t offset, int64_t bytes, std::string reason,
                BootTime time, bool truncation);
  void settle_tail();
  // A good tick behind the damage at hand ends its time span; until then,
  // ticks that cannot be read are counted with it.
  void good_tick(BootTime time);
  void lost_tick(BootTime time);
  // Reading starts anew somewhere else.
  void moved() { open_ = kNone; }

 private:
  static constexpr size_t kNone = SIZE_MAX;
  std::vector<Damage> damages_;
  size_t open_ = kNone;  // its time span is not yet known
  bool tail_ = false;    // the last one is a tail
};

}  // namespace tidemark
