// Quantities as distinct types: a page count does not pass as bytes.
// KiB from /proc become Bytes in the parser and nowhere else.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace tidemark {

using Nanoseconds = std::chrono::nanoseconds;

// A number of one thing; adds and compares only with its own kind.
template <typename Tag>
struct Quantity {
  int64_t count = 0;

  constexpr Quantity() = default;
  constexpr explicit Quantity(int64_t value) : count(value) {}
  constexpr auto operator<=>(const Quantity&) const = default;
  constexpr Quantity operator+(Quantity other) const {
    return Quantity(count + other.count);
  }
  constexpr Quantity operator-(Quantity other) const {
    return Quantity(count - other.count);
  }
  constexpr Quantity& operator+=(Quantity other) {
    count += other.count;
    return *this;
  }
};

using Bytes = Quantity<struct BytesTag>;
using Pages = Quantity<struct PagesTag>;  // of the system's page size
using Ticks = Quantity<struct TicksTag>;  // of sysconf(_SC_CLK_TCK), 10 ms

constexpr Bytes kib(int64_t n) { return Bytes(n * 1024); }
constexpr Bytes mib(int64_t n) { return Bytes(n * 1024 * 1024); }
constexpr Bytes to_bytes(Pages pages, Bytes page_size) {
  return Bytes(pages.count * page_size.count);
}
constexpr Nanoseconds to_nanoseconds(Ticks ticks, int64_t ticks_per_second) {
  return Nanoseconds(ticks.count * (1'000'000'000 / ticks_per_second));
}

}  // namespace tidemark
