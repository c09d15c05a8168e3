// What a next part is told of the marks before it.
#include "daemon/open_marks.h"

#include <gtest/gtest.h>

#include <string>

#include "core/analysis/phases.h"

namespace tidemark {
namespace {

constexpr BootTime kLater = boot_time(1000);

Event mark(EventKind kind, uint32_t client, const char* name = "",
           int64_t value = 0) {
  Event event;
  event.kind = kind;
  event.subject = SubjectId(client);
  event.name = name;
  event.value = value;
  event.time = boot_time(5);
  return event;
}

std::string names(const OpenMarks& marks) {
  std::string text;
  for (const Event& event : marks.events(kLater)) text += event.name + " ";
  return text;
}

TEST(OpenMarks, KeepsWhatBeganAndDidNotEnd) {
  OpenMarks marks;
  marks.apply(mark(EventKind::client_begin, 1, "app"));
  marks.apply(mark(EventKind::run_begin, 1, "run"));
  marks.apply(mark(EventKind::phase_begin, 1, "soak", 1));
  marks.apply(mark(EventKind::attribute, 1, "a=1", 1));
  marks.apply(mark(EventKind::phase_begin, 1, "steady", 2));
  marks.apply(mark(EventKind::note, 1, "said"));
  marks.apply(mark(EventKind::phase_end, 1, "", 2));
  EXPECT_EQ(names(marks), "app run soak a=1 ");
  EXPECT_EQ(marks.events(kLater)[2].time, kLater);
  marks.apply(mark(EventKind::phase_end, 1, "soak"));
  EXPECT_EQ(names(marks), "app run ");
  marks.apply(mark(EventKind::run_end, 1));
  EXPECT_EQ(names(marks), "app ");
  marks.apply(mark(EventKind::client_end, 1));
  EXPECT_EQ(names(marks), "");
}

TEST(OpenMarks, AClientsEndTakesItsPhasesAShellsDoesNot) {
  OpenMarks marks;
  marks.apply(mark(EventKind::phase_begin, 1, "a"));
  marks.apply(mark(EventKind::phase_begin, 2, "b"));
  marks.apply(mark(EventKind::client_end, 1, "", 0));
  marks.apply(mark(EventKind::client_end, 2, "", 2));
  EXPECT_EQ(names(marks), "b ");
}

TEST(OpenMarks, AShellThatComesAgainIsOneClient) {
  OpenMarks marks;
  for (int i = 0; i < 3; ++i)
    marks.apply(mark(EventKind::client_begin, 1, "s"));
  EXPECT_EQ(names(marks), "s ");
}

TEST(OpenMarks, HasABound) {
  OpenMarks marks;
  for (size_t i = 0; i < OpenMarks::kMost + 5; ++i) {
    // Each client no deeper than it is heard.
    const auto client = static_cast<uint32_t>(i / PhaseTracker::kMostDepth);
    marks.apply(mark(EventKind::phase_begin, client, "x"));
  }
  EXPECT_EQ(marks.events(kLater).size(), OpenMarks::kMost);
}

TEST(OpenMarks, GoesNoDeeperThanTheTracker) {
  OpenMarks marks;
  for (int i = 0; i < 1000; ++i) {
    marks.apply(mark(EventKind::phase_begin, 1, "x"));
  }
  EXPECT_EQ(marks.events(kLater).size(), PhaseTracker::kMostDepth);
}

// Told to a tracker that knows nothing, they open what is open in truth.
TEST(OpenMarks, AgreeWithTheTracker) {
  OpenMarks marks;
  PhaseTracker whole;
  const std::vector<Event> story = {
      mark(EventKind::run_begin, 1, "r"),
      mark(EventKind::phase_begin, 1, "soak", 1),
      mark(EventKind::phase_begin, 1, "steady", 2),
      mark(EventKind::phase_begin, 2, "soak"),
      mark(EventKind::phase_end, 1, "", 2),
      mark(EventKind::phase_begin, 1, "rest", 3),
      mark(EventKind::phase_end, 2, "soak"),
      mark(EventKind::phase_begin, 3, "gone"),
      mark(EventKind::client_quarantined, 3)};
  for (const Event& event : story) {
    marks.apply(event);
    whole.apply(event);
  }
  PhaseTracker part;
  for (const Event& event : marks.events(kLater)) part.apply(event);
  const auto open = [](const PhaseTracker& tracker) {
    std::string text;
    for (const size_t i : tracker.open()) {
      text += tracker.phases()[i].path + " ";
    }
    return text;
  };
  EXPECT_EQ(open(part), open(whole));
  EXPECT_EQ(open(part), "soak soak/rest ");
  ASSERT_NE(part.run(), nullptr);
  EXPECT_TRUE(part.run()->open);
}

}  // namespace
}  // namespace tidemark
