// A part of a service's recording has phases of its own, and sites whose
// cohorts the service has counted since it began.
#include <algorithm>
#include <map>

#include "tests/unit/report/recorded_run.h"

namespace tidemark::synthetic {
namespace {

constexpr int kCycles = 26;
constexpr double kEach = 412;

// The phase that is open then is told once more, as OpenMarks does.
void turn_over(RecordingWriter& writer, const std::string& next, double turn,
               const Event& open) {
  Event again = open;
  again.received = again.time;
  again.time = at(turn);
  RecordingInfo info = recording_info();
  info.uuid[0] ^= 1;
  info.anchor.boot_ns = to_ns(at(turn));
  const Status status = writer.continue_in(next, info, at(turn), {&again, 1});
  ASSERT_TRUE(status) << status.error().what;
}

void write_parts(const std::string& first, const std::string& second,
                 RunModel& run, double turn, double seconds) {
  auto writer = RecordingWriter::create(first, recording_info());
  ASSERT_TRUE(writer);
  for (const Metric& metric : run.dictionary().metrics()) {
    writer->define(metric);
  }
  for (const Subject& subject : run.dictionary().subjects()) {
    writer->define(subject);
  }
  Event open;
  bool turned = false;
  for (const Item& item : run.items(seconds, false)) {
    if (const auto* event = std::get_if<Event>(&item)) {
      if (event->kind == EventKind::phase_begin && !turned) open = *event;
      ASSERT_TRUE(writer->write_events({event, 1}));
      continue;
    }
    const Frame& frame = std::get<FrameItem>(item).frame;
    if (!turned && frame.time >= at(turn)) {
      turned = true;
      turn_over(*writer, second, turn, open);
    }
    ASSERT_TRUE(writer->write_frame(frame, recording_info().anchor));
  }
  ASSERT_TRUE(writer->close(at(seconds)));
}

class ServicePart : public testing::Test {
 protected:
  ServicePart() : soak_(kCycles) {
    soak_.from_birth = true;
    soak_.startup_site(1, 5 * SiteSoak::kMiB);
    soak_.site(2, SiteKind::heap, kEach, [](int, double) { return 1; });
    soak_.finish([](double) { return 0; });
  }
  // The leaking site of the second part, by the phases of its cohorts.
  std::map<std::string, FindingSite::Cohort> cohorts_from(double turn) {
    write_parts(first_.path(), second_.path(), soak_.run, turn,
                soak_.end() + 1);
    data_ = load(second_.path());
    std::map<std::string, FindingSite::Cohort> cohorts;
    const auto heap = std::ranges::find_if(
        data_.summary.findings,
        [](const Finding& each) { return each.resource == Resource::heap; });
    if (heap == data_.summary.findings.end()) return cohorts;
    EXPECT_EQ(heap->verdict, Verdict::leak) << heap->reason;
    EXPECT_NE(heap->confirmed_by, Confirmation::none);
    for (const FindingSite& site : heap->sites) {
      if (site.stack != StackId(2)) continue;
      EXPECT_EQ(site.site_class, SiteClass::leak);
      EXPECT_NEAR(site.residue_per_op, kEach, 0.1);
      for (const FindingSite::Cohort& each : site.cohorts) {
        cohorts.emplace(each.phase, each);
      }
    }
    return cohorts;
  }

  SiteSoak soak_;
  RecordingFile first_{"part1"}, second_{"part2"};
  ReportData data_;
};

TEST_F(ServicePart, CohortsKeepTheirPhasesAfterATurnInALoad) {
  constexpr int kOpen = 12;  // the cycle that was open
  const auto cohorts = cohorts_from(SiteSoak::begin(kOpen) + 7);
  // The 12 before it were born before this part.
  ASSERT_TRUE(cohorts.contains(""));
  EXPECT_NEAR(cohorts.at("").taken, kOpen * 2000 * kEach, 1);
  ASSERT_TRUE(cohorts.contains("load#14"));
  EXPECT_FALSE(cohorts.contains("load#15"));
  for (int i = 1; i <= kCycles - kOpen; ++i) {
    const std::string name = "load#" + std::to_string(i);
    ASSERT_TRUE(cohorts.contains(name)) << name;
    EXPECT_NEAR(cohorts.at(name).taken, 2000 * kEach, 1) << name;
    EXPECT_NEAR(cohorts.at(name).live.back(), 2000 * kEach, 1) << name;
  }
}

TEST_F(ServicePart, CohortsKeepTheirPhasesAfterATurnInARest) {
  constexpr int kBefore = 12;
  const auto cohorts =
      cohorts_from(SiteSoak::begin(kBefore - 1) + SiteSoak::kLoad + 4);
  ASSERT_TRUE(cohorts.contains(""));
  EXPECT_NEAR(cohorts.at("").taken, kBefore * 2000 * kEach, 1);
  for (int i = 1; i <= kCycles - kBefore; ++i) {
    const std::string name = "load#" + std::to_string(i);
    ASSERT_TRUE(cohorts.contains(name)) << name;
    EXPECT_NEAR(cohorts.at(name).taken, 2000 * kEach, 1) << name;
  }
}

TEST_F(ServicePart, TheFirstPartCountsFromOne) {
  write_parts(first_.path(), second_.path(), soak_.run, SiteSoak::begin(13) + 3,
              soak_.end() + 1);
  data_ = load(first_.path());
  for (const Finding& finding : data_.summary.findings) {
    if (finding.resource != Resource::heap) continue;
    EXPECT_EQ(finding.verdict, Verdict::leak) << finding.reason;
    for (const FindingSite& site : finding.sites) {
      if (site.stack != StackId(2)) continue;
      const auto loads = std::ranges::count_if(
          site.cohorts, [](const FindingSite::Cohort& each) {
            return each.phase.starts_with("load#") && each.taken > 0;
          });
      EXPECT_EQ(loads, 14);
    }
  }
}

}  // namespace
}  // namespace tidemark::synthetic
