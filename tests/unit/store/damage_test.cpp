// Torn, cut and altered recordings: what is read is what was written, and what
// is lost is named.
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>

#include "core/store/record_frame.h"
#include "tests/unit/store/recording_script.h"

namespace tidemark {
namespace {

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void put_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

// A recording of some chapters, its items, and where its records begin.
struct Original {
  std::string bytes;
  std::vector<std::string> items;
  std::vector<size_t> records;
};

Original record(uint32_t seed, int steps, uint8_t uuid = 0) {
  Original result;
  const std::string path = fresh_path("original.tmk");
  RecordingScript script(path, seed, {.chapter_ticks = 12}, uuid);
  script.run(steps);
  script.close();
  result.bytes = bytes_of(path);
  result.items = script.expected();
  for (size_t at = kFileHeaderSize; at < result.bytes.size();) {
    result.records.push_back(at);
    at +=
        kRecordHeaderSize +
        decode_record_header(std::string_view(result.bytes).substr(at)).length;
  }
  return result;
}

// A frame's items without "first": after damage, the first readable tick of a
// chapter shows all values instead of the changes.
bool appears_in_order(const std::vector<std::string>& items,
                      const std::vector<std::string>& all) {
  auto next = all.begin();
  for (const std::string& item : items) {
    next = std::find(next, all.end(), item);
    if (next == all.end()) return false;
    ++next;
  }
  return true;
}

TEST(Truncation, AtEveryByteLeavesAnExactPrefix) {
  const Original original = record(1, 15);  // two chapters
  const std::string path = fresh_path("cut.tmk");
  const std::set<size_t> boundaries(original.records.begin(),
                                    original.records.end());
  put_bytes(path, original.bytes);
  size_t before = original.items.size() - 1;  // all but END
  for (size_t cut = original.bytes.size(); cut-- > 0;) {
    ASSERT_EQ(::truncate(path.c_str(), static_cast<off_t>(cut)), 0);
    auto reader = RecordingReader::open(path);
    if (cut < kFileHeaderSize) {
      ASSERT_FALSE(reader);
      ASSERT_EQ(reader.error().kind, ErrorKind::malformed);
      continue;
    }
    ASSERT_TRUE(reader) << "cut at " << cut;
    const auto items = rest_of(*reader);
    ASSERT_LE(items.size(), original.items.size());
    ASSERT_TRUE(std::equal(items.begin(), items.end(), original.items.begin()))
        << "cut at " << cut;
    ASSERT_LE(items.size(), before) << "cut at " << cut;
    ASSERT_GE(items.size() + 1, before) << "cut at " << cut;
    before = items.size();
    ASSERT_FALSE(reader->closed());
    const std::vector<Damage>& damages = reader->damages();
    if (cut == kFileHeaderSize || boundaries.contains(cut)) {
      ASSERT_TRUE(damages.empty()) << "cut at " << cut;
      continue;
    }
    ASSERT_EQ(damages.size(), 1u) << "cut at " << cut;
    ASSERT_TRUE(damages[0].truncation);
    ASSERT_EQ(damages[0].reason, "torn tail");
    ASSERT_EQ(static_cast<size_t>(damages[0].offset + damages[0].bytes), cut);
  }
  EXPECT_EQ(before, 0u);
}

TEST(Truncation, ATailOfZerosIsATornTail) {
  const Original original = record(2, 20);
  const std::string path = fresh_path("zeros.tmk");
  const size_t cut = original.records[15];
  put_bytes(path, original.bytes.substr(0, cut) + std::string(5000, '\0'));
  RecordingReader reader = open_ok(path);
  const auto items = rest_of(reader);
  EXPECT_TRUE(std::equal(items.begin(), items.end(), original.items.begin()));
  ASSERT_EQ(reader.damages().size(), 1u);
  EXPECT_TRUE(reader.damages()[0].truncation);
  EXPECT_EQ(reader.damages()[0].bytes, 5000);
}

class Mutation : public testing::TestWithParam<uint32_t> {
 protected:
  // Changes a copy; false when nothing was changed.
  std::string mutate(const std::string& bytes, const std::string& other,
                     std::mt19937& random) {
    std::string copy = bytes;
    const auto below = [&random](size_t n) { return random() % n; };
    switch (below(7)) {
      case 0:  // some bits
        for (size_t i = 0; i <= below(4); ++i) {
          copy[below(copy.size())] ^= static_cast<char>(1 << below(8));
        }
        break;
      case 1:  // a hole of zeros
        copy.replace(below(copy.size() - 600), 512, 512, '\0');
        break;
      case 2:  // a part of another recording
        copy.replace(below(copy.size() - 600), 500, other,
                     below(other.size() - 600), 500);
        break;
      case 3:  // a part cut out
        copy.erase(64 + below(copy.size() - 64), 1 + below(800));
        break;
      case 4: {  // a part twice
        const size_t from = below(copy.size() - 600);
        copy.insert(64 + below(copy.size() - 64), copy.substr(from, 500));
        break;
      }
      case 5: {  // a length bomb
        const size_t at = record_begin(bytes, below(60));
        const uint32_t length = static_cast<uint32_t>(random());
        std::memcpy(copy.data() + at, &length, sizeof length);
        break;
      }
      default: {  // two records swapped
        const size_t a = record_begin(bytes, below(20));
        const size_t b = record_begin(bytes, 20 + below(20));
        const size_t a_end = record_begin(bytes, index_of(bytes, a) + 1);
        const size_t b_end = record_begin(bytes, index_of(bytes, b) + 1);
        copy = bytes.substr(0, a) + bytes.substr(b, b_end - b) +
               bytes.substr(a_end, b - a_end) + bytes.substr(a, a_end - a) +
               bytes.substr(b_end);
      }
    }
    return copy;
  }

