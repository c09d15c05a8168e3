// Growth of followed processes by call stack: of the address space (design A1)
// and of touched anonymous memory (A2). Totals are exact sums of what was seen;
// stacks are taken within a budget, and each carries the growth since the one
// before it, so that they add up to the whole. x86-64.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "core/base/ids.h"
#include "core/base/result.h"

namespace tidemark {

struct GrowthOptions {
  // One in so many page faults of a CPU is looked at. A prime, so that no loop
  // falls into step with it.
  uint32_t fault_period = 61;
  uint32_t stacks_per_second = 100;  // of all processes
  uint32_t stacks_at_once = 400;     // unused ones are saved up to here
  bool perf_events = true;           // false: the tracepoint, for tests
};

enum class GrowthRegion : uint8_t {
  heap = 0,     // brk
  mapping = 1,  // anonymous
  arena = 2,    // was reserved, now usable
  thread_stack = 3,
  stack = 4,     // the main thread's
  file = 5,      // files, shared memory
  reserved = 6,  // addresses only
};
inline constexpr size_t kGrowthRegions = 7;

struct GrowthAmount {
  int64_t bytes = 0;
  int64_t count = 0;
};

// Since follow().
struct GrowthCounts {
  std::array<GrowthAmount, kGrowthRegions> grown;    // address space
  GrowthAmount shrunk;                               // address space
  std::array<GrowthAmount, kGrowthRegions> touched;  // count: of samples
  int64_t no_room = 0;  // stacks that found the ring full
};

// How a process stands when it begins to be followed: /proc/PID/statm, pages.
struct GrowthBaseline {
  int64_t total = 0;
  int64_t data = 0;  // its data column
  int64_t anonymous = 0;
};

struct GrowthStack {
  ProcessKey process;
  uint32_t cohort = 0;
  bool fault = false;  // touched memory; else address space
  GrowthAmount amount;
  std::array<uint64_t, 16> registers{};  // DWARF's order
  uint64_t program_counter = 0;
  std::span<const uint8_t> stack;  // from the stack pointer upwards
};

class GrowthProbe {
 public:
  // Error: permission or unsupported, with the cause and the remedy.
  static Result<std::unique_ptr<GrowthProbe>> open(
      const GrowthOptions& options = {});
  virtual ~GrowthProbe() = default;

  // "perf event" or "tp_btf", for page faults.
  virtual const char* fault_source() const = 0;
  // Error full: too many processes.
  virtual Status follow(ProcessKey process, const GrowthBaseline& from) = 0;
  virtual void forget(Pid pid) = 0;
  // Error gone: it is not followed.
  virtual Result<GrowthCounts> read(Pid pid) const = 0;
  // The phase that stacks belong to from now on.
  virtual void set_cohort(uint32_t ordinal) = 0;
  virtual Status drain(const std::function<void(const GrowthStack&)>& fn) = 0;
};

}  // namespace tidemark
