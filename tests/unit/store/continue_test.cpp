// A recording that goes on in a next file: each can be read alone.
#include <gtest/gtest.h>

#include "tests/unit/store/recording_script.h"

namespace tidemark {
namespace {

Event begin_of(const char* phase, BootTime time) {
  Event event;
  event.kind = EventKind::phase_begin;
  event.time = event.received = time;
  event.name = phase;
  return event;
}

TEST(ContinueIn, TheNextFileKnowsAllThatTheFirstKnew) {
  const std::string first = fresh_path("a.tmk");
  const std::string second = fresh_path("b.tmk");
  RecordingScript script(first, 7);
  script.run(40);
  const auto known = script.model().values;
  const BootTime now = boot_time(900'000'000'000);
  const std::vector<Event> open = {begin_of("load", now)};
  ASSERT_TRUE(script.writer().continue_in(second, script_info(9), now, open));

  RecordingReader old = open_ok(first);
  rest_of(old);
  EXPECT_TRUE(old.closed());
  EXPECT_TRUE(old.damages().empty());

  RecordingReader next = open_ok(second);
  EXPECT_NE(next.info().uuid, old.info().uuid);
  const auto item = next.next();
  ASSERT_TRUE(item && item->events != nullptr);
  EXPECT_EQ(item->events->at(0).name, "load");
  EXPECT_FALSE(next.next());
  EXPECT_FALSE(next.closed());
  for (const auto& [key, value] : known) {
    EXPECT_EQ(next.value(MetricId(key.first), SubjectId(key.second)), value)
        << "metric " << key.first << " subject " << key.second;
  }
  for (const uint32_t id : script.model().alive) {
    const Subject* read = next.dictionary().subject(SubjectId(id));
    ASSERT_NE(read, nullptr) << "subject " << id;
    EXPECT_EQ(*read, script.subjects().at(id));
  }
  for (const Metric& metric : old.dictionary().metrics()) {
    if (!metric.id.valid()) continue;
    const Metric* again = next.dictionary().find_metric(metric.name);
    ASSERT_NE(again, nullptr) << metric.name;
    EXPECT_EQ(again->help, metric.help);
  }
}

TEST(ContinueIn, GoesOnAsIfNothingHadHappened) {
  const std::string second = fresh_path("b.tmk");
  RecordingScript script(fresh_path("a.tmk"), 3);
  script.run(30);
  ASSERT_TRUE(script.writer().continue_in(second, script_info(9),
                                          boot_time(1'000'000'000'000), {}));
  script.run(700);  // several chapters
  script.close();
  RecordingReader next = open_ok(second);
  rest_of(next);
  EXPECT_TRUE(next.closed());
  for (const Damage& damage : next.damages()) {
    ADD_FAILURE() << damage.offset << ": " << damage.reason;
  }
  for (const auto& [key, value] : script.model().values) {
    EXPECT_EQ(next.value(MetricId(key.first), SubjectId(key.second)), value);
  }
  EXPECT_EQ(script.writer().values_refused(), 0);
}

TEST(ContinueIn, WithoutANextFileTheOldOneGoesOn) {
  const std::string first = fresh_path("a.tmk");
  RecordingScript script(first, 5);
  script.run(10);
  const Status status = script.writer().continue_in(
      "/nonexistent/b.tmk", script_info(9), boot_time(1'000'000'000'000), {});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::not_found);
  const Status taken = script.writer().continue_in(
      first, script_info(9), boot_time(1'000'000'000'000), {});
  EXPECT_FALSE(taken);  // it exists
  script.run(10);
  script.close();
  RecordingReader reader = open_ok(first);
  const auto items = rest_of(reader);
  EXPECT_EQ(items, script.expected());
  EXPECT_TRUE(reader.closed());
}

}  // namespace
}  // namespace tidemark
