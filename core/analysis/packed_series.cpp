#include "core/analysis/packed_series.h"

#include <algorithm>
#include <utility>

namespace tidemark {
namespace {

// Zigzag: small negative numbers are short too.
uint64_t fold(int64_t number) {
  return (static_cast<uint64_t>(number) << 1) ^
         static_cast<uint64_t>(number >> 63);
}

int64_t unfold(uint64_t folded) {
  return static_cast<int64_t>((folded >> 1) ^ (~(folded & 1) + 1));
}

// Wraps instead of overflowing: values are foreign.
int64_t minus(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) -
                              static_cast<uint64_t>(b));
}

int64_t plus(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) +
                              static_cast<uint64_t>(b));
}

uint64_t take(const uint8_t*& at) {
  uint64_t number = 0;
  for (int shift = 0;; shift += 7) {
    const uint8_t byte = *at++;
    number |= uint64_t{byte & 0x7Fu} << shift;
    if (byte < 0x80) return number;
  }
}

}  // namespace

void PackedSeries::put(int64_t number) {
  uint64_t rest = fold(number);
  while (rest >= 0x80) {
    bytes_.push_back(static_cast<uint8_t>(rest | 0x80));
    rest >>= 7;
  }
  bytes_.push_back(static_cast<uint8_t>(rest));
}

bool PackedSeries::append(BootTime time, int64_t value) {
  const int64_t us = to_ns(time) / 1000;
  if (count_ == 0) {
    first_ = last_ = {boot_time(us * 1000), value};
    last_us_ = us;
    ++count_;
    return true;
  }
  if (us < last_us_) return false;
  const int64_t step = us - last_us_;
  put(minus(step, step_us_));
  put(minus(value, last_.value));
  last_ = {boot_time(us * 1000), value};
  last_us_ = us;
  step_us_ = step;
  ++count_;
  return true;
}

void PackedSeries::forget(BootTime before, std::span<const BootTime> kept) {
  if (count_ < 2 || first_.time >= before) return;
  const std::vector<Reading> all = unpack();
  const auto spans = [&](size_t i, BootTime time) {
    const bool until =
        i + 1 < all.size() && all[i].time <= time && time < all[i + 1].time;
    const bool since = i > 0 && all[i - 1].time < time && time <= all[i].time;
    return until || since;
  };
  PackedSeries rest;
  for (size_t i = 0; i < all.size(); ++i) {
    const bool is_last = i + 1 == all.size();
    const bool stays =
        is_last || all[i + 1].time > before ||
        std::any_of(kept.begin(), kept.end(),
                    [&](BootTime time) { return spans(i, time); });
    if (stays) rest.append(all[i].time, all[i].value);
  }
  *this = std::move(rest);
}

std::vector<Reading> PackedSeries::unpack() const {
  std::vector<Reading> readings;
  if (count_ == 0) return readings;
  readings.reserve(count_);
  readings.push_back(first_);
  int64_t us = to_ns(first_.time) / 1000;
  int64_t step = 0;
  int64_t value = first_.value;
  const uint8_t* at = bytes_.data();
  while (readings.size() < count_) {
    step = plus(step, unfold(take(at)));
    us = plus(us, step);
    value = plus(value, unfold(take(at)));
    readings.push_back({boot_time(us * 1000), value});
  }
  return readings;
}

}  // namespace tidemark
