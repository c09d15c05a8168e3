#include "daemon/live_window.h"

#include <gtest/gtest.h>

#include "fake_sink.h"
#include "manual_clock.h"

namespace tidemark {
namespace {

using std::chrono::seconds;

class LiveWindowTest : public testing::Test {
 protected:
  std::unique_ptr<RecordItem> frame(int64_t time) {
    auto item = std::make_unique<RecordItem>();
    item->has_frame = true;
    item->frame.time = boot_time(time);
    return item;
  }
  std::unique_ptr<RecordItem> event(const std::string& name) {
    auto item = std::make_unique<RecordItem>();
    item->events.emplace_back().name = name;
    item->written.emplace_back([this, name] { published_.push_back(name); });
    return item;
  }
  void fill_disk() { log_.status = fail(ErrorKind::full, "full", ENOSPC); }

  ManualClock clock_;
  SinkLog log_;
  FakeSink sink_{log_};
  LiveWindow window_{sink_, clock_};
  std::vector<std::string> published_;
};

TEST_F(LiveWindowTest, WritesPartsInOrderThenSaysSo) {
  auto item = event("begin");
  item->has_frame = true;
  item->frame.time = boot_time(7);
  item->gaps.push_back({boot_time(1), boot_time(2), 2, "late"});
  Metric metric;
  metric.name = "rss";
  item->definitions.metrics.push_back(metric);
  EXPECT_NE(window_.write(std::move(item)), nullptr);
  EXPECT_EQ(log_.lines, (std::vector<std::string>{"metric rss", "gap 1..2 2",
                                                  "event begin", "frame 7"}));
  EXPECT_EQ(published_, (std::vector<std::string>{"begin"}));
}

TEST_F(LiveWindowTest, SyncsOnceASecondAndWhenAsked) {
  window_.write(frame(1));
  EXPECT_EQ(log_.syncs, 1);
  window_.write(frame(2));
  EXPECT_EQ(log_.syncs, 1);
  auto edge = frame(3);
  edge->sync = true;
  window_.write(std::move(edge));
  EXPECT_EQ(log_.syncs, 2);
  clock_.advance(seconds(1));
  window_.write(frame(4));
  EXPECT_EQ(log_.syncs, 3);
}

TEST_F(LiveWindowTest, FullDiskKeepsAllAndRetriesEveryFiveSeconds) {
  fill_disk();
  EXPECT_EQ(window_.write(frame(1)), nullptr);
  EXPECT_EQ(window_.write(event("mark")), nullptr);
  EXPECT_TRUE(window_.waiting());
  EXPECT_TRUE(published_.empty());
  log_.status = {};
  clock_.advance(seconds(4));
  EXPECT_EQ(window_.write(frame(2)), nullptr);
  EXPECT_TRUE(log_.lines.empty());
  clock_.advance(seconds(1));
  EXPECT_NE(window_.write(frame(3)), nullptr);
  EXPECT_EQ(log_.lines, (std::vector<std::string>{"frame 1", "event mark",
                                                  "frame 2", "frame 3"}));
  EXPECT_EQ(published_, (std::vector<std::string>{"mark"}));
  EXPECT_FALSE(window_.waiting());
  EXPECT_EQ(window_.frames_lost(), 0);
}

TEST_F(LiveWindowTest, OldestFramesAreGivenUpAndNamedInAGap) {
  fill_disk();
  auto first = frame(1);
  first->frame.ended = {SubjectId(9)};
  first->events.emplace_back().name = "kept";
  Subject subject;
  subject.name = "server";
  first->definitions.subjects.push_back(subject);
  window_.write(std::move(first));
  const auto frames = static_cast<int64_t>(LiveWindow::kFrames);
  for (int64_t i = 2; i <= frames + 2; ++i) window_.write(frame(i));
  EXPECT_EQ(window_.frames_lost(), 2);
  log_.status = {};
  clock_.advance(seconds(5));
  EXPECT_NE(window_.write(frame(1000)), nullptr);
  ASSERT_EQ(log_.lines.size(), LiveWindow::kFrames + 3);
  EXPECT_EQ(log_.lines[0], "gap 1..2 2");
  EXPECT_EQ(log_.lines[1], "event kept");
  EXPECT_EQ(log_.lines[2], "frame 3");
  EXPECT_EQ(log_.subjects, (std::vector<std::string>{"server"}));
  EXPECT_EQ(log_.ended[0], (std::vector<SubjectId>{SubjectId(9)}));
}

TEST_F(LiveWindowTest, EventsAreBoundedAndCounted) {
  fill_disk();
  for (int i = 0; i < 2; ++i) {
    auto item = std::make_unique<RecordItem>();
    item->events.resize(LiveWindow::kEvents / 2 + 1);
    window_.write(std::move(item));
  }
  EXPECT_EQ(window_.events_lost(),
            static_cast<int64_t>(LiveWindow::kEvents / 2 + 1));
}

TEST_F(LiveWindowTest, AnyOtherErrorEndsTheRecording) {
  log_.status = fail(ErrorKind::io, "bad disk", EIO);
  window_.write(frame(1));
  EXPECT_FALSE(window_.failed());
  log_.status = {};
  EXPECT_NE(window_.write(frame(2)), nullptr);
  EXPECT_TRUE(log_.lines.empty());
  EXPECT_EQ(window_.frames_lost(), 2);
  EXPECT_FALSE(window_.close(boot_time(3)));
  EXPECT_FALSE(log_.closed);
}

TEST_F(LiveWindowTest, CloseWritesWhatWaitsFirst) {
  fill_disk();
  window_.write(frame(1));
  log_.status = {};
  EXPECT_TRUE(window_.close(boot_time(2)));
  EXPECT_EQ(log_.lines, (std::vector<std::string>{"frame 1"}));
  EXPECT_TRUE(log_.closed);
}

TEST_F(LiveWindowTest, CloseOnAFullDiskCountsTheLoss) {
  fill_disk();
  window_.write(frame(1));
  const Status status = window_.close(boot_time(2));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::full);
  EXPECT_EQ(window_.frames_lost(), 1);
}

}  // namespace
}  // namespace tidemark
