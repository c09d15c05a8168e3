// On-CPU stacks of followed processes: samples of each CPU by a software clock.
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

struct OnCpuOptions {
  uint32_t hertz = 49;               // no divisor of what programs do by timer
  uint32_t stacks_per_second = 200;  // of all processes
  uint32_t stacks_at_once = 400;
};

struct OnCpuCounts {  // since follow()
  int64_t samples = 0;
  int64_t no_room = 0;  // stacks that found the ring full
};

struct OnCpuStack {
  ProcessKey process;
  uint32_t cohort = 0;
  int64_t samples = 0;  // this one, and those before it without a stack
  std::array<uint64_t, 16> registers{};  // DWARF's order
  uint64_t program_counter = 0;
  std::span<const uint8_t> stack;  // from the stack pointer upwards
};

class OnCpuProbe {
 public:
  // Error: permission (kernel.perf_event_paranoid) or unsupported, with the
  // cause and the remedy.
  static Result<std::unique_ptr<OnCpuProbe>> open(
      const OnCpuOptions& options = {});
  virtual ~OnCpuProbe() = default;

  virtual Status follow(ProcessKey process) = 0;
  virtual void forget(Pid pid) = 0;
  // Error gone: it is not followed.
  virtual Result<OnCpuCounts> read(Pid pid) const = 0;
  // The phase that stacks belong to from now on.
  virtual void set_cohort(uint32_t ordinal) = 0;
  virtual Status drain(const std::function<void(const OnCpuStack&)>& fn) = 0;
};

}  // namespace tidemark
