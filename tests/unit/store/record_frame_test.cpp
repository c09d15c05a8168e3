#include "core/store/record_frame.h"

#include <gtest/gtest.h>

#include "core/store/chapter_stream.h"
#include "core/store/codec.h"

namespace tidemark {
namespace {

TEST(Crc32c, IsTheStandardOne) {
  EXPECT_EQ(crc32c(""), 0u);
  EXPECT_EQ(crc32c("123456789"), 0xE3069283u);
  // RFC 3720, B.4.
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAu);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62A8AB43u);
}

TEST(Crc32c, ContinuesOverParts) {
  const std::string bytes = "what is written in parts is summed in parts";
  for (size_t cut = 0; cut <= bytes.size(); ++cut) {
    const std::string_view all = bytes;
    EXPECT_EQ(crc32c(all.substr(cut), crc32c(all.substr(0, cut))), crc32c(all));
  }
}

TEST(Record, ItsHeaderIsReadAsWritten) {
  const Uuid uuid{1, 2, 3};
  std::string bytes;
  append_record(
      bytes, uuid,
      {.kind = RecordKind::gap, .flags = 3, .sequence = 0xfffe, .time_ns = -5},
      "payload");
  ASSERT_EQ(bytes.size(), kRecordHeaderSize + 7);
  const RecordHeader header = decode_record_header(bytes);
  EXPECT_EQ(header.length, 7u);
  EXPECT_EQ(header.kind, RecordKind::gap);
  EXPECT_EQ(header.flags, 3);
  EXPECT_EQ(header.sequence, 0xfffe);
  EXPECT_EQ(header.time_ns, -5);
  EXPECT_TRUE(record_intact(bytes, uuid));
}

TEST(Record, EveryBitIsUnderItsChecksum) {
  const Uuid uuid{9};
  std::string bytes;
  append_record(bytes, uuid, {.kind = RecordKind::tick}, "some payload");
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] ^= static_cast<char>(1 << (bit % 8));
    EXPECT_FALSE(record_intact(bytes, uuid)) << "bit " << bit;
    bytes[bit / 8] ^= static_cast<char>(1 << (bit % 8));
  }
  EXPECT_TRUE(record_intact(bytes, uuid));
}

TEST(Record, IsOfItsOwnFileOnly) {
  std::string bytes;
  append_record(bytes, Uuid{1}, {.kind = RecordKind::tick}, "payload");
  EXPECT_TRUE(record_intact(bytes, Uuid{1}));
  EXPECT_FALSE(record_intact(bytes, Uuid{2}));
}

TEST(ChapterStream, EachPartIsWholeAndUsesTheOnesBefore) {
  ChapterCompressor compressor(3);
  ChapterDecompressor decompressor;
  compressor.begin();
  decompressor.begin();
  const std::string text = "the same words, the same words, other bytes: ";
  size_t first = 0;
  for (int i = 0; i < 200; ++i) {
    const std::string part = text + std::to_string(i * i);
    std::string packed;
    ASSERT_TRUE(compressor.add(part, packed));
    if (i == 0) first = packed.size();
    if (i == 199) {
      EXPECT_LT(packed.size(), first);
    }
    const auto plain = decompressor.next(packed);
    ASSERT_TRUE(plain);
    ASSERT_EQ(*plain, part);
  }
}

TEST(ChapterStream, LargePartsAndEmptyOnes) {
  ChapterCompressor compressor(3);
  ChapterDecompressor decompressor;
  compressor.begin();
  decompressor.begin();
  for (const size_t size : {size_t{0}, size_t{64} << 10, (size_t{64} << 10) + 1,
                            size_t{3} << 20, size_t{0}}) {
    std::string part(size, 'x');
    for (size_t i = 0; i < part.size(); i += 7) {
      part[i] = static_cast<char>(i * i >> 5);
    }
    std::string packed;
    ASSERT_TRUE(compressor.add(part, packed));
    const auto plain = decompressor.next(packed);
    ASSERT_TRUE(plain) << plain.error().what;
    ASSERT_TRUE(*plain == part);
  }
}

TEST(ChapterStream, ABombIsNotUnpacked) {
  ChapterCompressor compressor(1);
  compressor.begin();
  std::string packed;
  ASSERT_TRUE(compressor.add(std::string(kMaxUnpacked + 1, '\0'), packed));
  EXPECT_LT(packed.size(), 100'000u);
  ChapterDecompressor decompressor;
  decompressor.begin();
  const auto plain = decompressor.next(packed);
  ASSERT_FALSE(plain);
  EXPECT_EQ(plain.error().kind, ErrorKind::malformed);
}

TEST(ChapterStream, GarbageIsMalformed) {
  ChapterDecompressor decompressor;
  decompressor.begin();
  EXPECT_FALSE(decompressor.next("no zstd stream at all"));
}

// Two bytes a subject on disk, hundreds in memory: counted before parsed.
TEST(Codec, AMessageOfTooManyFieldsIsMalformed) {
  Codec codec;
  DictionaryRecord dictionary;
  std::string bytes;
  for (int i = 0; i < 100'000; ++i) bytes += std::string("\x12\x00", 2);
  EXPECT_TRUE(codec.decode(bytes, dictionary));
  EXPECT_EQ(dictionary.subjects.size(), 100'000u);
  for (int i = 0; i < 200'000; ++i) bytes += std::string("\x12\x00", 2);
  EXPECT_FALSE(codec.decode(bytes, dictionary));
}

TEST(Codec, UnknownFieldsAreSkipped) {
  Codec codec;
  TickRecord tick;
  tick.columns.add().metric = 5;
  std::string bytes;
  codec.encode(tick, bytes);
  // Field 99, a varint; field 100, bytes.
  bytes += std::string(
      "\x98\x06\x2a\xa2\x06\x03"
      "abc",
      9);
  TickRecord read;
  ASSERT_TRUE(codec.decode(bytes, read));
  ASSERT_EQ(read.columns.size(), 1u);
  EXPECT_EQ(read.columns[0].metric, 5u);
}

TEST(Codec, ListsOfUnequalLengthAndIdsBeyondAllAreMalformed) {
  Codec codec;
  TickRecord tick;
  ColumnRecord& column = tick.columns.add();
  column.subjects = {1, 2, 3};
  column.deltas = {1, 2};
  std::string bytes;
  codec.encode(tick, bytes);
  TickRecord read;
  EXPECT_FALSE(codec.decode(bytes, read));
  column.subjects = {0, UINT32_MAX};
  codec.encode(tick, bytes);
  EXPECT_FALSE(codec.decode(bytes, read));
}

}  // namespace
}  // namespace tidemark
