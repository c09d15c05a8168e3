// Moving about in a recording, and following one that grows.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "tests/unit/store/recording_script.h"

namespace tidemark {
namespace {

struct Recorded {
  std::vector<int64_t> times;
  std::vector<std::string> items;
  std::vector<std::string> states;  // before each item
};

std::string state_of(const RecordingReader& reader) {
  std::string text;
  for (uint32_t id = 0; id < RecordingScript::kMetrics; ++id) {
    reader.for_each_value(MetricId(id), [&](SubjectId subject, int64_t value) {
      text += std::to_string(id) + "/" + std::to_string(subject.value) + "=" +
              std::to_string(value) + " ";
    });
  }
  return text;
}

Recorded read_all(RecordingReader& reader) {
  Recorded all;
  std::string state;
  while (auto item = reader.next()) {
    all.times.push_back(to_ns(item->time));
    all.items.push_back(text_of(*item));
    all.states.push_back(std::exchange(state, state_of(reader)));
  }
  all.states.push_back(state);
  return all;
}

class Seek : public testing::TestWithParam<uint32_t> {};

TEST_P(Seek, StandsBeforeTheFirstItemAtOrAfterTheTime) {
  const std::string path = fresh_path("a.tmk");
  RecordingScript script(path, GetParam());
  script.run(60);
  script.close();
  RecordingReader reader = open_ok(path);
  const Recorded all = read_all(reader);
  for (int64_t time = 0; time < script.now_ns() + 3'000'000'000;
       time += 333'333'333) {
    ASSERT_TRUE(reader.seek(boot_time(time)));
    // The first chapter-wise: times may step back by a little around events.
    size_t at = 0;
    while (at < all.times.size() && all.times[at] < time) ++at;
    const std::string state = state_of(reader);
    const auto rest = rest_of(reader);
    ASSERT_GE(all.items.size(), rest.size());
    const size_t found = all.items.size() - rest.size();
    ASSERT_EQ(found, at) << "time " << time;
    EXPECT_EQ(state, all.states[at]) << "time " << time;
    EXPECT_TRUE(std::equal(rest.begin(), rest.end(),
                           all.items.begin() + static_cast<long>(at)));
  }
  EXPECT_TRUE(reader.damages().empty());
}

TEST_P(Seek, RewindReadsTheSameAgain) {
  const std::string path = fresh_path("a.tmk");
  RecordingScript script(path, GetParam());
  script.run(30);
  RecordingReader reader = open_ok(path);
  rest_of(reader);
  ASSERT_TRUE(reader.rewind());
  EXPECT_EQ(rest_of(reader), script.expected());
}

INSTANTIATE_TEST_SUITE_P(Seeds, Seek, testing::Range(1u, 7u));

TEST(Span, IsThatOfTheItems) {
  const std::string path = fresh_path("a.tmk");
  RecordingScript script(path, 3);
  script.run(50);
  RecordingReader reader = open_ok(path);
  const Recorded all = read_all(reader);
  auto span = reader.span();
  ASSERT_TRUE(span);
  EXPECT_EQ(to_ns(span->first), all.times.front());
  EXPECT_EQ(to_ns(span->second), all.times.back());
  script.close();
  span = reader.span();
  EXPECT_EQ(to_ns(span->second), script.now_ns() + 5);
}

// The file as a follower may find it: grown byte by byte.
TEST(Follow, EveryItemOnceAndAsSoonAsItIsWhole) {
  const std::string path = fresh_path("a.tmk");
  RecordingScript script(path, 5);
  script.run(30);
  script.close();
  std::ifstream in(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  const std::string copy = fresh_path("b.tmk");
  std::ofstream out(copy, std::ios::binary);
  out.write(bytes.data(), 64);
  out.flush();
  RecordingReader reader = open_ok(copy);
  std::vector<std::string> items;
  for (size_t i = 64; i < bytes.size(); ++i) {
    out.put(bytes[i]);
    out.flush();
    if (i % 7 != 0 && i + 1 != bytes.size()) continue;
    for (const std::string& item : rest_of(reader)) items.push_back(item);
    ASSERT_LE(reader.damages().size(), 1u);
  }
  EXPECT_EQ(items, script.expected());
  EXPECT_TRUE(reader.damages().empty());
  EXPECT_TRUE(reader.closed());
}

TEST(Follow, SeekWorksInWhatWasAdded) {
  const std::string path = fresh_path("a.tmk");
  RecordingScript script(path, 6);
  script.run(5);
  RecordingReader reader = open_ok(path);
  ASSERT_TRUE(reader.seek(boot_time(3'000'000'000)));
  script.run(40);
  const int64_t time = script.now_ns() - 10'000'000'000;
  ASSERT_TRUE(reader.seek(boot_time(time)));
  auto item = reader.next();
  ASSERT_TRUE(item);
  EXPECT_GE(to_ns(item->time), time);
  EXPECT_LT(to_ns(item->time), time + 2'000'000'000);
}

}  // namespace
}  // namespace tidemark
