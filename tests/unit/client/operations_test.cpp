// Ops with durations, spans by id, attributes, and reading back.
#include <algorithm>
#include <cmath>
#include <thread>
#include <vector>

#include "client/channel.h"
#include "tests/unit/client/channel_fixture.h"

namespace tidemark::test {
namespace {

class Operations : public ChannelTest {};

std::vector<tidemark_bucket> buckets(tidemark_session* s,
                                     tidemark_metric span) {
  std::vector<tidemark_bucket> all(TIDEMARK_BUCKETS);
  all.resize(tidemark_span_buckets(s, span, all.data(), TIDEMARK_BUCKETS));
  return all;
}

uint64_t count_of(tidemark_session* s, tidemark_metric span) {
  uint64_t sum = 0;
  for (const tidemark_bucket& bucket : buckets(s, span)) sum += bucket.count;
  return sum;
}

TEST_F(Operations, AttributesNameTheirPhaseOrTheRun) {
  start_host();
  const Session session("app");
  session.attribute("users", "50");
  const client::Phase phase(session, "steady", Kind::steady);
  phase.attribute("rate", "a=b");
  tidemark_attribute(session.get(), 0, nullptr, "x");
  tidemark_attribute(session.get(), 0, "", "x");
  tidemark_attribute(session.get(), 0, "none", nullptr);
  tidemark_attribute(session.get(), 0, "long", std::string(5000, 'v').c_str());
  turn();
  const auto said = of_kind(EventKind::attribute);
  ASSERT_EQ(said.size(), 4u);
  EXPECT_EQ(said[0].name, "users=50");
  EXPECT_EQ(said[0].value, 0);
  EXPECT_EQ(said[1].name, "rate=a=b");
  EXPECT_EQ(said[1].value, of_kind(EventKind::phase_begin).at(0).value);
  EXPECT_EQ(said[2].name, "none=");
  EXPECT_EQ(said[3].name.size(), 424u);
}

TEST_F(Operations, AsyncSpansEndUnderTheirId) {
  start_host();
  const Session session("app");
  const SpanName span(session, "operations.async");
  const SpanName other(session, "operations.other");
  EXPECT_FALSE(async_end(span, 7));  // an end without a begin
  EXPECT_TRUE(async_begin(span, 7));
  EXPECT_TRUE(async_begin(span, 8));
  EXPECT_FALSE(async_end(other, 7));
  std::thread([&] { EXPECT_TRUE(async_end(span, 7, false)); }).join();
  EXPECT_TRUE(async_end(span, 8));
  EXPECT_FALSE(async_end(span, 8));
  EXPECT_EQ(count_of(session.get(), span.id()), 2u);
  EXPECT_EQ(tidemark_total_failed(session.get(), span.id()), 1u);
  EXPECT_EQ(tidemark_async_refused(session.get()), 3u);
  EXPECT_EQ(tidemark_async_begin(session.get(), TIDEMARK_NO_METRIC, 1), 0);
  EXPECT_EQ(tidemark_async_begin(nullptr, 0, 1), 0);
}

TEST_F(Operations, MoreAsyncSpansThanThereIsRoomForAreRefusedAndCounted) {
  start_host();
  const Session session("app");
  const SpanName span(session, "operations.many");
  const uint64_t refused = tidemark_async_refused(session.get());
  std::vector<uint64_t> taken;
  for (uint64_t id = 0; id < 10'000; ++id) {
    if (async_begin(span, id)) taken.push_back(id);
  }
  EXPECT_GT(taken.size(), 3900u);
  EXPECT_LE(taken.size(), 4096u);
  EXPECT_EQ(tidemark_async_refused(session.get()) - refused,
            10'000 - taken.size());
  for (const uint64_t id : taken) EXPECT_TRUE(async_end(span, id));
  EXPECT_EQ(count_of(session.get(), span.id()), taken.size());
}

TEST_F(Operations, AsyncSpansOfManyThreadsAreAllCounted) {
  start_host();
  const Session session("app");
  const SpanName span(session, "operations.threads");
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (uint64_t i = 0; i < 5000; ++i) {
        EXPECT_TRUE(async_begin(span, t));
        EXPECT_TRUE(async_end(span, t));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count_of(session.get(), span.id()), 40'000u);
}

TEST_F(Operations, IntendedStartCountsTheWaitBeforeTheOp) {
  start_host();
  const Session session("app");
  TimedOp op(session, "operations.paced", true);
  const auto now = TimedOp::now();
  using std::chrono::seconds;
  op.done(now - seconds(10), now - seconds(1), true);
  op.done(now - seconds(1), false);
  const SpanName response(session, "operations.paced");
  const SpanName service(session, "operations.paced.service");
  EXPECT_EQ(tidemark_total(session.get(), op.id()), 2u);
  EXPECT_EQ(tidemark_total_failed(session.get(), op.id()), 1u);
  EXPECT_GE(tidemark_span_max(session.get(), response.id()), 10'000'000'000);
  EXPECT_LT(tidemark_span_max(session.get(), service.id()), 10'000'000'000);
  EXPECT_EQ(count_of(session.get(), response.id()), 2u);
  EXPECT_EQ(count_of(session.get(), service.id()), 2u);
  turn();
  EXPECT_EQ(sampled("op.operations.paced"), 2);
  EXPECT_EQ(sampled("errors.operations.paced"), 1);
}

TEST_F(Operations, AnOpWithoutDurationIsCountedOnly) {
  start_host();
  const Session session("app");
  Op op(session, "operations.plain");
  tidemark_op_done(session.get(), op.id(), 0, 1, 1);
  tidemark_op_done(session.get(), TIDEMARK_NO_METRIC, 0, 1, 1);
  tidemark_op_done(nullptr, op.id(), 0, 1, 1);
  EXPECT_EQ(tidemark_total(session.get(), op.id()), 1u);
  EXPECT_EQ(tidemark_span_buckets(session.get(), op.id(), nullptr, 0), 0u);
}

TEST_F(Operations, BucketsHoldWhatWasRecorded) {
  start_host();
  const Session session("app");
  SpanName span(session, "operations.buckets");
  const std::vector<int64_t> durations = {0,      1,         2047, 2048,   2049,
                                          123456, 987654321, -5,   1 << 20};
  for (const int64_t ns : durations) span.record(std::chrono::nanoseconds(ns));
  const auto read = buckets(session.get(), span.id());
  for (const int64_t ns : durations) {
    const int64_t value = std::max<int64_t>(ns, 0);
    EXPECT_TRUE(std::any_of(read.begin(), read.end(), [&](const auto& bucket) {
      return bucket.from_ns <= value && value <= bucket.to_ns &&
             static_cast<double>(bucket.to_ns - bucket.from_ns) <=
                 0.001 * static_cast<double>(value);
    })) << ns;
  }
  EXPECT_EQ(count_of(session.get(), span.id()), durations.size());
  // What has no room is not written, but counted.
  tidemark_bucket one{};
  EXPECT_EQ(tidemark_span_buckets(session.get(), span.id(), &one, 1),
            read.size());
  EXPECT_EQ(one.from_ns, 0);
  EXPECT_EQ(one.count, 2u);
}

}  // namespace
}  // namespace tidemark::test
