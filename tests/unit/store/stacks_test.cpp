// Stacks in recordings: told before they are needed, found from any chapter,
// and a hostile record of them is named and left out.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "core/store/codec.h"
#include "core/store/record_frame.h"
#include "tests/unit/store/recording_script.h"

namespace tidemark {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr ModuleId kShop{0};

Metric live_bytes() {
  return {MetricId(0),       "site.live_bytes", SubjectKind::site,
          MetricKind::gauge, Unit::bytes,       ""};
}

// Writes frames one second apart; each may define sites.
class SiteFile {
 public:
  explicit SiteFile(int chapter_ticks)
      : writer(RecordingWriter::create(path, script_info(),
                                       {.chapter_ticks = chapter_ticks})) {
    writer->define(live_bytes());
    EXPECT_TRUE(writer->define(Module{kShop, "/bin/shop", "id"}));
  }

  // A site of its own stack, named from the beginning.
  void add_site() {
    const uint32_t id = next++;
    EXPECT_TRUE(writer->define(
        Stack{.id = StackId(id), .addresses = {{kShop, uint64_t{id}}}}));
    EXPECT_TRUE(writer->define(AddressSymbols{
        {kShop, uint64_t{id}}, {{"f" + std::to_string(id), "", 0, false}}}));
    writer->define(Subject{.id = SubjectId(id),
                           .kind = SubjectKind::site,
                           .stack = StackId(id),
                           .site_kind = SiteKind::heap});
    living.push_back(SubjectId(id));
  }

  void tick() {
    Frame frame;
    now += kSecond;
    frame.time = boot_time(now);
    frame.interval_ns = kSecond;
    Column& column = frame.columns.emplace_back();
    column.metric = MetricId(0);
    column.read_begin = frame.time;
    for (const SubjectId id : living) {
      column.subjects.push_back(id);
      column.values.push_back(now);
    }
    frame.ended = std::exchange(ended, {});
    ASSERT_TRUE(writer->write_frame(frame, {}));
    for (const SubjectId id : frame.ended) std::erase(living, id);
  }

