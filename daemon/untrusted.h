// A value that a client wrote. It converts to nothing: it must pass a check to
// become a value of ours.
#pragma once

#include <algorithm>
#include <optional>

namespace tidemark {

template <typename T>
class Untrusted {
 public:
  explicit constexpr Untrusted(T value) : value_(value) {}

  // The value when `check` accepts it.
  template <typename Check>
  constexpr std::optional<T> take_if(Check&& check) const {
    if (!check(value_)) return std::nullopt;
    return value_;
  }
  // The value, or the nearest end of the range.
  constexpr T clamped(T low, T high) const {
    return std::clamp(value_, low, high);
  }
  // For values of which every bit pattern is as good as another: counts that
  // are only ever shown.
  constexpr T any() const { return value_; }

 private:
  T value_;
};

}  // namespace tidemark
