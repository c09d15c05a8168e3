// What tests of the heap tracer begin with: a tracer, or a skip with the reason
// why there can be none, and a folder that goes with them.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "tests/bpf/heap_session.h"

namespace tidemark::testing_bpf {

class HeapFixture : public testing::Test {
 protected:
  void SetUp() override {
    auto tracer = HeapTracer::open({});
    if (!tracer) GTEST_SKIP() << tracer.error().what;
    tracer_ = std::move(*tracer);
    char pattern[] = "/tmp/tidemark-heap-XXXXXX";
    folder_ = ::mkdtemp(pattern);
  }
  void TearDown() override {
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }

  // Counts what a target that is ready does, up to its "done".
  static void trace(HeapSession& session, CuedTarget& target,
                    uint64_t period = HeapTracer::kExact) {
    const Status attached = session.attach(target.pid());
    ASSERT_TRUE(attached) << attached.error().what;
    session.sample(period);
    target.answer();
    ASSERT_TRUE(target.hear("done\n"));
    ASSERT_TRUE(session.read());
  }
  // The same to its end: 12 blocks stay alive.
  void expect_traced(CuedTarget& target) {
    HeapSession session(*tracer_);
    ASSERT_NO_FATAL_FAILURE(trace(session, target));
    EXPECT_EQ(session.live_count(), 12);
    target.answer();
    EXPECT_EQ(target.wait(), 0);
  }

  std::unique_ptr<HeapTracer> tracer_;
  std::string folder_;
};

}  // namespace tidemark::testing_bpf
