#include "daemon/registry.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

constexpr MetricSpec kRss = {"rss", SubjectKind::process, MetricKind::gauge,
                             Unit::bytes, "Resident."};

TEST(Registry, TheSameMetricHasOneId) {
  Registry registry;
  const MetricId id = registry.define_metric(kRss);
  EXPECT_EQ(registry.define_metric(kRss), id);
  Definitions changes;
  registry.take(changes);
  ASSERT_EQ(changes.metrics.size(), 1u);
  EXPECT_EQ(changes.metrics[0].name, "rss");
  EXPECT_EQ(changes.metrics[0].id, id);
  changes.clear();
  registry.take(changes);
  EXPECT_TRUE(changes.empty());
}

TEST(Registry, NamedSubjectsAreFoundAgainByKindAndName) {
  Registry registry;
  const SubjectId cpu = registry.subject(SubjectKind::cpu, "0");
  EXPECT_EQ(registry.subject(SubjectKind::cpu, "0"), cpu);
  EXPECT_NE(registry.subject(SubjectKind::device, "0"), cpu);
}

TEST(Registry, AnEndedSubjectsIdIsNeverReused) {
  Registry registry;
  const SubjectId first = registry.subject(SubjectKind::cgroup, "/a");
  registry.end_subject(first);
  const SubjectId second = registry.subject(SubjectKind::cgroup, "/a");
  EXPECT_NE(first, second);
  Definitions changes;
  registry.take(changes);
  EXPECT_EQ(changes.ended, (std::vector<SubjectId>{first}));
}

TEST(Registry, RedefiningKeepsTheId) {
  Registry registry;
  Subject subject;
  subject.kind = SubjectKind::process;
  subject.name = "sh";
  subject.id = registry.define_subject(subject);
  subject.name = "redis-server";
  EXPECT_EQ(registry.define_subject(subject), subject.id);
  Definitions changes;
  registry.take(changes);
  ASSERT_EQ(changes.subjects.size(), 2u);
  EXPECT_EQ(changes.subjects[1].name, "redis-server");
  EXPECT_EQ(changes.subjects[1].id, changes.subjects[0].id);
}

}  // namespace
}  // namespace tidemark
