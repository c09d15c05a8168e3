// Recordings of every format version, kept for ever: each must read as the
// text beside it says. The writer of today still makes the newest of them.
#include <gtest/gtest.h>
#include <zstd.h>

#include <algorithm>
#include <bit>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "tests/unit/store/recording_script.h"

namespace tidemark {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr const char* kFolder =
    TIDEMARK_SOURCE_DIR "/tests/fixtures/recordings/";

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string site_text(const Subject& subject) {
  if (subject.kind != SubjectKind::site) return "";
  return " owner=" + std::to_string(subject.owner.value) +
         " stack=" + std::to_string(subject.stack.value) + " " +
         site_kind_name(subject.site_kind) +
         " cohort=" + std::to_string(subject.cohort);
}

std::string text_of(const Stack& stack, const StackTable& table) {
  std::string text = "stack " + std::to_string(stack.id.value) + " " +
                     stack_quality_name(stack.quality);
  if (stack.truncated) text += " truncated";
  for (const StackFrame& frame : table.resolve(stack.id)) {
    text += "\n  " + frame.function + " " + frame.file + ":" +
            std::to_string(frame.line) + (frame.inlined ? " inlined " : " ") +
            frame.module + "+" + std::to_string(frame.offset);
  }
  return text;
}

std::string text_of(const Subject& subject) {
  return "subject " + std::to_string(subject.id.value) + " " + subject.name +
         " pid=" + std::to_string(subject.process.pid.value) +
         " start=" + std::to_string(subject.process.start_ticks) +
         " parent=" + std::to_string(subject.parent.value) +
         " role=" + subject.role + site_text(subject);
}

std::string text_of(const Metric& metric) {
  return "metric " + std::to_string(metric.id.value) + " " + metric.name + " " +
         std::to_string(static_cast<int>(metric.subject)) + " " +
         std::to_string(static_cast<int>(metric.kind)) + " " +
         std::to_string(static_cast<int>(metric.unit)) + " " + metric.help;
}

std::string text_of(const SeriesSummary& series) {
  std::ostringstream text;
  text << "  " << series.metric.value << "/" << series.subject.value << " "
       << series.first << " " << series.last << " " << series.min << " "
       << series.max << " " << series.mean << " x" << series.count;
  return text.str();
}

// All that a recording says, a line each.
std::string describe(const std::string& path) {
  RecordingReader reader = open_ok(path);
  const RecordingInfo& info = reader.info();
  std::ostringstream text;
  text << "version " << info.major << "." << info.minor << " by "
       << info.producer << " on " << info.host << ", " << info.cpu_count
       << " cpus, begun " << info.anchor.realtime_ns << "\n";
  for (const std::string& item : rest_of(reader)) text << item << "\n";
  for (const Metric& metric : reader.dictionary().metrics()) {
    if (metric.id.valid()) text << text_of(metric) << "\n";
  }
  for (const Subject& subject : reader.dictionary().subjects()) {
    if (subject.id.valid()) text << text_of(subject) << "\n";
  }
  std::map<StackId, Stack> stacks(reader.stacks().stacks().begin(),
                                  reader.stacks().stacks().end());
  for (const auto& [id, stack] : stacks) {
    text << text_of(stack, reader.stacks()) << "\n";
  }
  const auto summaries = reader.summaries();
  for (const ChapterSummary& summary : *summaries) {
    text << "chapter at " << summary.offset << " from " << to_ns(summary.begin)
         << " to " << to_ns(summary.end) << ", " << summary.ticks << " ticks\n";
    for (const SeriesSummary& series : summary.series) {
      text << text_of(series) << "\n";
    }
  }
  text << (reader.closed() ? "closed" : "not closed") << ", "
       << reader.damages().size() << " damages\n";
  return text.str();
}

Subject process(uint32_t id, const std::string& name, int32_t pid) {
  return {.id = SubjectId(id),
          .kind = SubjectKind::process,
          .name = name,
          .process = {Pid{pid}, 5000u + id},
          .parent = Pid{1},
          .command = "/bin/" + name};
}

Metric metric(uint32_t id, const char* name, MetricKind kind, Unit unit) {
  return {.id = MetricId(id),
          .name = name,
          .subject = SubjectKind::process,
          .kind = kind,
          .unit = unit,
          .help = "From a file."};
}

Frame frame_at(int64_t tick) {
  Frame frame;
  frame.time = boot_time(tick * kSecond);
  frame.interval_ns = kSecond;
  return frame;
}

Column column(const Frame& frame, uint32_t metric_id,
              const std::vector<std::pair<uint32_t, int64_t>>& values) {
  Column result;
  result.metric = MetricId(metric_id);
  result.read_begin = frame.time + Nanoseconds(1000);
  result.read_span = Nanoseconds(250);
  for (const auto& [subject, value] : values) {
    result.subjects.emplace_back(subject);
    result.values.push_back(value);
  }
  return result;
}

// What a writer of version 1.0 said of itself; it knew no stacks.
RecordingInfo info_1_0() {
  RecordingInfo info = script_info();
  info.minor = 0;
  return info;
}

// The file that FORMAT.md explains byte by byte.
void write_small(const std::string& path) {
  auto writer = RecordingWriter::create(path, script_info());
  ASSERT_TRUE(writer) << writer.error().what;
  writer->define({MetricId(0), "site.live_bytes", SubjectKind::site,
                  MetricKind::gauge, Unit::bytes, "From a file."});
  writer->define(process(0, "shop", 77));
  ASSERT_TRUE(writer->define(Module{ModuleId(0), "/bin/shop", "\x0b\x1d"}));
  ASSERT_TRUE(writer->define(
      Stack{.id = StackId(0),
            .addresses = {{ModuleId(0), 0x1234}, {ModuleId(0), 0x1300}}}));
  writer->define(Subject{.id = SubjectId(1),
                         .kind = SubjectKind::site,
                         .name = "steady",
                         .owner = SubjectId(0),
                         .stack = StackId(0),
                         .site_kind = SiteKind::heap,
                         .cohort = 1});
  Frame first = frame_at(2);
  first.columns = {column(first, 0, {{1, 412}})};
  ASSERT_TRUE(writer->write_frame(first, {}));
  const Event note{.time = boot_time(5 * kSecond / 2),
                   .kind = EventKind::note,
                   .subject = SubjectId(0),
                   .name = "hi"};
  ASSERT_TRUE(writer->write_events({&note, 1}));
  ASSERT_TRUE(writer->define(AddressSymbols{
      {ModuleId(0), 0x1234},
      {{"add", "cart.h", 12, true}, {"checkout", "cart.cpp", 88, false}}}));
  Frame second = frame_at(3);
  second.columns = {column(second, 0, {{1, 824}})};
  ASSERT_TRUE(writer->write_frame(second, {}));
  ASSERT_TRUE(writer->close(boot_time(4 * kSecond)));
}

void write_small_1_0(const std::string& path) {
  auto writer = RecordingWriter::create(path, info_1_0());
  ASSERT_TRUE(writer) << writer.error().what;
  writer->define(metric(0, "rss", MetricKind::gauge, Unit::bytes));
  writer->define(process(0, "init", 1));
  writer->define(process(1, "shop", 77));
  Frame first = frame_at(2);
  first.columns = {column(first, 0, {{0, 4096}, {1, 8192}})};
  ASSERT_TRUE(writer->write_frame(first, {}));
  const Event note{.time = boot_time(5 * kSecond / 2),
                   .kind = EventKind::note,
                   .subject = SubjectId(1),
                   .name = "hi"};
  ASSERT_TRUE(writer->write_events({&note, 1}));
  Frame second = frame_at(3);
  second.columns = {column(second, 0, {{0, 4096}, {1, 12288}})};
  ASSERT_TRUE(writer->write_frame(second, {}));
  ASSERT_TRUE(writer->close(boot_time(4 * kSecond)));
}

// A bit of everything: chapters, an edge, an end, a gap, doubles, a histogram.
void write_full_1_0(const std::string& path) {
  auto writer = RecordingWriter::create(path, info_1_0(), {.chapter_ticks = 4});
  ASSERT_TRUE(writer) << writer.error().what;
  writer->define(metric(0, "rss", MetricKind::gauge, Unit::bytes));
  writer->define(metric(1, "cpu", MetricKind::counter, Unit::nanoseconds));
  writer->define(metric(2, "gauge.load", MetricKind::gauge, Unit::real));
  writer->define(
      metric(3, "span.get", MetricKind::histogram, Unit::nanoseconds));
  for (uint32_t id = 0; id < 4; ++id) {
    writer->define(process(id, "p" + std::to_string(id),
                           static_cast<int32_t>(100 * id + 1)));
  }
  for (int64_t tick = 2; tick < 13; ++tick) {
    Frame frame = frame_at(tick);
    frame.columns = {
        column(frame, 0, {{0, 4096}, {1, 8192 + (tick % 3) * 4096}}),
        column(frame, 1, {{0, tick * 1000}, {3, tick / 4}})};
    if (tick % 2 == 0) {
      frame.columns.push_back(
          column(frame, 2,
                 {{1, std::bit_cast<int64_t>(static_cast<double>(tick) / 4)}}));
    }
    if (tick < 7) frame.columns[0].subjects.emplace_back(2);
    if (tick < 7) frame.columns[0].values.push_back(-tick);
    if (tick == 7) frame.ended = {SubjectId(2)};
    if (tick == 5) frame.kind = FrameKind::edge;
    if (tick == 6) frame.complete = false;
    frame.histograms.push_back(
        {.metric = MetricId(3),
         .subject = SubjectId(1),
         .sum = tick * 100,
         .max = 90,
         .buckets = {{5, 2}, {90, static_cast<uint64_t>(tick / 2)}}});
    if (tick == 9) {
      Subject changed = process(1, "p1", 101);
      changed.role = "server";
      writer->define(changed);
    }
    ASSERT_TRUE(writer->write_frame(frame, {tick, tick - 1, tick * 7}));
    if (tick == 10) {
      ASSERT_TRUE(writer->write_gap(boot_time(10 * kSecond),
                                    boot_time(11 * kSecond), 1, "late"));
    }
  }
  Event exit{.time = boot_time(13 * kSecond),
             .kind = EventKind::exit,
             .subject = SubjectId(3),
             .value = 256};
  exit.life = {.key = {Pid{301}, 5003}, .parent = Pid{1}, .cpu_user_ns = 12};
  ASSERT_TRUE(writer->write_events({&exit, 1}));
  ASSERT_TRUE(writer->close(boot_time(14 * kSecond)));
}

TEST(Fixture, EveryVersionReadsAsItAlwaysDid) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() != ".tmk") continue;
    std::filesystem::path text = entry.path();
    text.replace_extension(".txt");
    EXPECT_EQ(describe(entry.path()), bytes_of(text)) << entry.path();
    ++count;
  }
  EXPECT_GE(count, 3);
}

