// The frame around a recording's bytes: its file header, and the header before
// each record (FORMAT.md, parts 1 and 2). All integers are little-endian.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/store/recording_info.h"

namespace tidemark {

using Uuid = std::array<uint8_t, 16>;

enum class RecordKind : uint8_t {
  chapter = 1,
  tick = 2,
  events = 3,
  stacks = 4,
  gap = 5,
  end = 6,
};

// Record flag: the payload is a part of its chapter's zstd stream.
inline constexpr uint8_t kInStream = 1;
// Record flag: the payload is a zstd stream by itself.
inline constexpr uint8_t kPacked = 2;

inline constexpr size_t kFileHeaderSize = 64;
inline constexpr size_t kRecordHeaderSize = 20;
// A reader refuses more before it takes memory for it.
inline constexpr uint32_t kMaxPayload = 32u << 20;
inline constexpr size_t kMaxUnpacked = 32u << 20;
// The incompatible features that this reader knows: none yet.
inline constexpr uint32_t kKnownIncompatible = 0;

struct RecordHeader {
  uint32_t length = 0;  // of the payload
  uint32_t crc = 0;
  RecordKind kind = RecordKind::tick;
  uint8_t flags = 0;
  uint16_t sequence = 0;  // the record's number in the file, modulo 2^16
  int64_t time_ns = 0;    // CLOCK_BOOTTIME
};

// A CHAPTER's payload starts with this, outside the compressed stream, so that
// a reader that lost its way finds chapters by their mark.
inline constexpr std::string_view kChapterMark = "\xF1TMKCHAP";
inline constexpr size_t kChapterPrefixSize = 24;
struct ChapterPrefix {
  uint64_t number = 0;    // of this record in the file, from 0
  uint64_t previous = 0;  // offset of the chapter before it; 0: none
};

// CRC-32C (Castagnoli) of `bytes`, continued from `crc` (of bytes before).
uint32_t crc32c(std::string_view bytes, uint32_t crc = 0);

// The header of a new file.
std::string encode_file_header(const RecordingInfo& info);
// Errors: malformed (no recording, or a damaged header); unsupported (a newer
// major version or an unknown incompatible feature, naming what is needed).
Result<RecordingInfo> decode_file_header(std::string_view bytes);

// Appends a record: header and payload. The file's uuid is the CRC's first
// input, so that a record of another file is never taken for one of this.
void append_record(std::string& out, const Uuid& uuid, RecordHeader header,
                   std::string_view payload);
// From at least kRecordHeaderSize bytes; no check.
RecordHeader decode_record_header(std::string_view bytes);
// Whether `record` (header and payload) has the checksum that it states.
bool record_intact(std::string_view record, const Uuid& uuid);

void append_chapter_prefix(std::string& out, const ChapterPrefix& prefix);
// False when the payload does not start with a chapter prefix.
bool decode_chapter_prefix(std::string_view payload, ChapterPrefix& prefix);

}  // namespace tidemark
