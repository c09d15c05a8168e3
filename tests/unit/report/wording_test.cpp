// Words that formats share.
#include "report/wording.h"

#include "tests/unit/report/recorded_run.h"

namespace tidemark::synthetic {
namespace {

Event event(EventKind kind, const char* name, double seconds) {
  Event event;
  event.kind = kind;
  event.name = name;
  event.time = at(seconds);
  return event;
}

Event note(const char* name, double seconds) {
  return event(EventKind::note, name, seconds);
}

TEST(News, WhatIsSaidAgainIsOneLineWithHowOftenAndUntilWhen) {
  RunSummary summary;
  summary.begin = at(0);
  summary.notes = {note("wrk failed", 7), note("cache failed", 9),
                   note("wrk failed", 13), note("wrk failed", 22)};
  const ReportData data =
      make_report("run.tmk", recording_info(), std::move(summary), {});
  const std::vector<News> news = gather_news(data);
  ASSERT_EQ(news.size(), 2u);
  EXPECT_EQ(news[0].times, 3u);
  EXPECT_DOUBLE_EQ(news[0].first_seconds, 7);
  EXPECT_EQ(news[0].whole(), "wrk failed (3×, last at 22 s)");
  EXPECT_EQ(news[1].whole(), "cache failed");
}

TEST(News, AnExitWithZeroIsNone) {
  RunSummary summary;
  summary.begin = at(0);
  summary.notes = {event(EventKind::exit, "sleep", 1)};
  EXPECT_TRUE(gather_news(make_report("run.tmk", recording_info(),
                                      std::move(summary), {}))
                  .empty());
}

}  // namespace
}  // namespace tidemark::synthetic
