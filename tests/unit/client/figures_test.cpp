// Counters, gauges and histograms, from the library to a frame.
#include <sys/wait.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <thread>

#include "client/channel.h"
#include "core/base/histogram.h"
#include "tests/unit/client/channel_fixture.h"

namespace tidemark::test {
namespace {

class Figures : public ChannelTest {
 protected:
  std::optional<double> gauge(const std::string& name) {
    const auto bits = sampled("gauge." + name);
    if (!bits) return std::nullopt;
    return std::bit_cast<double>(*bits);
  }
  Histogram histogram() {
    TakenFrame frame;
    host_->sample(frame);
    if (frame.histograms.size() != 1) return {};
    const HistogramValue& value = frame.histograms[0];
    return Histogram::from(value.buckets, value.sum, value.max)
        .value_or(Histogram());
  }
};

TEST_F(Figures, OpsAndErrorsAreCounted) {
  start_host();
  const Session session("app");
  Op op(session, "figures.op");
  ++op;
  op += 41;
  op.failed(2);
  turn();
  EXPECT_EQ(sampled("op.figures.op"), 42);
  EXPECT_EQ(sampled("errors.figures.op"), 2);
  EXPECT_EQ(sampled("op.never"), std::nullopt);
}

TEST_F(Figures, ThreadsAreSummed) {
  start_host();
  const Session session("app");
  Counter counter(session, "figures.threads");
  std::vector<std::thread> threads;
  for (int t = 0; t < 70; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) ++counter;
    });
  }
  for (std::thread& thread : threads) thread.join();
  turn();
  EXPECT_EQ(sampled("counter.figures.threads"), 700'000);
}

TEST_F(Figures, GaugesAreAbsentUntilSetAndNeverNaN) {
  start_host();
  const Session session("app");
  Gauge level(session, "figures.level");
  turn();
  EXPECT_EQ(gauge("figures.level"), std::nullopt);
  level = std::nan("");
  EXPECT_EQ(gauge("figures.level"), std::nullopt);
  level = -2.5;
  level = std::numeric_limits<double>::infinity();
  EXPECT_EQ(gauge("figures.level"), -2.5);
  ++level;
  level -= 0.5;
  EXPECT_EQ(gauge("figures.level"), -2.0);
}

TEST_F(Figures, SpansFillTheHistogramOfTheDaemon) {
  start_host();
  const Session session("app");
  SpanName span(session, "figures.spans");
  Histogram expected;
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) {
    const uint64_t value = random() >> (random() % 60 + 4);
    expected.record(value);
    span.record(std::chrono::nanoseconds(value), i % 10 != 0);
  }
  turn();
  const Histogram got = histogram();
  EXPECT_EQ(got.buckets(), expected.buckets());
  EXPECT_EQ(got.max(), expected.max());
  EXPECT_EQ(sampled("span_errors.figures.spans"), 2000);
}

TEST_F(Figures, SumOfSpansIsExact) {
  start_host();
  const Session session("app");
  SpanName span(session, "figures.sum");
  turn();
  for (int i = 1; i <= 100; ++i) span.record(std::chrono::nanoseconds(i));
  TakenFrame frame;
  host_->sample(frame);
  const MetricId id =
      registry_.define_metric({"span.figures.sum", SubjectKind::client,
                               MetricKind::histogram, Unit::nanoseconds, ""});
  const auto found = std::find_if(
      frame.histograms.begin(), frame.histograms.end(),
      [&](const HistogramValue& value) { return value.metric == id; });
  ASSERT_NE(found, frame.histograms.end());
  EXPECT_EQ(found->sum, 5050);
}

TEST_F(Figures, AnExceptionMakesASpanAnError) {
  start_host();
  const Session session("app");
  const SpanName span(session, "figures.throw");
  try {
    const Span timing(span);
    throw 1;
  } catch (int) {
  }
  {
    const Span timing(span);
  }
  {
    Span timing(span);
    timing.fail();
  }
  turn();
  EXPECT_EQ(sampled("span_errors.figures.throw"), 2);
}

TEST_F(Figures, TheSameNameIsTheSameMetric) {
  const Session session("app");
  const tidemark_metric a = tidemark_op(session.get(), "figures.same");
  EXPECT_EQ(tidemark_op(session.get(), "figures.same"), a);
  EXPECT_NE(tidemark_counter(session.get(), "figures.same"), a);
  EXPECT_EQ(tidemark_op(session.get(), ""), TIDEMARK_NO_METRIC);
  EXPECT_EQ(tidemark_op(session.get(), nullptr), TIDEMARK_NO_METRIC);
}

TEST_F(Figures, LongNamesAreCutAndNamesMayBeAnyBytes) {
  start_host();
  const Session session("app");
  const std::string name = "\xff\x01" + std::string(300, 'n');
  Op op(session, name.c_str());
  ++op;
  turn();
  EXPECT_EQ(sampled("op." + name.substr(0, TIDEMARK_NAME_BYTES)), 1);
}

TEST_F(Figures, MetricsBeyondTheLimitDoNothing) {
  start_host();
  const Session session("app");
  // In a child, whose table fills up with it.
  const pid_t child = in_child([&] {
    tidemark_metric last = 0;
    for (int i = 0; i <= TIDEMARK_NAMES; ++i) {
      const std::string name = "limit" + std::to_string(i);
      last = tidemark_counter(session.get(), name.c_str());
    }
    tidemark_count(session.get(), last, 1);
    tidemark_gauge_set(session.get(), last, 1);
    tidemark_span_record(session.get(), last, 1, 1);
    tidemark_count(session.get(), 1'000'000, 1);
    ::_exit(last == TIDEMARK_NO_METRIC ? 0 : 1);
  });
  EXPECT_EQ(wait_for(child), 0);
}

TEST_F(Figures, ThePrimaryOpIsTold) {
  start_host();
  const Session session("app");
  Op first(session, "figures.first");
  Op second(session, "figures.second");
  second.make_primary();
  turn();
  turn();
  const auto told = of_kind(EventKind::client_primary);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].name, "figures.second");
}

TEST_F(Figures, TheLastFiguresOfAnEndedClientAreSampled) {
  start_host();
  {
    const Session session("app");
    turn();
    Op op(session, "figures.last");
    op += 5;
  }
  turn();
  EXPECT_EQ(count(EventKind::client_end), 1u);
  EXPECT_TRUE(host_->has_clients());
  EXPECT_EQ(sampled("op.figures.last"), 5);
  EXPECT_EQ(sampled("op.figures.last"), std::nullopt);
  EXPECT_FALSE(host_->has_clients());
}

}  // namespace
}  // namespace tidemark::test