void expect_made_today(void (*write)(const std::string&),
                       const std::string& fixture) {
  const std::string path = fresh_path("today.tmk");
  write(path);
  EXPECT_EQ(describe(path), describe(kFolder + fixture));
  // Another zstd may pack otherwise; the text above says the same.
  if (std::string(ZSTD_versionString()) == "1.5.4") {
    EXPECT_TRUE(bytes_of(path) == bytes_of(kFolder + fixture));
  }
}

TEST(Fixture, TheWriterStillMakesTheSmallOne) {
  expect_made_today(write_small, "v1.1-small.tmk");
}

TEST(Fixture, TheWriterStillMakesTheSmallOneOfVersion10) {
  expect_made_today(write_small_1_0, "v1.0-small.tmk");
}

TEST(Fixture, TheWriterStillMakesTheFullOneOfVersion10) {
  expect_made_today(write_full_1_0, "v1.0-full.tmk");
}

// The dump in FORMAT.md: lines of an offset and bytes between ```hexdump
// and ```; others explain.
TEST(Fixture, TheDumpInTheFormatsPageIsTheSmallOne) {
  std::ifstream page(TIDEMARK_SOURCE_DIR "/core/store/FORMAT.md");
  std::string dumped;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("```")) inside = line == "```hexdump";
    if (!inside || line.size() < 9 || line.substr(4, 2) != "  ") continue;
    if (std::isxdigit(static_cast<unsigned char>(line[0])) == 0) continue;
    ASSERT_EQ(std::stoul(line.substr(0, 4), nullptr, 16), dumped.size());
    for (size_t at = 6; at + 1 < line.size() && line[at] != ' '; at += 3) {
      dumped += static_cast<char>(std::stoul(line.substr(at, 2), nullptr, 16));
    }
  }
  EXPECT_TRUE(dumped == bytes_of(std::string(kFolder) + "v1.1-small.tmk"));
}

}  // namespace
}  // namespace tidemark
