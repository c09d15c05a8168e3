#include "daemon/handle_growth.h"

#include <algorithm>

namespace tidemark {

bool HandleGrowth::add(int64_t count) {
  floor_ = std::min(floor_, count);
  if (++readings_ == kWindow) end_window();
  return growing_;
}

void HandleGrowth::end_window() {
  std::ranges::rotate(floors_, floors_.begin() + 1);
  floors_.back() = floor_;
  known_ = std::min(known_ + 1, kFloors);
  growing_ = growing_ || rises() || groups_rise();
  floor_ = kNone;
  readings_ = 0;
}

bool HandleGrowth::rises() const {
  if (known_ <= kRises) return false;
  const auto first = floors_.end() - 1 - kRises;
  for (auto each = first + 1; each != floors_.end(); ++each) {
    if (*each <= *(each - 1)) return false;
  }
  return floors_.back() - *first >= kLeast;
}

bool HandleGrowth::groups_rise() const {
  if (known_ < kFloors) return false;
  const auto least = [this](size_t group) {
    const auto begin = floors_.begin() + static_cast<ptrdiff_t>(group * kGroup);
    return *std::min_element(begin, begin + kGroup);
  };
  return least(0) < least(1) && least(1) < least(2) &&
         least(2) - least(0) >= kLeast;
}

}  // namespace tidemark
