#include "core/store/record_frame.h"

#include <isa-l/crc.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace tidemark {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the format's byte order is stored by memcpy");

// PNG's trick: a high bit, both line ends and a Ctrl-Z show what a transfer
// in text mode did.
constexpr std::string_view kMagic("\x89TMK\r\n\x1a\n", 8);

// Offsets in the file header; FORMAT.md, part 1.
constexpr size_t kMajorAt = 8;
constexpr size_t kMinorAt = 10;
constexpr size_t kNeededMinorAt = 12;
constexpr size_t kIncompatibleAt = 16;
constexpr size_t kUuidAt = 24;
constexpr size_t kBootIdAt = 40;
constexpr size_t kHeaderCrcAt = 60;

template <typename T>
T load(std::string_view bytes, size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

template <typename T>
void store(std::string& bytes, size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

template <typename T>
void append(std::string& bytes, T value) {
  bytes.resize(bytes.size() + sizeof value);
  store(bytes, bytes.size() - sizeof value, value);
}

uint32_t record_crc(std::string_view record, const Uuid& uuid) {
  // The length, then all after the CRC field.
  uint32_t crc = crc32c({reinterpret_cast<const char*>(uuid.data()), 16});
  crc = crc32c(record.substr(0, 4), crc);
  return crc32c(record.substr(8), crc);
}

std::string version_text(unsigned major, unsigned minor) {
  return std::to_string(major) + "." + std::to_string(minor);
}

}  // namespace

uint32_t crc32c(std::string_view bytes, uint32_t crc) {
  // ISA-L's function neither inverts before nor after, takes an int length,
  // and does not write through its pointer.
  constexpr size_t kMost = 1u << 30;
  crc = ~crc;
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, kMost);
    auto* data =
        reinterpret_cast<unsigned char*>(const_cast<char*>(part.data()));
    crc = crc32_iscsi(data, static_cast<int>(part.size()), crc);
    bytes.remove_prefix(part.size());
  }
  return ~crc;
}

std::string encode_file_header(const RecordingInfo& info) {
  std::string bytes(kFileHeaderSize, '\0');
  std::ranges::copy(kMagic, bytes.begin());
  store(bytes, kMajorAt, info.major);
  store(bytes, kMinorAt, info.minor);
  std::memcpy(bytes.data() + kUuidAt, info.uuid.data(), 16);
  std::memcpy(bytes.data() + kBootIdAt, info.boot_id.data(), 16);
  store(bytes, kHeaderCrcAt, crc32c({bytes.data(), kHeaderCrcAt}));
  return bytes;
}

Result<RecordingInfo> decode_file_header(std::string_view bytes) {
  if (!kMagic.starts_with(bytes.substr(0, kMagic.size())) || bytes.empty()) {
    return fail(ErrorKind::malformed, "not a Tidemark recording");
  }
  if (bytes.size() < kFileHeaderSize) {
    return fail(ErrorKind::malformed,
                "a recording cut short inside its file header");
  }
  RecordingInfo info;
  info.major = load<uint16_t>(bytes, kMajorAt);
  info.minor = load<uint16_t>(bytes, kMinorAt);
  if (load<uint32_t>(bytes, kHeaderCrcAt) !=
      crc32c(bytes.substr(0, kHeaderCrcAt))) {
    return fail(ErrorKind::malformed, "damaged file header (bad checksum)");
  }
  const auto unknown =
      load<uint32_t>(bytes, kIncompatibleAt) & ~kKnownIncompatible;
  if (info.major != kFormatMajor || unknown != 0) {
    const unsigned needed = load<uint16_t>(bytes, kNeededMinorAt);
    return fail(ErrorKind::unsupported,
                "needs a reader of format " + version_text(info.major, needed) +
                    " (this one reads " +
                    version_text(kFormatMajor, kFormatMinor) + ")");
  }
  std::memcpy(info.uuid.data(), bytes.data() + kUuidAt, 16);
  std::memcpy(info.boot_id.data(), bytes.data() + kBootIdAt, 16);
  return info;
}

void append_record(std::string& out, const Uuid& uuid, RecordHeader header,
                   std::string_view payload) {
  const size_t begin = out.size();
  append(out, static_cast<uint32_t>(payload.size()));
  append(out, uint32_t{0});
  append(out, header.kind);
  append(out, header.flags);
  append(out, header.sequence);
  append(out, header.time_ns);
  out.append(payload);
  store(out, begin + 4, record_crc(std::string_view(out).substr(begin), uuid));
}

RecordHeader decode_record_header(std::string_view bytes) {
  return {.length = load<uint32_t>(bytes, 0),
          .crc = load<uint32_t>(bytes, 4),
          .kind = load<RecordKind>(bytes, 8),
          .flags = load<uint8_t>(bytes, 9),
          .sequence = load<uint16_t>(bytes, 10),
          .time_ns = load<int64_t>(bytes, 12)};
}

bool record_intact(std::string_view record, const Uuid& uuid) {
  return load<uint32_t>(record, 4) == record_crc(record, uuid);
}

void append_chapter_prefix(std::string& out, const ChapterPrefix& prefix) {
  out.append(kChapterMark);
  append(out, prefix.number);
  append(out, prefix.previous);
}

bool decode_chapter_prefix(std::string_view payload, ChapterPrefix& prefix) {
  if (payload.size() < kChapterPrefixSize ||
      !payload.starts_with(kChapterMark)) {
    return false;
  }
  prefix.number = load<uint64_t>(payload, 8);
  prefix.previous = load<uint64_t>(payload, 16);
  return true;
}

}  // namespace tidemark
