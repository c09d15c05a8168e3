#include <gtest/gtest.h>

#include "core/analysis/verdict.h"

namespace tidemark {
namespace {

Finding finding(Resource resource, Verdict verdict) {
  Finding result;
  result.resource = resource;
  result.verdict = verdict;
  return result;
}

std::vector<Finding> classified(std::vector<Finding> findings) {
  classify(findings);
  return findings;
}

TEST(Classify, OnlyWhatRisesHasAClass) {
  for (const Verdict verdict :
       {Verdict::none, Verdict::saturating, Verdict::step, Verdict::startup,
        Verdict::inconclusive}) {
    EXPECT_EQ(classified({finding(Resource::fds, verdict)})[0].leak_class, "");
  }
  EXPECT_EQ(
      classified({finding(Resource::fds, Verdict::suspect)})[0].leak_class,
      "handle leak");
}

TEST(Classify, AnonymousMemoryAloneIsNotCalledAHeapLeak) {
  const auto findings =
      classified({finding(Resource::rss_anon, Verdict::leak),
                  finding(Resource::mappings, Verdict::none)});
  EXPECT_EQ(findings[0].leak_class, "heap leak or allocator retention");
  EXPECT_EQ(findings[1].leak_class, "");
}

TEST(Classify, TheHeapDecides) {
  auto findings = classified({finding(Resource::heap, Verdict::leak),
                              finding(Resource::rss_anon, Verdict::leak),
                              finding(Resource::mappings, Verdict::leak)});
  EXPECT_EQ(findings[0].leak_class, "heap leak");
  EXPECT_EQ(findings[1].leak_class, "heap leak");
  EXPECT_EQ(findings[2].leak_class, "handle leak");
  findings = classified({finding(Resource::heap, Verdict::none),
                         finding(Resource::rss_anon, Verdict::leak)});
  EXPECT_EQ(findings[1].leak_class, "allocator retention");
  findings = classified({finding(Resource::heap, Verdict::inconclusive),
                         finding(Resource::rss_anon, Verdict::leak)});
  EXPECT_EQ(findings[1].leak_class, "heap leak or allocator retention");
}

TEST(Classify, MappingsThatRiseWithMemoryAreAMappingLeak) {
  const auto findings =
      classified({finding(Resource::rss_anon, Verdict::suspect),
                  finding(Resource::mappings, Verdict::leak)});
  EXPECT_EQ(findings[0].leak_class, "mapping leak");
  EXPECT_EQ(findings[1].leak_class, "mapping leak");
  EXPECT_EQ(
      classified({finding(Resource::mappings, Verdict::leak)})[0].leak_class,
      "handle leak");
}

TEST(Classify, FilePagesAndHandles) {
  EXPECT_EQ(
      classified({finding(Resource::rss_shmem, Verdict::leak)})[0].leak_class,
      "page-cache or shared-memory growth");
  for (const Resource resource :
       {Resource::fds, Resource::sockets, Resource::threads, Resource::children,
        Resource::inotify_watches}) {
    EXPECT_EQ(classified({finding(resource, Verdict::leak)})[0].leak_class,
              "handle leak");
  }
}

TEST(ControlFalseDiscoveries, OneOfManyIsLessSure) {
  std::vector<Finding> findings(20, finding(Resource::fds, Verdict::none));
  for (Finding& each : findings) each.p_value = 0.9;
  findings[7].p_value = 0.001;
  control_false_discoveries(findings);
  EXPECT_NEAR(findings[7].q_value, 0.02, 1e-12);
  EXPECT_NEAR(findings[0].q_value, 0.9, 1e-12);
  std::vector<Finding> none;
  control_false_discoveries(none);
  EXPECT_TRUE(none.empty());
}

}  // namespace
}  // namespace tidemark
