#include <gtest/gtest.h>
#include <unistd.h>

#include "core/store/recording_reader.h"
#include "core/store/recording_writer.h"

namespace tidemark {
namespace {

TEST(Recording, RoundTrip) {
  const std::string path = testing::TempDir() + "recording_test.tmk";
  ::unlink(path.c_str());
  RecordingInfo info;
  info.host = "here";
  info.anchor = {.boot_ns = 1000};
  auto writer = RecordingWriter::create(path, info);
  ASSERT_TRUE(writer) << writer.error().what;
  writer->define(Metric{.id = MetricId(3), .name = "rss", .help = "h"});
  writer->define(Subject{.id = SubjectId(7), .name = "a"});
  writer->define(Subject{.id = SubjectId(9), .name = "b"});
  for (int t = 0; t < 150; ++t) {
    Frame frame;
    frame.time = boot_time(1000 + t * 1000);
    frame.columns.push_back({.metric = MetricId(3),
                             .read_begin = frame.time,
                             .subjects = {SubjectId(9), SubjectId(7)},
                             .values = {t / 10, -t}});
    ASSERT_TRUE(writer->write_frame(frame, {}));
  }
  const Event note{.time = boot_time(5), .name = "x"};
  ASSERT_TRUE(writer->write_events({&note, 1}));
  ASSERT_TRUE(writer->close(boot_time(1000000)));

  auto reader = RecordingReader::open(path);
  ASSERT_TRUE(reader) << reader.error().what;
  EXPECT_EQ(reader->info().host, "here");
  int t = 0;
  while (auto item = reader->next()) {
    if (item->frame == nullptr) continue;
    EXPECT_EQ(to_ns(item->time), 1000 + t * 1000);
    EXPECT_EQ(reader->value(MetricId(3), SubjectId(7)), -t);
    EXPECT_EQ(reader->value(MetricId(3), SubjectId(9)), t / 10);
    EXPECT_EQ(item->chapter_begin, t % 60 == 0) << t;
    ++t;
  }
  EXPECT_EQ(t, 150);
  EXPECT_TRUE(reader->closed());
  EXPECT_TRUE(reader->damages().empty());
}

}  // namespace
}  // namespace tidemark
