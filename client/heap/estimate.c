// Sampling by bytes: each byte starts a sample with probability 1/period, so a
// block of `size` is sampled with 1 - e^(-size/period) and stands for
// size / (1 - e^(-size/period)) bytes (jemalloc, PROFILING_INTERNALS.md). The
// probes do the same in integers (probes/heap_sampling.h); here floating point
// is at hand, but no libm, which would come along into every program.
#include <string.h>

#include "client/heap/shim.h"

static const double kLn2 = 0.693147180559945309417;

// Of a normal positive number, by its exponent and the series of atanh.
static double natural_log(double value) {
  uint64_t bits = 0;
  memcpy(&bits, &value, sizeof bits);
  const int exponent = (int)(bits >> 52) - 1023;
  bits = (bits & 0xFFFFFFFFFFFFF) | (UINT64_C(1023) << 52);
  double mantissa = 0;  // 1 <= mantissa < 2
  memcpy(&mantissa, &bits, sizeof mantissa);
  const double z = (mantissa - 1) / (mantissa + 1);
  double term = z;
  double sum = 0;
  for (int i = 1; i < 24; i += 2) {
    sum += term / i;
    term *= z * z;
  }
  return 2 * sum + exponent * kLn2;
}

// 1 - e^-x for 0 < x: by halving x until the series is short, then
// 1 - (1 - a)^2 = a (2 - a) for each time.
static double sampled_share(double x) {
  int halved = 0;
  for (; x > 0.125; x /= 2) ++halved;
  double share = 0;
  double term = x;
  for (int i = 2; i < 12; ++i) {
    share += term;
    term *= -x / i;
  }
  for (; halved > 0; --halved) share *= 2 - share;
  return share;
}

uint64_t tidemark_heap_gap(double random, uint64_t period) {
  if (period <= TIDEMARK_HEAP_EXACT) return 0;
  return (uint64_t)(-natural_log(random) * (double)period) + 1;
}

uint64_t tidemark_heap_weight(uint64_t size, uint64_t period) {
  if (period <= TIDEMARK_HEAP_EXACT || size == 0) return size;
  const double ratio = (double)size / (double)period;
  if (ratio > 40) return size;
  return (uint64_t)((double)size / sampled_share(ratio) + 0.5);
}
