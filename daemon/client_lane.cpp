#include "daemon/client_lane.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace tidemark {
namespace {

size_t records_for(size_t length) {
  if (length <= TIDEMARK_HEAD_TEXT) return 1;
  return 1 + (length - TIDEMARK_HEAD_TEXT + TIDEMARK_TAIL_TEXT - 1) /
                 TIDEMARK_TAIL_TEXT;
}

bool is_known(uint8_t kind) {
  return kind >= TIDEMARK_RECORD_RUN_BEGIN && kind <= TIDEMARK_RECORD_GATE;
}

// The text of a mark: its head's, then its tails'.
Status join_text(std::span<const tidemark_record> records, uint64_t position,
                 std::string& text) {
  size_t left = records[0].length;
  text.assign(records[0].text, std::min<size_t>(left, TIDEMARK_HEAD_TEXT));
  left -= text.size();
  for (size_t i = 1; i < records.size(); ++i) {
    tidemark_text_record tail;
    std::memcpy(&tail, &records[i], sizeof tail);
    if (tail.sequence != position + i + 1) {
      return fail(ErrorKind::malformed, "text record out of sequence");
    }
    const size_t part = std::min<size_t>(left, TIDEMARK_TAIL_TEXT);
    text.append(tail.text, part);
    left -= part;
  }
  return {};
}

}  // namespace

Result<RawMark> parse_mark(std::span<const tidemark_record> records,
                           uint64_t position, size_t& size) {
  size = 0;
  const tidemark_record& head = records[0];
  if (head.sequence != position + 1) {
    return fail(ErrorKind::malformed, "record out of sequence");
  }
  if (head.length > TIDEMARK_TEXT_BYTES) {
    return fail(ErrorKind::malformed, "text longer than allowed");
  }
  if (head.kind == TIDEMARK_RECORD_NONE || head.kind == TIDEMARK_RECORD_TEXT) {
    return fail(ErrorKind::malformed, "record of no kind");
  }
  const size_t needed = records_for(head.length);
  RawMark mark;
  if (needed > records.size()) return mark;
  size = needed;
  mark.sequence = head.sequence;
  mark.time_ns = static_cast<int64_t>(
      std::min(head.time_ns, static_cast<uint64_t>(INT64_MAX)));
  mark.value = head.value;
  mark.kind = head.kind;
  mark.phase_kind = head.phase_kind;
  TIDEMARK_CHECK(join_text(records.first(needed), position, mark.text));
  return mark;
}

Result<uint64_t> ClientLane::available(const ClientSegment& segment) const {
  const auto fits = [this](uint64_t written) {
    return written - position_ <= ClientSegment::kRecords;
  };
  const auto written = segment.written(index_).take_if(fits);
  if (!written) return fail(ErrorKind::malformed, "lane position out of range");
  return *written - position_;
}

Status ClientLane::begin(const ClientSegment& segment, uint64_t known) {
  position_ = std::max(segment.published(index_).any(), known);
  const auto count = available(segment);
  if (!count) return std::unexpected(count.error());
  return {};
}

Result<ClientLane::Taken> ClientLane::read(const ClientSegment& segment,
                                           std::span<tidemark_record> buffer,
                                           size_t limit,
                                           std::vector<RawMark>& marks) {
  Taken taken;
  TIDEMARK_TRY(const uint64_t count, available(segment));
  const size_t copied =
      std::min({static_cast<size_t>(count), limit, buffer.size()});
  const auto records = buffer.first(copied);
  segment.copy_records(index_, position_, records);
  while (taken.records < copied) {
    size_t size = 0;
    TIDEMARK_TRY(RawMark mark,
                 parse_mark(records.subspan(taken.records), position_, size));
    if (size == 0) {
      if (copied < count) break;  // the rest comes with the next read
      return fail(ErrorKind::malformed, "text beyond the committed records");
    }
    position_ += size;
    taken.records += size;
    if (is_known(mark.kind)) {
      marks.push_back(std::move(mark));
    } else {
      ++taken.unknown;
    }
  }
  taken.left = count - taken.records;
  return taken;
}

}  // namespace tidemark
