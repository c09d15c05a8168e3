// The heap tracer against programs that know what they allocate, in each way
// of attaching that this kernel has.
#include "probes/heap_tracer.h"

#include <gtest/gtest.h>

#include <map>

#include "probes/heap_plan.h"
#include "tests/bpf/heap_session.h"

namespace tidemark {
namespace {

using testing_bpf::CuedTarget;
using testing_bpf::HeapSession;

struct Total {
  int64_t allocs = 0, bytes = 0, live = 0, live_bytes = 0;
  bool operator==(const Total&) const = default;
};

Total total_of(const std::vector<HeapSite>& sites) {
  Total total;
  for (const HeapSite& site : sites) {
    total.allocs += site.alloc_count;
    total.bytes += site.alloc_bytes;
    total.live += site.live_count;
    total.live_bytes += site.live_bytes;
  }
  return total;
}

class HeapTracerTest : public testing::TestWithParam<HeapAttachment> {
 protected:
  void SetUp() override {
    HeapTracerOptions options;
    options.attachment = GetParam();
    auto tracer = HeapTracer::open(options);
    if (!tracer) GTEST_SKIP() << tracer.error().what;
    tracer_ = std::move(*tracer);
  }
  // Runs a work of the target in exact mode.
  void run(const std::string& work, HeapSession& session) {
    CuedTarget target({TIDEMARK_HEAP_TARGET, work});
    ASSERT_TRUE(target.hear("ready\n"));
    const Status attached = session.attach(target.pid());
    ASSERT_TRUE(attached) << attached.error().what;
    session.sample(HeapTracer::kExact);
    target.answer();
    ASSERT_TRUE(target.hear("done\n"));
    const Status read = session.read();
    ASSERT_TRUE(read) << read.error().what;
    target.answer();
    EXPECT_EQ(target.wait(), 0);
  }
  std::unique_ptr<HeapTracer> tracer_;
};

std::ostream& operator<<(std::ostream& out, const Total& total) {
  return out << total.allocs << " allocated (" << total.bytes << " B), "
             << total.live << " alive (" << total.live_bytes << " B)";
}

TEST_P(HeapTracerTest, MeasuresWhatAHitCosts) {
  const HeapTrapCost cost = tracer_->trap_cost();
  EXPECT_GT(cost.fast_ns, 50);
  EXPECT_LT(cost.fast_ns, 1e6);
  EXPECT_GT(cost.slow_ns, 50);
}

TEST_P(HeapTracerTest, CountsEveryMallocAndFree) {
  HeapSession session(*tracer_);
  run("malloc", session);
  EXPECT_EQ(total_of(session.sites()),
            (Total{7 + 1000 + 3 + 2, 700 + 48'000 + 2 * (300 << 10), 12,
                   700 + 2 * (300 << 10)}));
  const HeapCounts counts = session.counts();
  EXPECT_EQ(counts.alloc_count, 1013u);  // the failed one asked too
  EXPECT_EQ(counts.samples, 1012u);
  EXPECT_EQ(counts.frees, 1000u);
  EXPECT_EQ(counts.untracked, 0u);
  EXPECT_EQ(counts.missed_frees, 0u);
}

TEST_P(HeapTracerTest, CountsACallThatCallsAnotherOnce) {
  HeapSession session(*tracer_);
  run("aligned", session);
  EXPECT_EQ(total_of(session.sites()),
            (Total{24, 4 * (700 + 640 + 10 + 10 + 333 + 55), 24,
                   4 * (700 + 640 + 10 + 10 + 333 + 55)}));
}

TEST_P(HeapTracerTest, FollowsABlockThroughRealloc) {
  HeapSession session(*tracer_);
  run("realloc", session);
  const int64_t grown = 1000 * 50 * 51 / 2;
  const int64_t array = 3 * 77;
  const int64_t moved = 24 + (1 << 20) + (3 << 20);
  // The failed one left its block alone.
  EXPECT_EQ(total_of(session.sites()),
            (Total{50 + 3 + 3, grown + array + moved, 1 + 3 + 1,
                   50'000 + array + (3 << 20)}));
}

TEST_P(HeapTracerTest, AReallocToNothingFrees) {
  HeapSession session(*tracer_);
  run("realloc_zero", session);
  EXPECT_EQ(total_of(session.sites()), (Total{1, 24, 0, 0}));
}

TEST_P(HeapTracerTest, SeesBlocksThatAnotherThreadFrees) {
  HeapSession session(*tracer_);
  run("threads", session);
  Total blocks;
  // What threads themselves take (glibc's caches) is not 200 bytes.
  for (const HeapSite& site : session.sites()) {
    if (site.alloc_bytes != 200 * site.alloc_count) continue;
    blocks.allocs += site.alloc_count;
    blocks.live += site.live_count;
  }
  EXPECT_EQ(blocks.allocs, 5 * 64);
  EXPECT_EQ(blocks.live, 5 * 16);
}

TEST_P(HeapTracerTest, SplitsBlocksByThePhaseOfTheirBirth) {
  HeapSession session(*tracer_);
  tracer_->set_cohort(41);
  run("calloc", session);
  tracer_->set_cohort(0);
  for (const HeapSite& site : session.sites()) {
    EXPECT_EQ(site.cohort, site.key == 0 ? 0u : 41u);
  }
  EXPECT_EQ(total_of(session.sites()), (Total{11, 1650, 11, 1650}));
}

INSTANTIATE_TEST_SUITE_P(Attachments, HeapTracerTest,
                         testing::Values(HeapAttachment::session,
                                         HeapAttachment::multi,
                                         HeapAttachment::perf),
                         [](const auto& each) {
                           switch (each.param) {
                             case HeapAttachment::session: return "session";
                             case HeapAttachment::multi: return "multi";
                             default: return "perf";
                           }
                         });

}  // namespace
}  // namespace tidemark
