// Parts follow one another, failed runs are pinned, old parts go.
#include "daemon/rotating_sink.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <set>
#include <string>

#include "core/store/recording_reader.h"
#include "tests/unit/daemon/manual_clock.h"

namespace tidemark {
namespace {

using namespace std::chrono_literals;

class RotatingSinkTest : public testing::Test {
 protected:
  RotatingSinkTest() {
    char pattern[] = "/tmp/tidemark-test-XXXXXX";
    folder_ = ::mkdtemp(pattern);
    limits_.age = 10s;
    limits_.keep.keep_free = 0;
  }
  ~RotatingSinkTest() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<RotatingSink> open() {
    auto sink = RotatingSink::create(folder_, RecordingInfo{}, limits_, clock_);
    EXPECT_TRUE(sink) << sink.error().what;
    Metric metric;
    metric.id = MetricId(0);
    metric.name = "m";
    (*sink)->define(metric);
    Subject subject;
    subject.id = SubjectId(0);
    subject.name = "system";
    (*sink)->define(subject);
    return std::move(*sink);
  }
  // A second passes, and a tick.
  void tick(RotatingSink& sink) {
    clock_.advance(1s);
    Frame frame;
    frame.time = clock_.now();
    Column column;
    column.metric = MetricId(0);
    column.subjects = {SubjectId(0)};
    column.values = {value_++};
    column.read_begin = clock_.now();
    frame.columns.push_back(column);
    const Status status = sink.write_frame(frame, clock_.anchor());
    EXPECT_TRUE(status) << status.error().what;
  }
  void say(RotatingSink& sink, EventKind kind, const char* name,
           int64_t value = 0) {
    Event event;
    event.kind = kind;
    event.subject = SubjectId(0);
    event.name = name;
    event.value = value;
    event.time = event.received = clock_.now();
    event.sequence = ++sequence_;
    EXPECT_TRUE(sink.write_events(std::span(&event, 1)));
  }
  std::vector<std::string> parts() const {
    std::vector<std::string> paths;
    const auto found = series_parts(folder_);
    for (const SeriesPart& part : found.value()) {
      paths.push_back(part.path());
    }
    return paths;
  }
  static bool pinned(const std::string& path) {
    return std::filesystem::exists(path + ".pin");
  }

