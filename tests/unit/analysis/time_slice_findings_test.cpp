// Runs that mark no phases: slices of time are their cohorts.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "core/model/time_slices.h"
#include "tests/unit/analysis/synthetic_run.h"

namespace tidemark::synthetic {
namespace {

constexpr double kMiB = 1 << 20;

class UnmarkedRun {
 public:
  explicit UnmarkedRun(double seconds) : seconds_(seconds) {
    server = run.process("server", 4112, "server", -60);
    run.figure(server, "heap.sample_bytes", [](double) { return 1; });
    run.counts(server, "heap.alloc_count", 100);
  }

  // One stack that takes so much a second; alive(born, now) of it lives.
  void site(uint32_t stack, double per_second,
            const std::function<double(double born, double now)>& alive,
            uint32_t first_slice = 0) {
    const uint32_t last =
        time_slice_at(std::chrono::seconds(std::lround(seconds_)));
    for (uint32_t cohort = kFirstTimeSlice; cohort <= last; ++cohort) {
      const TimeSlice slice = time_slice(cohort);
      const double begin = to_seconds(slice.begin);
      const double length = to_seconds(slice.end) - begin;
      const SubjectId id =
          run.site(server, SiteKind::heap, stack, cohort + first_slice, "");
      const auto taken = [=](double t) {
        return per_second * std::clamp(t - begin, 0.0, length);
      };
      const auto level = [=](double t) { return taken(t) * alive(begin, t); };
      run.figure(id, "site.alloc_bytes", taken);
      run.figure(id, "site.live_bytes", level);
      run.begins(id, "site.live_bytes", begin);
      run.begins(id, "site.alloc_bytes", begin);
      levels_.push_back(level);
    }
  }

  Finding heap() {
    const auto sum = [levels = levels_](double t) {
      double all = 0;
      for (const Formula& level : levels) all += level(t);
      return all;
    };
    run.figure(server, "heap.live_bytes", sum);
    run.figure(server, "rss_anon",
               [sum](double t) { return 20 * kMiB + sum(t); });
    for (const Finding& finding : run.summarize(seconds_).findings) {
      if (finding.resource == Resource::heap) return finding;
    }
    ADD_FAILURE() << "no finding on the heap";
    return {};
  }

  RunModel run;
  SubjectId server;

 private:
  double seconds_;
  std::vector<Formula> levels_;
};

double forever(double, double) { return 1; }

TEST(TimeSliceFindings, ALeakIsConfirmedWithoutAMark) {
  UnmarkedRun run(240);
  run.site(2, 5000, forever);
  run.site(3, 900'000, [](double, double) { return 0; });  // churn
  const Finding heap = run.heap();
  EXPECT_EQ(heap.verdict, Verdict::leak) << heap.reason;
  EXPECT_EQ(heap.confirmed_by, Confirmation::cohorts);
  EXPECT_NE(heap.reason.find("slices of time"), std::string::npos)
      << heap.reason;
  EXPECT_NEAR(heap.slope_per_minute.value, 60 * 5000, 6 * 5000);
  ASSERT_FALSE(heap.sites.empty());
  EXPECT_EQ(heap.sites[0].stack, StackId(2));
  EXPECT_EQ(heap.sites[0].site_class, SiteClass::leak);
  ASSERT_GE(heap.sites[0].cohorts.size(), 3u);
  EXPECT_EQ(heap.sites[0].cohorts[2].phase, "0:05");
}

TEST(TimeSliceFindings, AShortRunConfirmsNothing) {
  UnmarkedRun run(70);
  run.site(2, 5000, forever);
  EXPECT_NE(run.heap().verdict, Verdict::leak);
}

TEST(TimeSliceFindings, ACacheIsNoLeak) {
  UnmarkedRun run(480);
  run.site(2, 50'000, [](double born, double now) {
    return std::clamp(1 - (now - born - 60) / 30, 0.0, 1.0);
  });
  const Finding heap = run.heap();
  EXPECT_NE(heap.verdict, Verdict::leak) << heap.reason;
}

TEST(TimeSliceFindings, WhatIsTakenAtTheStartIsNoLeak) {
  UnmarkedRun run(300);
  run.site(2, 100'000, [](double born, double) { return born < 10 ? 1 : 0; });
  EXPECT_NE(run.heap().verdict, Verdict::leak);
}

// A part of a longer recording counts its slices from elsewhere.
TEST(TimeSliceFindings, SlicesOfAnotherBeginSayNothing) {
  UnmarkedRun run(240);
  run.site(2, 5000, forever, 30);
  const Finding heap = run.heap();
  EXPECT_NE(heap.confirmed_by, Confirmation::cohorts) << heap.reason;
}

}  // namespace
}  // namespace tidemark::synthetic