  static size_t record_begin(const std::string& bytes, size_t index) {
    size_t at = kFileHeaderSize;
    while (index-- > 0 && at < bytes.size()) {
      at += kRecordHeaderSize +
            decode_record_header(std::string_view(bytes).substr(at)).length;
    }
    return std::min(at, bytes.size() - kRecordHeaderSize);
  }
  static size_t index_of(const std::string& bytes, size_t offset) {
    size_t index = 0;
    while (record_begin(bytes, index) < offset) ++index;
    return index;
  }
};

TEST_P(Mutation, IsExactOrNamed) {
  const Original original = record(GetParam(), 40);
  const Original other = record(GetParam() + 100, 40, 9);
  const std::string path = fresh_path("mutated.tmk");
  std::mt19937 random(GetParam());
  int refused = 0;
  for (int i = 0; i < 100; ++i) {
    const std::string bytes = mutate(original.bytes, other.bytes, random);
    put_bytes(path, bytes);
    auto reader = RecordingReader::open(path);
    if (!reader) {
      ++refused;
      EXPECT_FALSE(reader.error().what.empty());
      continue;
    }
    const auto items = rest_of(*reader);
    ASSERT_TRUE(appears_in_order(items, original.items))
        << "mutation " << i << " showed what was never written";
    const bool all = items == original.items;
    if (!all && reader->closed()) {
      ASSERT_FALSE(reader->damages().empty()) << "mutation " << i;
    }
    for (const Damage& damage : reader->damages()) {
      ASSERT_FALSE(damage.reason.empty());
      ASSERT_GE(damage.offset, int64_t{kFileHeaderSize});
      ASSERT_LE(damage.offset + damage.bytes, std::ssize(bytes));
      ASSERT_LE(damage.from, damage.to);
    }
    ASSERT_TRUE(reader->summaries());
    (void)reader->span();
    ASSERT_TRUE(reader->seek(boot_time(20'000'000'000)));
    ASSERT_TRUE(appears_in_order(rest_of(*reader), original.items));
  }
  EXPECT_LT(refused, 30);
}

// 20 seeds of 100 files.
INSTANTIATE_TEST_SUITE_P(Seeds, Mutation, testing::Range(1u, 21u));

// Long enough for the mark by which chapters are found, and no longer.
TEST(Damage, AChapterShorterThanItsPrefixIsNamed) {
  const RecordingInfo info = script_info();
  std::string bytes = encode_file_header(info);
  append_record(bytes, info.uuid, {.kind = RecordKind::chapter},
                std::string(kChapterMark) + "more");
  const std::string path = fresh_path("short.tmk");
  put_bytes(path, bytes);
  RecordingReader reader = open_ok(path);
  EXPECT_TRUE(rest_of(reader).empty());
  ASSERT_EQ(reader.damages().size(), 1u);
  EXPECT_EQ(reader.damages()[0].offset, int64_t{kFileHeaderSize});
}

TEST(Damage, CostsItsChapterAndNoEvent) {
  const Original original = record(3, 60);
  const std::string path = fresh_path("hurt.tmk");
  // A tick in the second chapter (of 12 ticks each).
  int ticks = 0;
  size_t at = 0;
  for (const size_t offset : original.records) {
    const auto header =
        decode_record_header(std::string_view(original.bytes).substr(offset));
    if (header.kind == RecordKind::tick && ++ticks == 15) at = offset;
  }
  std::string bytes = original.bytes;
  bytes[at + kRecordHeaderSize + 3] ^= 0x40;
  put_bytes(path, bytes);
  RecordingReader reader = open_ok(path);
  const auto items = rest_of(reader);
  ASSERT_EQ(reader.damages().size(), 1u);
  const Damage& damage = reader.damages()[0];
  EXPECT_EQ(damage.offset, static_cast<int64_t>(at));
  EXPECT_EQ(damage.reason, "bad checksum");
  EXPECT_FALSE(damage.truncation);
  EXPECT_EQ(damage.ticks_lost, 9);  // ticks 16 to 24
  EXPECT_EQ(to_ns(damage.from), 15'000'000'000);
  EXPECT_EQ(to_ns(damage.to), 26'000'000'000);
  EXPECT_EQ(items.size(), original.items.size() - 10);
  EXPECT_TRUE(appears_in_order(items, original.items));
  EXPECT_TRUE(reader.closed());
  // Met again, it is the same one.
  ASSERT_TRUE(reader.rewind());
  EXPECT_EQ(rest_of(reader), items);
  EXPECT_EQ(reader.damages().size(), 1u);
  EXPECT_EQ(reader.damages()[0].ticks_lost, 9);
}

TEST(Damage, BytesBehindTheEndAreNamed) {
  const Original original = record(4, 5);
  const std::string path = fresh_path("more.tmk");
  put_bytes(path, original.bytes + "more");
  RecordingReader reader = open_ok(path);
  EXPECT_EQ(rest_of(reader), original.items);
  ASSERT_EQ(reader.damages().size(), 1u);
  EXPECT_EQ(reader.damages()[0].bytes, 4);
  EXPECT_FALSE(reader.next());
}

TEST(Damage, AChapterReadTwiceIsShownOnce) {
  const Original original = record(5, 40);
  const std::string path = fresh_path("twice.tmk");
  std::string bytes = original.bytes;
  const size_t from = original.records[1];
  bytes.insert(original.records.back(),
               bytes.substr(from, original.records.back() - from));
  put_bytes(path, bytes);
  RecordingReader reader = open_ok(path);
  const auto items = rest_of(reader);
  EXPECT_TRUE(appears_in_order(items, original.items));
  EXPECT_FALSE(reader.damages().empty());
}

TEST(Refusal, NoRecording) {
  const std::string path = fresh_path("text.tmk");
  for (const std::string& bytes :
       {std::string(), std::string("hello"), std::string(4096, 'x')}) {
    put_bytes(path, bytes);
    const auto reader = RecordingReader::open(path);
    ASSERT_FALSE(reader);
    EXPECT_EQ(reader.error().kind, ErrorKind::malformed);
    EXPECT_NE(reader.error().what.find("not a Tidemark recording"),
              std::string::npos);
    EXPECT_NE(reader.error().what.find(path), std::string::npos);
  }
  const auto none = RecordingReader::open(path + ".absent");
  EXPECT_EQ(none.error().kind, ErrorKind::not_found);
  EXPECT_FALSE(RecordingReader::open(testing::TempDir()));
}

// The header of a file of some other version, its checksum right.
std::string header_with(size_t at, uint16_t value, uint16_t needed_minor) {
  std::string header = encode_file_header(script_info());
  std::memcpy(header.data() + at, &value, sizeof value);
  std::memcpy(header.data() + 12, &needed_minor, sizeof needed_minor);
  const uint32_t crc = crc32c(std::string_view(header).substr(0, 60));
  std::memcpy(header.data() + 60, &crc, sizeof crc);
  return header;
}

TEST(Refusal, ANewerMajorOrAnUnknownFeatureNamesTheVersionNeeded) {
  const std::string path = fresh_path("newer.tmk");
  put_bytes(path, header_with(8, 2, 0));
  auto reader = RecordingReader::open(path);
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().kind, ErrorKind::unsupported);
  EXPECT_NE(reader.error().what.find("2.0"), std::string::npos);
  put_bytes(path, header_with(16, 0x8000, 7));
  reader = RecordingReader::open(path);
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().kind, ErrorKind::unsupported);
  EXPECT_NE(reader.error().what.find("1.7"), std::string::npos);
  // A newer minor version and a compatible feature are no reason.
  put_bytes(path, header_with(10, 9, 0));
  reader = RecordingReader::open(path);
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->info().minor, 9);
  put_bytes(path, header_with(20, 9, 0));
  EXPECT_TRUE(RecordingReader::open(path));
}

TEST(Refusal, ADamagedFileHeader) {
  const std::string path = fresh_path("header.tmk");
  std::string header = encode_file_header(script_info());
  header[30] ^= 1;
  put_bytes(path, header);
  const auto reader = RecordingReader::open(path);
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().kind, ErrorKind::malformed);
  EXPECT_NE(reader.error().what.find("checksum"), std::string::npos);
}

// Records of a kind that this version does not know.
TEST(Unknown, KindsAreSkipped) {
  const Original original = record(6, 20);
  const std::string path = fresh_path("unknown.tmk");
  // In place of END, with its number; then END with the next.
  const size_t end = original.records.back();
  const auto header =
      decode_record_header(std::string_view(original.bytes).substr(end));
  std::string bytes = original.bytes.substr(0, end);
  const Uuid uuid = script_info().uuid;
  append_record(bytes, uuid,
                {.kind = static_cast<RecordKind>(77),
                 .sequence = header.sequence,
                 .time_ns = header.time_ns},
                "whatever it may be");
  append_record(bytes, uuid,
                {.kind = RecordKind::end,
                 .flags = header.flags,
                 .sequence = static_cast<uint16_t>(header.sequence + 1),
                 .time_ns = header.time_ns},
                original.bytes.substr(end + kRecordHeaderSize));
  put_bytes(path, bytes);
  RecordingReader reader = open_ok(path);
  EXPECT_EQ(rest_of(reader), original.items);
  EXPECT_TRUE(reader.damages().empty());
}

}  // namespace
}  // namespace tidemark
