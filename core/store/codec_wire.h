// Private to codec*.cpp: the generated code and the helpers around it.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

#include "core/base/ids.h"
#include "core/store/codec.h"
#include "core/store/record_frame.h"
#include "core/store/wrapping.h"
#include "recording.pb.h"

namespace tidemark {

struct Codec::Messages {
  wire::Tick tick;
  wire::Info info;
  wire::Dictionary dictionary;
  wire::State state;
  wire::Summary summary;
  wire::Chapter chapter;
  wire::Events events;
  wire::Gap gap;
  wire::Stacks stacks;
  wire::End end;
};

// Ascending ids as gaps: stateful in both directions.
class IdGaps {
 public:
  uint32_t gap(uint32_t id) {
    const uint32_t result = id - next_;
    next_ = id + 1;
    return result;
  }
  // False when the id would not fit: Id::kNone is no id.
  bool id(uint32_t gap, uint32_t& id) {
    const uint64_t sum = uint64_t{next_} + gap;
    if (sum >= std::numeric_limits<uint32_t>::max()) return false;
    id = static_cast<uint32_t>(sum);
    next_ = id + 1;
    return true;
  }

 private:
  uint32_t next_ = 0;
};

// An optional id is stored plus 1: kNone, the greatest, becomes 0.
template <typename Tag>
uint32_t id_to_wire(Id<Tag> id) {
  return id.value + 1;
}

// Whether a message has at most kMaxFields fields at its top: each may cost a
// hundred times its bytes once parsed.
inline constexpr size_t kMaxFields = 1u << 18;
bool few_fields(std::string_view bytes);

template <typename Message>
bool parse(Message& message, std::string_view bytes) {
  return bytes.size() <= kMaxUnpacked && few_fields(bytes) &&
         message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

}  // namespace tidemark
