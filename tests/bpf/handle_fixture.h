// What tests of the handle tracer begin with: a tracer, or a skip with the
// reason why there can be none, and what stands open of a kind.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "probes/handles.h"
#include "probes/process_maps.h"
#include "probes/unwinder.h"

namespace tidemark::testing_bpf {

class HandleFixture : public testing::Test {
 protected:
  struct Open {
    int64_t count = 0, bytes = 0;
  };

  void SetUp() override {
    auto tracer = HandleTracer::open();
    if (!tracer) GTEST_SKIP() << tracer.error().what;
    tracer_ = std::move(*tracer);
  }

  HandleSlot attach(pid_t pid) {
    auto maps = read_process_maps("/proc", Pid{pid});
    EXPECT_TRUE(maps);
    maps_ = std::move(*maps);
    const auto slot = tracer_->attach(Pid{pid}, maps_);
    EXPECT_TRUE(slot) << slot.error().what;
    return *slot;
  }

  // Of a kind, over all stacks; of all cohorts unless told.
  Open open_now(SiteKind kind, int cohort = -1) const {
    std::vector<HandleSite> rows;
    EXPECT_TRUE(tracer_->read_sites(rows));
    Open sum;
    for (const HandleSite& row : rows) {
      if (row.kind != kind) continue;
      if (cohort >= 0 && row.cohort != static_cast<uint32_t>(cohort)) continue;
      sum.count += row.opened - row.closed;
      sum.bytes += row.opened_bytes - row.closed_bytes;
    }
    return sum;
  }

  UnwoundStack unwind(Unwinder& unwinder, const HandleStack& stack) const {
    UnwindInput input;
    input.registers = stack.registers;
    input.program_counter = stack.program_counter;
    input.stack_address = stack.registers[7];
    input.stack = stack.stack;
    return unwinder.unwind(maps_, input);
  }

  std::unique_ptr<HandleTracer> tracer_;
  ProcessMaps maps_;
};

}  // namespace tidemark::testing_bpf
