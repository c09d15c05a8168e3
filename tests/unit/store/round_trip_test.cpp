// Whatever is written is read back, exactly.
#include <gtest/gtest.h>

#include "tests/unit/store/recording_script.h"

namespace tidemark {
namespace {

class RoundTrip : public testing::TestWithParam<uint32_t> {};

TEST_P(RoundTrip, EveryItemIsWhatWasWritten) {
  const std::string path = fresh_path("a.tmk");
  RecordingScript script(path, GetParam());
  script.run(100);
  script.close();
  RecordingReader reader = open_ok(path);
  const std::vector<std::string> items = rest_of(reader);
  ASSERT_EQ(items.size(), script.expected().size());
  for (size_t i = 0; i < items.size(); ++i) {
    ASSERT_EQ(items[i], script.expected()[i]) << "item " << i;
  }
  EXPECT_TRUE(reader.closed());
  EXPECT_TRUE(reader.damages().empty());
  EXPECT_EQ(script.writer().values_refused(), 0);
}

TEST_P(RoundTrip, StateIsThatOfEveryFrame) {
  const std::string path = fresh_path("a.tmk");
  RecordingScript script(path, GetParam());
  RecordingReader reader = open_ok(path);
  for (int i = 0; i < 60; ++i) {
    script.step();
    rest_of(reader);  // following the file as it grows
    std::map<std::pair<uint32_t, uint32_t>, int64_t> values;
    for (uint32_t id = 0; id < RecordingScript::kMetrics; ++id) {
      reader.for_each_value(MetricId(id), [&](SubjectId subject, int64_t v) {
        values[{id, subject.value}] = v;
      });
    }
    ASSERT_EQ(values, script.model().values) << "step " << i;
    for (const auto& [id, subject] : script.subjects()) {
      const Subject* read = reader.dictionary().subject(SubjectId(id));
      ASSERT_NE(read, nullptr) << "subject " << id;
      ASSERT_EQ(*read, subject) << "subject " << id;
    }
  }
  EXPECT_FALSE(reader.closed());
  EXPECT_TRUE(reader.damages().empty());
}

INSTANTIATE_TEST_SUITE_P(Seeds, RoundTrip, testing::Range(1u, 21u));

TEST(Recording, TellsWhatItIs) {
  const std::string path = fresh_path("a.tmk");
  RecordingScript script(path, 1);
  script.step();
  const RecordingReader reader = open_ok(path);
  const RecordingInfo wrote = script_info();
  const RecordingInfo& info = reader.info();
  EXPECT_EQ(info.major, kFormatMajor);
  EXPECT_EQ(info.minor, kFormatMinor);
  EXPECT_EQ(info.uuid, wrote.uuid);
  EXPECT_EQ(info.boot_id, wrote.boot_id);
  EXPECT_EQ(info.anchor.realtime_ns, wrote.anchor.realtime_ns);
  EXPECT_EQ(info.producer, wrote.producer);
  EXPECT_EQ(info.host, wrote.host);
  EXPECT_EQ(info.kernel, wrote.kernel);
  EXPECT_EQ(info.cpu_model, wrote.cpu_model);
  EXPECT_EQ(info.cpu_count, wrote.cpu_count);
  EXPECT_EQ(info.memory_bytes, wrote.memory_bytes);
  EXPECT_EQ(info.page_size, wrote.page_size);
  EXPECT_EQ(info.ticks_per_second, wrote.ticks_per_second);
  EXPECT_EQ(info.interval_ns, wrote.interval_ns);
  EXPECT_EQ(info.command, wrote.command);
  EXPECT_EQ(info.levels, wrote.levels);
  EXPECT_EQ(reader.path(), path);
}

TEST(Recording, TellsMetricsWithTheirHelpInEveryChapter) {
  const std::string path = fresh_path("a.tmk");
  RecordingScript script(path, 1);
  script.run(30);
  RecordingReader reader = open_ok(path);
  rest_of(reader);
  for (uint32_t id = 0; id < RecordingScript::kMetrics; ++id) {
    const Metric wrote = RecordingScript::metric(id);
    const Metric* read = reader.dictionary().metric(MetricId(id));
    ASSERT_NE(read, nullptr);
    EXPECT_EQ(read->name, wrote.name);
    EXPECT_EQ(read->subject, wrote.subject);
    EXPECT_EQ(read->kind, wrote.kind);
    EXPECT_EQ(read->unit, wrote.unit);
    EXPECT_EQ(read->help, wrote.help);
  }
}

TEST(Recording, AnEmptyOneHasNoItemAndNoDamage) {
  const std::string path = fresh_path("a.tmk");
  auto writer = RecordingWriter::create(path, script_info());
  ASSERT_TRUE(writer);
  RecordingReader reader = open_ok(path);
  EXPECT_EQ(reader.info().host, "host");
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.span());
  ASSERT_TRUE(writer->close(boot_time(2'000'000'000)));
  auto item = reader.next();
  ASSERT_TRUE(item);
  EXPECT_TRUE(item->end);
  EXPECT_TRUE(reader.damages().empty());
}

TEST(Recording, IsNeverWrittenOver) {
  const std::string path = fresh_path("a.tmk");
  ASSERT_TRUE(RecordingWriter::create(path, script_info()));
  const auto second = RecordingWriter::create(path, script_info());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::io);
  EXPECT_NE(second.error().what.find(path), std::string::npos);
}

TEST(Recording, AValueOfNoKnownSubjectIsRefusedAndCounted) {
  const std::string path = fresh_path("a.tmk");
  auto writer = RecordingWriter::create(path, script_info());
  ASSERT_TRUE(writer);
  writer->define(RecordingScript::metric(3));
  writer->define(Subject{.id = SubjectId(1), .name = "a"});
  Frame frame;
  frame.time = boot_time(2'000'000'000);
  frame.columns.push_back({.metric = MetricId(3),
                           .subjects = {SubjectId(1), SubjectId(2)},
                           .values = {10, 20}});
  frame.columns.push_back(
      {.metric = MetricId(4), .subjects = {SubjectId(1)}, .values = {30}});
  ASSERT_TRUE(writer->write_frame(frame, {}));
  EXPECT_EQ(writer->values_refused(), 2);
  RecordingReader reader = open_ok(path);
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.value(MetricId(3), SubjectId(1)), 10);
  EXPECT_EQ(reader.value(MetricId(3), SubjectId(2)), std::nullopt);
  EXPECT_TRUE(reader.damages().empty());
  const std::string next = fresh_path("b.tmk");
  ASSERT_TRUE(writer->continue_in(next, script_info(7), frame.time, {}));
  ASSERT_TRUE(writer->write_frame(frame, {}));
  EXPECT_EQ(writer->values_refused(), 4);
}

TEST(Recording, AFrameThatContradictsItselfIsAnInternalError) {
  const std::string path = fresh_path("a.tmk");
  auto writer = RecordingWriter::create(path, script_info());
  ASSERT_TRUE(writer);
  writer->define(RecordingScript::metric(3));
  writer->define(Subject{.id = SubjectId(1)});
  const Column column{
      .metric = MetricId(3), .subjects = {SubjectId(1)}, .values = {1}};
  Frame twice;
  twice.columns = {column, column};
  EXPECT_EQ(writer->write_frame(twice, {}).error().kind, ErrorKind::internal);
  Frame unequal;
  unequal.columns = {column};
  unequal.columns[0].values.clear();
  EXPECT_EQ(writer->write_frame(unequal, {}).error().kind, ErrorKind::internal);
  Frame fine;
  fine.columns = {column};
  EXPECT_TRUE(writer->write_frame(fine, {}));
}

TEST(Recording, ManyEventsAreSplitIntoRecords) {
  const std::string path = fresh_path("a.tmk");
  auto writer = RecordingWriter::create(path, script_info());
  ASSERT_TRUE(writer);
  std::vector<Event> events(150'000);
  for (size_t i = 0; i < events.size(); ++i) events[i].sequence = i;
  ASSERT_TRUE(writer->write_events(events));
  RecordingReader reader = open_ok(path);
  uint64_t next = 0;
  while (auto item = reader.next()) {
    ASSERT_NE(item->events, nullptr);
    for (const Event& event : *item->events) {
      ASSERT_EQ(event.sequence, next++);
    }
  }
  EXPECT_EQ(next, events.size());
}

TEST(Recording, AGapCarriesWhatWasDefined) {
  const std::string path = fresh_path("a.tmk");
  auto writer = RecordingWriter::create(path, script_info());
  ASSERT_TRUE(writer);
  for (uint32_t id = 0; id < 200; ++id) {
    writer->define(Subject{.id = SubjectId(id), .name = std::to_string(id)});
  }
  const int64_t before = writer->bytes_written();
  ASSERT_TRUE(writer->write_gap(boot_time(5), boot_time(9), 2, "late"));
  EXPECT_LT(writer->bytes_written() - before, 1000);  // packed
  RecordingReader reader = open_ok(path);
  const auto item = reader.next();
  ASSERT_TRUE(item && item->gap != nullptr);
  EXPECT_EQ(text_of(*item->gap), "gap 5 9 2 'late'");
  ASSERT_NE(reader.dictionary().subject(SubjectId(199)), nullptr);
  EXPECT_EQ(reader.dictionary().subject(SubjectId(199))->name, "199");
}

TEST(Recording, UnchangedValuesCostNothing) {
  const auto bytes_for = [](uint32_t subjects) {
    const std::string path = fresh_path(std::to_string(subjects) + ".tmk");
    auto writer = RecordingWriter::create(path, script_info());
    writer->define(RecordingScript::metric(3));
    Frame frame;
    frame.time = boot_time(2'000'000'000);
    Column& column = frame.columns.emplace_back();
    column.metric = MetricId(3);
    for (uint32_t id = 0; id < subjects; ++id) {
      writer->define(Subject{.id = SubjectId(id), .name = "x"});
      column.subjects.emplace_back(id);
      column.values.push_back(id * 1000);
    }
    EXPECT_TRUE(writer->write_frame(frame, {}));
    const int64_t before = writer->bytes_written();
    EXPECT_TRUE(writer->write_frame(frame, {}));
    return writer->bytes_written() - before;
  };
  EXPECT_EQ(bytes_for(10), bytes_for(5000));
}

}  // namespace
}  // namespace tidemark
