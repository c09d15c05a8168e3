// Summaries against sums made frame by frame from the ticks.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "tests/unit/store/recording_script.h"

namespace tidemark {
namespace {

using Key = std::pair<uint32_t, uint32_t>;

double as_double(uint32_t metric, int64_t value) {
  return metric == RecordingScript::kReal ? std::bit_cast<double>(value)
                                          : static_cast<double>(value);
}

// One chapter's values, collected the slow way.
struct Chapter {
  int64_t begin = 0, end = 0;
  int64_t ticks = 0;
  std::map<Key, std::vector<int64_t>> series;
  std::set<Key> at_begin;  // had a value before the first frame
  std::set<Key> at_end;
};

class Collector {
 public:
  void take(const RecordingItem& item) {
    if (item.frame == nullptr) return;
    if (item.chapter_begin) start(item);
    Chapter& chapter = chapters.back();
    chapter.end = to_ns(item.time);
    ++chapter.ticks;
    for (const Column& column : item.frame->columns) {
      for (size_t i = 0; i < column.subjects.size(); ++i) {
        const Key key{column.metric.value, column.subjects[i].value};
        values_[key] = column.values[i];
      }
    }
    for (const auto& [key, value] : values_) {
      chapter.series[key].push_back(value);
    }
    for (const SubjectId id : item.frame->ended) {
      std::erase_if(values_, [id](const auto& entry) {
        return entry.first.second == id.value;
      });
    }
    chapter.at_end.clear();
    for (const auto& entry : values_) chapter.at_end.insert(entry.first);
  }

  std::vector<Chapter> chapters;

 private:
  void start(const RecordingItem& item) {
    Chapter& chapter = chapters.emplace_back();
    chapter.begin = to_ns(item.time);
    for (const auto& entry : values_) chapter.at_begin.insert(entry.first);
  }
  std::map<Key, int64_t> values_;
};

void expect_series(const SeriesSummary& series, const Chapter& chapter) {
  const Key key{series.metric.value, series.subject.value};
  const auto found = chapter.series.find(key);
  ASSERT_NE(found, chapter.series.end()) << key.first << "/" << key.second;
  const std::vector<int64_t>& values = found->second;
  const auto real = [&](int64_t v) { return as_double(key.first, v); };
  double sum = 0;
  double low = real(values[0]);
  double high = low;
  for (const int64_t value : values) {
    sum += real(value);
    low = std::min(low, real(value));
    high = std::max(high, real(value));
  }
  EXPECT_EQ(series.count, std::ssize(values));
  EXPECT_EQ(series.first, values.front());
  EXPECT_EQ(series.last, values.back());
  EXPECT_EQ(real(series.min), low);
  EXPECT_EQ(real(series.max), high);
  const double mean = key.first < 3 ? low + (high - low) / 2
                                    : sum / static_cast<double>(values.size());
  // Doubles hold 53 bits; some values of the script have 63.
  const double error = std::max(1.0, std::abs(high - low) * 1e-9);
  EXPECT_NEAR(series.mean, mean, error + std::abs(mean) * 1e-9)
      << key.first << "/" << key.second;
}

class Summaries : public testing::TestWithParam<uint32_t> {};

TEST_P(Summaries, AreWhatTheTicksSay) {
  const std::string path = fresh_path("a.tmk");
  RecordingScript script(path, GetParam());
  script.run(100);
  script.close();
  RecordingReader reader = open_ok(path);
  Collector collector;
  while (auto item = reader.next()) collector.take(*item);
  const auto summaries = reader.summaries();
  ASSERT_TRUE(summaries);
  ASSERT_EQ(summaries->size(), collector.chapters.size());
  for (size_t i = 0; i < summaries->size(); ++i) {
    const ChapterSummary& summary = (*summaries)[i];
    const Chapter& chapter = collector.chapters[i];
    // The first chapter begins with the file.
    if (i > 0) {
      EXPECT_EQ(to_ns(summary.begin), chapter.begin);
    }
    EXPECT_EQ(to_ns(summary.end), chapter.end);
    EXPECT_EQ(summary.ticks, chapter.ticks);
    std::set<Key> seen;
    for (const SeriesSummary& series : summary.series) {
      seen.emplace(series.metric.value, series.subject.value);
      expect_series(series, chapter);
    }
    EXPECT_EQ(seen.size(), summary.series.size());
    // All but those that began and ended inside.
    for (const auto& entry : chapter.series) {
      const bool brief = !chapter.at_begin.contains(entry.first) &&
                         !chapter.at_end.contains(entry.first);
      EXPECT_EQ(seen.contains(entry.first), !brief);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Summaries, testing::Range(1u, 11u));

TEST(Summary, TellsOfClosedChaptersOnly) {
  const std::string path = fresh_path("a.tmk");
  RecordingScript script(path, 1);
  script.run(30);  // 12 + 12 + 6
  RecordingReader reader = open_ok(path);
  EXPECT_EQ(reader.summaries()->size(), 2u);
  script.run(10);
  EXPECT_EQ(reader.summaries()->size(), 3u);
  script.close();
  EXPECT_EQ(reader.summaries()->size(), 4u);
}

TEST(Summary, LeavesTheReaderWhereItWas) {
  const std::string path = fresh_path("a.tmk");
  RecordingScript script(path, 2);
  script.run(40);
  RecordingReader reader = open_ok(path);
  std::vector<std::string> items;
  while (auto item = reader.next()) {
    items.push_back(text_of(*item));
    ASSERT_TRUE(reader.summaries());
    ASSERT_TRUE(reader.span());
  }
  EXPECT_EQ(items, script.expected());
}

}  // namespace
}  // namespace tidemark
