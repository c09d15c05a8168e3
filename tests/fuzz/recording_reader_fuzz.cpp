// The recording reader against hostile files. Random bytes rarely pass a CRC
// or unpack, so the input is taken in one of three ways: as a file; as a file
// whose checksums are put right; as the plain payloads of records.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "core/store/chapter_stream.h"
#include "core/store/record_frame.h"
#include "core/store/recording_reader.h"

namespace {

using namespace tidemark;

constexpr Uuid kUuid{};

std::string file_header() { return encode_file_header(RecordingInfo{}); }

// Records as they stand, their checksums made anew.
std::string with_checksums(std::string_view bytes) {
  std::string out = file_header();
  while (bytes.size() >= kRecordHeaderSize) {
    RecordHeader header = decode_record_header(bytes);
    bytes.remove_prefix(kRecordHeaderSize);
    header.length = static_cast<uint32_t>(header.length % (bytes.size() + 1));
    append_record(out, kUuid, header, bytes.substr(0, header.length));
    bytes.remove_prefix(header.length);
  }
  return out;
}

// {kind, 2 bytes of length, payload}: numbered and packed as a writer would.
std::string with_records(std::string_view bytes) {
  std::string out = file_header();
  ChapterCompressor stream(1);
  ChapterCompressor alone(1);
  stream.begin();
  for (uint16_t number = 0; bytes.size() >= 3; ++number) {
    const auto kind = static_cast<RecordKind>(bytes[0] % 8);
    uint16_t length = 0;
    std::memcpy(&length, bytes.data() + 1, 2);
    bytes.remove_prefix(3);
    const std::string_view payload = bytes.substr(0, length);
    bytes.remove_prefix(payload.size());
    std::string packed;
    uint8_t flags = kInStream;
    if (kind == RecordKind::chapter) {
      append_chapter_prefix(packed, {.number = number});
      stream.begin();
    }
    if (kind == RecordKind::events || kind == RecordKind::end ||
        kind == RecordKind::stacks) {
      flags = kPacked;
      alone.begin();
      (void)alone.add(payload, packed);
    } else {
      (void)stream.add(payload, packed);
    }
    append_record(out, kUuid,
                  {.kind = kind,
                   .flags = flags,
                   .sequence = number,
                   .time_ns = number * 1000},
                  packed);
  }
  return out;
}

void read_all(RecordingReader& reader) {
  while (auto item = reader.next()) {
    if (item->frame == nullptr) continue;
    for (const Column& column : item->frame->columns) {
      if (column.subjects.size() != column.values.size()) std::abort();
      (void)reader.present(column.metric);
    }
  }
}

void check_stacks(const StackTable& table) {
  for (const auto& [id, stack] : table.stacks()) {
    if (stack.addresses.size() > StackTable::kMaxDepth) std::abort();
    const auto frames = table.resolve(id);
    if (frames.size() < stack.addresses.size()) std::abort();
  }
}

void check(const std::string& file) {
  const int fd = ::memfd_create("fuzz", 0);
  if (::write(fd, file.data(), file.size()) < 0) std::abort();
  auto reader = RecordingReader::open("/proc/self/fd/" + std::to_string(fd));
  if (reader) {
    read_all(*reader);
    (void)reader->for_each_summary([](const ChapterSummary&) {});
    (void)reader->span();
    (void)reader->seek(boot_time(5000));
    read_all(*reader);
    check_stacks(reader->stacks());
    for (const Damage& damage : reader->damages()) {
      if (damage.reason.empty()) std::abort();
    }
  }
  ::close(fd);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1,
                               size - 1);
  switch (data[0] % 3) {
    case 0: check(std::string(bytes)); break;
    case 1: check(with_checksums(bytes)); break;
    default: check(with_records(bytes));
  }
  return 0;
}
