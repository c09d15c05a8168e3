// Figures, columns, the phase bar and the keymap.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <clocale>
#include <set>

#include "tui/figures.h"
#include "tui/finding_text.h"
#include "tui/keymap.h"
#include "tui/phase_bar.h"
#include "tui/view.h"
#include "tui/widgets.h"

namespace tidemark {
namespace {

using ::testing::HasSubstr;

TEST(Figures, FitFiveColumns) {
  EXPECT_EQ(short_bytes(0), "0");
  EXPECT_EQ(short_bytes(412), "412");
  EXPECT_EQ(short_bytes(1434), "1.4K");
  EXPECT_EQ(short_bytes(21 << 20), "21M");
  EXPECT_EQ(short_bytes(1023.9 * 1024), "1.0M");
  EXPECT_EQ(short_bytes_signed(-1229), "-1.2K");
  EXPECT_EQ(short_bytes_signed(6 << 20), "+6.0M");
  EXPECT_EQ(short_bytes_signed(-0.2), "0");
  EXPECT_EQ(short_count(1204), "1,204");
  EXPECT_EQ(short_count(48'200), "48k");
  EXPECT_EQ(short_percent(2.12), "212");
  EXPECT_EQ(short_percent(0.003), "0.3");
  EXPECT_EQ(short_percent(0), "0");
  for (double value = 1; value < 1e18; value *= 1.37) {
    EXPECT_LE(short_bytes(value).size(), 5u) << value;
    EXPECT_LE(short_count(value).size(), 5u) << value;
  }
}

TEST(Figures, TimesAndAges) {
  const auto s = [](int64_t n) { return Nanoseconds(n * 1'000'000'000); };
  EXPECT_EQ(short_age(s(41)), "41s");
  EXPECT_EQ(short_age(s(252)), "4:12");
  EXPECT_EQ(short_age(s(31 * 60)), "31m");
  EXPECT_EQ(short_age(s(7800)), "2h10");
  EXPECT_EQ(short_age(s(5 * 86400 + 3 * 3600)), "5d03");
  EXPECT_EQ(elapsed_clock(s(3723)), "01:02:03");
  EXPECT_EQ(elapsed_clock(s(-3)), "-00:00:03");
  EXPECT_EQ(or_dash(std::nullopt, short_count), "-");
}

TEST(FindingText, SaysSlopeAndOutlook) {
  Finding finding;
  finding.resource = Resource::fds;
  finding.verdict = Verdict::inconclusive;
  finding.needed_seconds = 180;
  EXPECT_EQ(slope_text(finding), "");
  EXPECT_THAT(outlook_text(finding), HasSubstr("3 min"));
  finding.slope_per_minute = {0.52, 0.5, 0.55, 9, "x"};
  EXPECT_EQ(slope_text(finding), "+0.52/min [0.5, 0.55]");
  finding.needed_seconds = 1e300;  // foreign
  EXPECT_FALSE(outlook_text(finding).empty());
  finding.points = {{0, 0, 1}, {1, 0, 2}, {2, 0, 3}, {3, 0, 4}};
  EXPECT_EQ(floors_text(finding, 2), "1 > 4");
}

TEST(Columns, TheLightestGoFirst) {
  const TableColumn columns[] = {
      {"A", 5, 5, 3}, {"B", 5, 9, 1}, {"C", 5, 5, 2}};
  auto placed = place_columns(columns, 18);
  ASSERT_EQ(placed.size(), 3u);
  placed = place_columns(columns, 20);
  EXPECT_EQ(placed[1].width, 7);
  EXPECT_EQ(placed[2].x, 15);
  placed = place_columns(columns, 12);
  ASSERT_EQ(placed.size(), 2u);
  EXPECT_EQ(placed[0].index, 0u);
  EXPECT_EQ(placed[1].index, 2u);
  EXPECT_EQ(place_columns(columns, 1).size(), 1u);
}

TEST(Columns, ScrollingMovesAsLittleAsPossible) {
  EXPECT_EQ(scroll_to(0, 3, 5, 20), 0);
  EXPECT_EQ(scroll_to(0, 7, 5, 20), 3);
  EXPECT_EQ(scroll_to(10, 7, 5, 20), 7);
  EXPECT_EQ(scroll_to(18, 19, 5, 20), 15);
  EXPECT_EQ(scroll_to(3, 0, 5, 0), 0);
}

Event mark(EventKind kind, int second, const char* name,
           PhaseKind phase = PhaseKind::custom) {
  Event event;
  event.kind = kind;
  event.time = boot_time(second * int64_t{1'000'000'000});
  event.subject = SubjectId(1);
  event.name = name;
  event.phase_kind = phase;
  return event;
}

TEST(PhaseBar, TheInnermostPhaseOwnsAColumn) {
  ::setlocale(LC_CTYPE, "C.UTF-8");
  PhaseTracker tracker;
  tracker.apply(mark(EventKind::phase_begin, 0, "soak"));
  tracker.apply(mark(EventKind::phase_begin, 2, "load", PhaseKind::load));
  tracker.apply(mark(EventKind::phase_end, 8, "load"));
  const TimeAxis axis{boot_time(0), boot_time(10'000'000'000), 20};
  const auto columns = phases_by_column(tracker, axis);
  EXPECT_EQ(columns[3], 0);
  EXPECT_EQ(columns[4], 1);
  EXPECT_EQ(columns[15], 1);
  EXPECT_EQ(columns[16], 0);  // soak is still open
  Canvas canvas(20, 1, Charset::utf8);
  draw_phase_bar(Pane(canvas), 0, 0, tracker, columns, -1);
  EXPECT_EQ(canvas.to_text(), "│so…│###load####│so…\n");
}

TEST(PhaseBar, APhaseShorterThanAColumnIsStillSeen) {
  PhaseTracker tracker;
  tracker.apply(mark(EventKind::phase_begin, 50, "blip"));
  tracker.apply(mark(EventKind::phase_end, 50, "blip"));
  const TimeAxis axis{boot_time(0), boot_time(100'000'000'000), 10};
  const auto columns = phases_by_column(tracker, axis);
  EXPECT_EQ(std::ranges::count(columns, 0), 1);
}

TEST(Keymap, NoKeyMeansTwoThings) {
  std::set<Key> seen;
  for (const Binding& binding : bindings()) {
    EXPECT_TRUE(seen.insert(binding.key).second) << binding.label;
    EXPECT_EQ(action_of(binding.key), binding.action);
  }
  for (const ViewEntry& view : all_views()) {
    EXPECT_TRUE(seen.insert(view.key).second) << view.name;
  }
  EXPECT_EQ(action_of('~'), Action::none);
}

TEST(Keymap, HelpNamesEveryKey) {
  std::string all;
  for (const HelpLine& line : help_lines()) {
    EXPECT_FALSE(line.text.empty());
    all += line.keys + " ";
  }
  for (const Binding& binding : bindings()) {
    EXPECT_THAT(all, HasSubstr(std::string(binding.label)));
  }
}

}  // namespace
}  // namespace tidemark
