// Reads one lane of a client: position in private memory, copy first, then
// parse the copy. Whatever breaks a rule of client/channel.h is an error that
// names it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "daemon/client_segment.h"

namespace tidemark {

// A mark as the client wrote it: checked for form, times not yet.
struct RawMark {
  uint64_t sequence = 0;
  int64_t time_ns = 0;
  int64_t value = 0;
  uint8_t kind = 0;  // tidemark_record_kind, 1..9
  uint8_t phase_kind = 0;
  std::string text;
};

class ClientLane {
 public:
  // What one read took.
  struct Taken {
    uint64_t records = 0;
    uint64_t unknown = 0;  // marks of a kind this version does not know
    uint64_t left = 0;     // committed records beyond the limit
  };

  ClientLane() = default;
  explicit ClientLane(uint32_t index) : index_(index) {}

  // Begins where an earlier daemon had published, or at `known` when we read
  // this very segment before. Error malformed: that position is not plausible.
  Status begin(const ClientSegment& segment, uint64_t known);
  // Appends at most `limit` records' worth of marks, whole ones only; `buffer`
  // holds the copy. Error malformed: the rule broken; `marks` then holds what
  // came before it.
  Result<Taken> read(const ClientSegment& segment,
                     std::span<tidemark_record> buffer, size_t limit,
                     std::vector<RawMark>& marks);

  uint32_t index() const { return index_; }
  uint64_t position() const { return position_; }

 private:
  Result<uint64_t> available(const ClientSegment& segment) const;

  uint32_t index_ = 0;
  uint64_t position_ = 0;
};

// Parses the mark at the front of `records`, which begin at `position`. `size`
// becomes the records it takes; 0: it goes on beyond the span. Pure.
Result<RawMark> parse_mark(std::span<const tidemark_record> records,
                           uint64_t position, size_t& size);

}  // namespace tidemark
