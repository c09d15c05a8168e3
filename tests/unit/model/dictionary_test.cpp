#include "core/model/dictionary.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

TEST(Dictionary, FindsMetricsByIdAndName) {
  Dictionary dictionary;
  EXPECT_TRUE(dictionary.define(Metric{.id = MetricId(3), .name = "rss"}));
  ASSERT_NE(dictionary.metric(MetricId(3)), nullptr);
  EXPECT_EQ(dictionary.find_metric("rss"), dictionary.metric(MetricId(3)));
  EXPECT_EQ(dictionary.metric(MetricId(2)), nullptr);
  EXPECT_EQ(dictionary.metric(MetricId(4)), nullptr);
  EXPECT_EQ(dictionary.find_metric("fds"), nullptr);
  EXPECT_EQ(dictionary.metric(MetricId()), nullptr);
}

TEST(Dictionary, ADefinitionReplacesTheOneBefore) {
  Dictionary dictionary;
  dictionary.define(Subject{.id = SubjectId(7), .name = "old"});
  dictionary.define(Subject{.id = SubjectId(5), .name = "other"});
  dictionary.define(Subject{.id = SubjectId(7), .name = "new"});
  EXPECT_EQ(dictionary.subject(SubjectId(7))->name, "new");
  ASSERT_EQ(dictionary.subjects().size(), 2u);
  EXPECT_EQ(dictionary.subjects()[1].name, "other");
  EXPECT_EQ(dictionary.subject(SubjectId(6)), nullptr);
}

TEST(Dictionary, SparseSubjectsTakeNoMemoryForTheirGaps) {
  Dictionary dictionary;
  const uint32_t last = Dictionary::kMaxSubjects - 1;
  EXPECT_TRUE(dictionary.define(Subject{.id = SubjectId(last)}));
  EXPECT_EQ(dictionary.subjects().size(), 1u);
  EXPECT_NE(dictionary.subject(SubjectId(last)), nullptr);
}

TEST(Dictionary, RefusesImpossibleIds) {
  Dictionary dictionary;
  EXPECT_FALSE(dictionary.define(Metric{}));
  EXPECT_FALSE(dictionary.define(Subject{}));
  EXPECT_FALSE(
      dictionary.define(Metric{.id = MetricId(Dictionary::kMaxMetrics)}));
  EXPECT_FALSE(
      dictionary.define(Subject{.id = SubjectId(Dictionary::kMaxSubjects)}));
}

}  // namespace
}  // namespace tidemark