  std::string folder_;
  RotationLimits limits_;
  ManualClock clock_;
  int64_t value_ = 100;
  uint64_t sequence_ = 0;
};

TEST_F(RotatingSinkTest, EveryTickIsInExactlyOnePart) {
  auto sink = open();
  for (int i = 0; i < 35; ++i) tick(*sink);
  EXPECT_TRUE(sink->close(clock_.now()));
  std::set<int64_t> times;
  const auto paths = parts();
  ASSERT_EQ(paths.size(), 4u);
  for (const std::string& path : paths) {
    auto reader = RecordingReader::open(path);
    ASSERT_TRUE(reader);
    while (const auto item = reader->next()) {
      if (item->frame == nullptr) continue;
      EXPECT_TRUE(times.insert(to_ns(item->frame->time)).second);
    }
    EXPECT_TRUE(reader->closed()) << path;
    EXPECT_TRUE(reader->damages().empty()) << path;
  }
  EXPECT_EQ(times.size(), 35u);
}

TEST_F(RotatingSinkTest, ASizeEndsAPartToo) {
  limits_.age = 1h;
  limits_.size = 2000;
  auto sink = open();
  for (int i = 0; i < 200; ++i) tick(*sink);
  EXPECT_GT(parts().size(), 1u);
  EXPECT_EQ(sink->path(), parts().back());
}

TEST_F(RotatingSinkTest, AnOpenPhaseIsToldToTheNextPart) {
  auto sink = open();
  say(*sink, EventKind::phase_begin, "load");
  for (int i = 0; i < 11; ++i) tick(*sink);
  auto reader = RecordingReader::open(parts().at(1));
  ASSERT_TRUE(reader);
  const auto item = reader->next();
  ASSERT_TRUE(item && item->events != nullptr);
  EXPECT_EQ(item->events->front().name, "load");
  EXPECT_EQ(item->events->front().sequence, 1u);
}

TEST_F(RotatingSinkTest, AFailedRunPinsItsParts) {
  auto sink = open();
  for (int i = 0; i < 11; ++i) tick(*sink);
  say(*sink, EventKind::run_begin, "soak\n");
  for (int i = 0; i < 11; ++i) tick(*sink);
  say(*sink, EventKind::run_end, "", 1);
  for (int i = 0; i < 11; ++i) tick(*sink);
  const auto paths = parts();
  ASSERT_EQ(paths.size(), 4u);
  EXPECT_FALSE(pinned(paths[0]));
  EXPECT_TRUE(pinned(paths[1]));
  EXPECT_TRUE(pinned(paths[2]));
  EXPECT_FALSE(pinned(paths[3]));
}

TEST_F(RotatingSinkTest, AGoodRunPinsNothingADeadClientsDoes) {
  auto sink = open();
  say(*sink, EventKind::run_begin, "a");
  say(*sink, EventKind::run_end, "", 0);
  EXPECT_FALSE(pinned(parts().at(0)));
  say(*sink, EventKind::run_begin, "b");
  say(*sink, EventKind::client_end, "", 0);
  EXPECT_TRUE(pinned(parts().at(0)));
}

TEST_F(RotatingSinkTest, OldPartsGo) {
  limits_.keep.keep_bytes = 1;
  auto sink = open();
  for (int i = 0; i < 35; ++i) tick(*sink);
  EXPECT_EQ(parts(), std::vector<std::string>{sink->path()});
}

// Somebody sets the wall clock a year ahead: ages follow the boot clock.
TEST_F(RotatingSinkTest, AStepOfTheWallClockRemovesNothing) {
  class SteppedClock final : public Clock {
   public:
    explicit SteppedClock(const Clock& clock) : clock_(clock) {}
    BootTime now() const override { return clock_.now(); }
    ClockAnchor anchor() const override {
      ClockAnchor anchor = clock_.anchor();
      // What files are stamped with here.
      timespec wall{};
      ::clock_gettime(CLOCK_REALTIME, &wall);
      anchor.realtime_ns = wall.tv_sec * 1'000'000'000 + step;
      return anchor;
    }
    int64_t step = 0;

   private:
    const Clock& clock_;
  };
  SteppedClock stepped(clock_);
  limits_.keep.keep_age = std::chrono::hours(24);
  auto sink = RotatingSink::create(folder_, RecordingInfo{}, limits_, stepped);
  ASSERT_TRUE(sink) << sink.error().what;
  stepped.step = int64_t{365} * 86'400 * 1'000'000'000;
  for (int i = 0; i < 35; ++i) tick(**sink);
  EXPECT_EQ(parts().size(), 4u);
}

TEST_F(RotatingSinkTest, NewLimitsHoldFromTheNextTickOn) {
  auto sink = open();
  limits_.age = 2s;
  for (int i = 0; i < 3; ++i) tick(*sink);
  EXPECT_EQ(parts().size(), 1u);
  sink->set_limits(limits_);
  tick(*sink);
  EXPECT_EQ(parts().size(), 2u);
}

TEST_F(RotatingSinkTest, APartThatCannotBeBegunCostsNothing) {
  auto sink = open();
  for (int i = 0; i < 5; ++i) tick(*sink);
  // Its name is taken.
  std::filesystem::create_directory(
      parse_series_part(sink->path())->next().path());
  for (int i = 0; i < 20; ++i) tick(*sink);
  EXPECT_EQ(parse_series_part(sink->path())->number, 1u);
  std::filesystem::remove(parse_series_part(sink->path())->next().path());
  for (int i = 0; i < 60; ++i) tick(*sink);
  EXPECT_GT(parse_series_part(sink->path())->number, 1u);
}

}  // namespace
}  // namespace tidemark
