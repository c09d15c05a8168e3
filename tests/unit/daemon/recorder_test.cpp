#include "daemon/recorder.h"

#include <gtest/gtest.h>

#include <latch>

#include "fake_sink.h"
#include "manual_clock.h"

namespace tidemark {
namespace {

std::unique_ptr<RecordItem> frame_item(int64_t time) {
  auto item = std::make_unique<RecordItem>();
  item->has_frame = true;
  item->frame.time = boot_time(time);
  return item;
}

TEST(Recorder, WritesInOrderAndCloses) {
  SinkLog log;
  const ManualClock clock;
  Recorder recorder(std::make_unique<FakeSink>(log), clock);
  for (int64_t i = 1; i <= 3; ++i) {
    auto item = frame_item(i);
    EXPECT_TRUE(recorder.push(item));
    ASSERT_NE(item, nullptr);
    EXPECT_FALSE(item->has_frame);
  }
  EXPECT_TRUE(recorder.finish(boot_time(4)));
  EXPECT_EQ(log.lines,
            (std::vector<std::string>{"frame 1", "frame 2", "frame 3"}));
  EXPECT_TRUE(log.closed);
  EXPECT_EQ(recorder.stats().bytes, 3);
}

// Of the items that waited for a slow disk only few are kept.
TEST(Recorder, KeepsFewItemsToBeUsedAgain) {
  SinkLog log;
  const ManualClock clock;
  Recorder recorder(std::make_unique<FakeSink>(log), clock);
  EXPECT_EQ(recorder.spare(), 0u);
  for (int64_t i = 1; i <= 1000; ++i) {
    auto item = frame_item(i);
    // Each brings an item of its own.
    if (!recorder.push(item)) recorder.flush();
  }
  recorder.flush();
  EXPECT_GE(recorder.spare(), 1u);
  EXPECT_LE(recorder.spare(), Recorder::kMostSpare);
  EXPECT_TRUE(recorder.finish(boot_time(1001)));
}

TEST(Recorder, TellsWhatTheSinkRefused) {
  SinkLog log;
  log.refused = 7;
  const ManualClock clock;
  Recorder recorder(std::make_unique<FakeSink>(log), clock);
  EXPECT_EQ(recorder.stats().values_refused, 0);
  auto item = frame_item(1);
  EXPECT_TRUE(recorder.push(item));
  recorder.flush();
  EXPECT_EQ(recorder.stats().values_refused, 7);
  EXPECT_TRUE(recorder.finish(boot_time(2)));
}

TEST(Recorder, EndedSubjectsGoWithTheFrame) {
  SinkLog log;
  const ManualClock clock;
  Recorder recorder(std::make_unique<FakeSink>(log), clock);
  auto item = frame_item(1);
  item->definitions.ended = {SubjectId(3)};
  EXPECT_TRUE(recorder.push(item));
  EXPECT_TRUE(item->definitions.ended.empty());
  EXPECT_TRUE(recorder.finish(boot_time(2)));
  EXPECT_EQ(log.ended[0], (std::vector<SubjectId>{SubjectId(3)}));
}

TEST(Recorder, StacksGoBeforeTheFrameThatNeedsThem) {
  SinkLog log;
  const ManualClock clock;
  Recorder recorder(std::make_unique<FakeSink>(log), clock);
  auto item = frame_item(1);
  Registry registry;
  const ModuleId module = registry.define_module({{}, "/bin/shop", ""});
  const StackId stack = registry.define_stack({.addresses = {{module, 5}}});
  registry.define_symbols({{module, 5}, {}});
  registry.take(item->definitions);
  EXPECT_EQ(stack, StackId(0));
  EXPECT_TRUE(recorder.push(item));
  EXPECT_TRUE(item->definitions.empty());
  EXPECT_TRUE(recorder.finish(boot_time(2)));
  EXPECT_EQ(log.lines, (std::vector<std::string>{"module /bin/shop", "stack 0",
                                                 "symbols 5", "frame 1"}));
}

TEST(Recorder, FullQueueDropsTheFrameAndKeepsTheRest) {
  SinkLog log;
  const ManualClock clock;
  Recorder recorder(std::make_unique<FakeSink>(log), clock, 1);
  std::latch started(1), go(1);
  auto slow = std::make_unique<RecordItem>();
  slow->written.emplace_back([&] {
    started.count_down();
    go.wait();
  });
  EXPECT_TRUE(recorder.push(slow));
  started.wait();
  auto queued = frame_item(1);
  EXPECT_TRUE(recorder.push(queued));
  auto dropped = frame_item(2);
  dropped->events.emplace_back().name = "kept";
  EXPECT_FALSE(recorder.push(dropped));
  EXPECT_FALSE(dropped->has_frame);
  EXPECT_EQ(dropped->events.size(), 1u);
  EXPECT_EQ(recorder.stats().frames_dropped, 1);
  go.count_down();
  recorder.flush();
  dropped->has_frame = true;
  dropped->frame.time = boot_time(3);
  EXPECT_TRUE(recorder.push(dropped));
  EXPECT_TRUE(recorder.finish(boot_time(4)));
  EXPECT_EQ(log.lines, (std::vector<std::string>{"frame 1", "gap 2..2 1",
                                                 "event kept", "frame 3"}));
}

TEST(Recorder, ReportsAFullDisk) {
  SinkLog log;
  log.status = fail(ErrorKind::full, "full", ENOSPC);
  const ManualClock clock;
  Recorder recorder(std::make_unique<FakeSink>(log), clock);
  auto item = frame_item(1);
  recorder.push(item);
  recorder.flush();
  EXPECT_TRUE(recorder.stats().disk_full);
  EXPECT_FALSE(recorder.finish(boot_time(2)));
  EXPECT_EQ(recorder.stats().frames_lost, 1);
}

}  // namespace
}  // namespace tidemark