  std::string path = fresh_path("sites.tmk");
  Result<RecordingWriter> writer;
  std::vector<SubjectId> living;
  std::vector<SubjectId> ended;
  uint32_t next = 0;
  int64_t now = kSecond;
};

std::string name_of(const RecordingReader& reader, uint32_t stack) {
  const auto frames = reader.stacks().resolve(StackId(stack));
  return frames.empty() ? "none" : frames.front().function;
}

class StacksOfScript : public testing::TestWithParam<uint32_t> {};

TEST_P(StacksOfScript, AreReadAsWritten) {
  const std::string path = fresh_path("a.tmk");
  RecordingScript script(path, GetParam());
  script.run(60);
  script.close();
  RecordingReader reader = open_ok(path);
  (void)rest_of(reader);
  EXPECT_EQ(reader.stacks().modules(), script.stacks().modules());
  EXPECT_EQ(reader.stacks().stacks(), script.stacks().stacks());
  EXPECT_EQ(reader.stacks().names(), script.stacks().names());
  EXPECT_FALSE(reader.stacks().names().empty());
}

INSTANTIATE_TEST_SUITE_P(Seeds, StacksOfScript, testing::Range(1u, 5u));

TEST(Stacks, AreKnownWhenTheirSiteHasAValue) {
  SiteFile file(3);
  for (int i = 0; i < 10; ++i) {
    file.add_site();
    file.tick();
  }
  RecordingReader reader = open_ok(file.path);
  uint32_t frames = 0;
  while (auto item = reader.next()) {
    if (item->frame == nullptr) continue;
    for (const SubjectId id : item->frame->columns.at(0).subjects) {
      EXPECT_EQ(name_of(reader, id.value), "f" + std::to_string(id.value));
    }
    ++frames;
    EXPECT_EQ(reader.stacks().stacks().size(), frames);
  }
  EXPECT_EQ(frames, 10u);
}

TEST(Stacks, AChapterReadAloneFindsThose) {
  SiteFile file(4);
  for (int i = 0; i < 20; ++i) {
    file.add_site();
    file.tick();
  }
  RecordingReader reader = open_ok(file.path);
  ASSERT_TRUE(reader.seek(boot_time(file.now)));
  ASSERT_TRUE(reader.next());
  for (uint32_t id = 0; id < 20; ++id) {
    EXPECT_EQ(name_of(reader, id), "f" + std::to_string(id));
  }
  EXPECT_TRUE(reader.damages().empty());
}

TEST(Stacks, NamesMayFollowTheLastTick) {
  SiteFile file(4);
  file.add_site();
  file.tick();
  ASSERT_TRUE(file.writer->define(
      AddressSymbols{{kShop, 0}, {{"late", "cart.cpp", 5, false}}}));
  ASSERT_TRUE(file.writer->close(boot_time(file.now + 1)));
  RecordingReader reader = open_ok(file.path);
  (void)rest_of(reader);
  EXPECT_TRUE(reader.closed());
  EXPECT_EQ(name_of(reader, 0), "late");
}

TEST(Stacks, AreToldAgainWhenAChapterWouldNameTooManyRecords) {
  SiteFile file(50);
  file.add_site();  // lives through all
  file.tick();
  for (int i = 0; i < 1100; ++i) {
    file.add_site();
    file.tick();
    file.ended = {SubjectId(file.next - 1)};
  }
  file.tick();
  for (int i = 0; i < 60; ++i) file.tick();
  RecordingReader reader = open_ok(file.path);
  ASSERT_TRUE(reader.seek(boot_time(file.now)));
  ASSERT_TRUE(reader.next());
  EXPECT_TRUE(reader.damages().empty());
  EXPECT_EQ(name_of(reader, 0), "f0");
  EXPECT_EQ(name_of(reader, 5), "none");  // dead, and not told again
  // One who reads all of it knows all.
  ASSERT_TRUE(reader.rewind());
  (void)rest_of(reader);
  EXPECT_EQ(reader.stacks().stacks().size(), 1101u);
  EXPECT_TRUE(reader.damages().empty());
}

// A file of one chapter and one STACKS record of that payload.
std::string file_with(std::string_view payload) {
  const std::string path = fresh_path("hostile.tmk");
  auto writer = RecordingWriter::create(path, script_info());
  EXPECT_TRUE(writer);
  std::string record;
  append_record(record, script_info().uuid,
                {.kind = RecordKind::stacks, .sequence = 1}, payload);
  std::ofstream(path, std::ios::binary | std::ios::app) << record;
  return path;
}

void expect_damage(std::string_view payload) {
  RecordingReader reader = open_ok(file_with(payload));
  (void)rest_of(reader);
  ASSERT_EQ(reader.damages().size(), 1u);
  EXPECT_NE(reader.damages()[0].reason.find("stacks"), std::string::npos)
      << reader.damages()[0].reason;
}

void expect_damage(const StacksRecord& record) {
  Codec codec;
  std::string bytes;
  codec.encode(record, bytes);
  expect_damage(bytes);
}

TEST(HostileStacks, AreNamedAndLeftOut) {
  expect_damage("\x0a\xff");  // cut short
  expect_damage(
      std::string("\x12\x03\x12\x01\x01", 5));  // lists of two lengths
  expect_damage({.stacks = {{.id = StackId(0), .addresses = {{kShop, 1}}}}});
  expect_damage({.modules = {{ModuleId(StackTable::kMaxModules), "/x", ""}}});
  expect_damage(
      {.symbols = {
           {{{}, 1}, std::vector<SymbolFrame>(StackTable::kMaxInlines + 1)}}});
  expect_damage({.symbols = {{{{}, 1},
                              {{std::string(StackTable::kMaxText + 1, 'x'), "",
                                0, false}}}}});
}

TEST(HostileStacks, MayNotGrowFarBeyondTheirBytes) {
  // 64 frames at each of 1000 addresses, all named by one text: 128 KiB of
  // record would become 256 MiB.
  StacksRecord record;
  for (uint64_t at = 0; at < 1000; ++at) {
    AddressSymbols& symbols = record.symbols.emplace_back();
    symbols.address.offset = at;
    for (size_t i = 0; i < StackTable::kMaxInlines; ++i) {
      symbols.frames.push_back(
          {std::string(StackTable::kMaxText, 'x'), "", 0, true});
    }
  }
  expect_damage(record);
}

}  // namespace
}  // namespace tidemark
