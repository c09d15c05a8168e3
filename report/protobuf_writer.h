// Writes protobuf's wire format by field numbers, for files whose schema is
// somebody else's (Perfetto, pprof).
// https://protobuf.dev/programming-guides/encoding
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark {

class ProtobufWriter {
 public:
  ProtobufWriter& number(uint32_t field, uint64_t value) {
    varint(field << 3);
    varint(value);
    return *this;
  }
  // A repeated number, packed.
  ProtobufWriter& numbers(uint32_t field, const std::vector<uint64_t>& values) {
    ProtobufWriter packed;
    for (const uint64_t value : values) packed.varint(value);
    return message(field, packed);
  }
  ProtobufWriter& real(uint32_t field, double value) {
    varint(field << 3 | 1);
    auto bits = std::bit_cast<uint64_t>(value);
    for (int i = 0; i < 8; ++i, bits >>= 8) {
      bytes_ += static_cast<char>(bits & 0xFF);
    }
    return *this;
  }
  ProtobufWriter& text(uint32_t field, std::string_view value) {
    varint(field << 3 | 2);
    varint(value.size());
    bytes_ += value;
    return *this;
  }
  ProtobufWriter& message(uint32_t field, const ProtobufWriter& value) {
    return text(field, value.bytes_);
  }
  const std::string& bytes() const { return bytes_; }

 private:
  void varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) {
      bytes_ += static_cast<char>((value & 0x7F) | 0x80);
    }
    bytes_ += static_cast<char>(value);
  }

  std::string bytes_;
};

}  // namespace tidemark
