#include "core/store/damage_list.h"

#include <algorithm>

namespace tidemark {

void DamageList::add(int64_t offset, int64_t bytes, std::string reason,
                     BootTime time) {
  const auto met = [offset](const Damage& damage) {
    return offset == damage.offset ||
           (offset > damage.offset && offset < damage.offset + damage.bytes);
  };
  if (std::ranges::any_of(damages_, met)) {
    open_ = kNone;  // after a seek
    return;
  }
  if (open_ != kNone && damages_[open_].reason == reason &&
      damages_[open_].offset + damages_[open_].bytes == offset) {
    damages_[open_].bytes += bytes;
    return;
  }
  open_ = damages_.size();
  damages_.push_back({.offset = offset,
                      .bytes = bytes,
                      .reason = std::move(reason),
                      .from = time,
                      .to = time});
}

void DamageList::add_tail(int64_t offset, int64_t bytes, std::string reason,
                          BootTime time, bool truncation) {
  const size_t before = damages_.size();
  add(offset, bytes, std::move(reason), time);
  if (damages_.size() == before) return;
  damages_.back().truncation = truncation;
  tail_ = true;
}

void DamageList::settle_tail() {
  if (!tail_) return;
  tail_ = false;
  open_ = kNone;
  damages_.pop_back();
}

void DamageList::good_tick(BootTime time) {
  if (open_ == kNone) return;
  damages_[open_].to = std::max(damages_[open_].to, time);
  open_ = kNone;
}

void DamageList::lost_tick(BootTime time) {
  if (open_ == kNone) return;
  Damage& damage = damages_[open_];
  damage.to = std::max(damage.to, time);
  ++damage.ticks_lost;
}

}  // namespace tidemark
