// Numbers of DWARF sections, read from bytes of others: past the end every read
// gives 0 and ok() turns false for good.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tidemark {

class DwarfReader {
 public:
  explicit DwarfReader(std::string_view bytes, size_t at = 0)
      : bytes_(bytes), at_(at), ok_(at <= bytes.size()) {}

  bool ok() const { return ok_; }
  bool at_end() const { return !ok_ || at_ == bytes_.size(); }
  size_t position() const { return at_; }
  size_t left() const { return ok_ ? bytes_.size() - at_ : 0; }

  template <typename T>
  T number() {
    T value = 0;
    if (left() < sizeof(T)) return fail(), value;
    std::memcpy(&value, bytes_.data() + at_, sizeof(T));
    at_ += sizeof(T);
    return value;
  }
  uint8_t byte() { return number<uint8_t>(); }
  // LEB128 (DWARF 5, 7.6); bits beyond 64 are dropped.
  uint64_t unsigned_leb() {
    unsigned shift = 0;
    return leb(shift);
  }
  int64_t signed_leb() {
    unsigned shift = 0;
    uint64_t value = leb(shift);
    const bool negative = ok_ && (last_ & 0x40) != 0;
    if (negative && shift < 64) value |= ~uint64_t{0} << shift;
    return static_cast<int64_t>(value);
  }
  std::string_view bytes(uint64_t size) {
    if (size > left()) return fail(), std::string_view();
    const std::string_view part = bytes_.substr(at_, size);
    at_ += size;
    return part;
  }
  std::string_view text() {
    const size_t end = ok_ ? bytes_.find('\0', at_) : bytes_.npos;
    if (end == bytes_.npos) return fail(), std::string_view();
    const std::string_view part = bytes_.substr(at_, end - at_);
    at_ = end + 1;
    return part;
  }
  // Relative to the position; a target outside fails.
  void skip(int64_t distance) {
    const auto to = static_cast<int64_t>(at_) + distance;
    if (!ok_ || to < 0 || to > static_cast<int64_t>(bytes_.size())) {
      return fail();
    }
    at_ = static_cast<size_t>(to);
  }

 private:
  void fail() { ok_ = false; }
  uint64_t leb(unsigned& shift) {
    uint64_t value = 0;
    do {
      last_ = byte();
      if (shift < 64) value |= uint64_t{last_ & 0x7fu} << shift;
      shift += 7;
    } while (ok_ && (last_ & 0x80) != 0);
    return value;
  }

  std::string_view bytes_;
  size_t at_;
  bool ok_;
  uint8_t last_ = 0;
};

}  // namespace tidemark
