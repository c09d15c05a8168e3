// Private to codec*.cpp: the generated code and the helpers around it.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

#include "core/store/codec.h"
#include "recording.pb.h"

namespace tidemark {

struct Codec::Messages {
  wire::Tick tick;
  wire::Dictionary dictionary;
  wire::State state;
  wire::Summary summary;
  wire::Chapter chapter;
  wire::Events events;
  wire::Gap gap;
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

// Differences modulo 2^64: signed overflow is no error here.
constexpr int64_t wrapping_sub(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) -
                              static_cast<uint64_t>(b));
}
constexpr int64_t wrapping_add(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) +
                              static_cast<uint64_t>(b));
}

template <typename Message>
bool parse(Message& message, std::string_view bytes) {
  constexpr size_t kMost = std::numeric_limits<int>::max();
  return bytes.size() <= kMost &&
         message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

void to_wire(const DictionaryRecord& from, wire::Dictionary& to);
bool from_wire(const wire::Dictionary& from, DictionaryRecord& to);

}  // namespace tidemark
