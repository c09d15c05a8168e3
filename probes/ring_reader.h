// Takes records out of a BPF ring buffer. Its memory is mapped once: libbpf's
// reader maps the data twice in a row, and all of it, whether used or not,
// counts as ours. Source: kernel/bpf/ringbuf.c (one page with what was taken,
// one with what was put, the data), Documentation/bpf/ringbuf.rst.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/base/result.h"

namespace tidemark {

class RingReader {
 public:
  // `map`: of type BPF_MAP_TYPE_RINGBUF, stays open as long as this. To wait
  // for records poll(2) the map itself.
  static Result<std::unique_ptr<RingReader>> open(int map);
  ~RingReader();
  RingReader(const RingReader&) = delete;
  RingReader& operator=(const RingReader&) = delete;

  // Calls take(record) for each record that is there, in order. A record is
  // aligned to 8 bytes and valid during the call.
  template <typename Take>
  void drain(Take&& take) {
    for (;;) {
      const auto record = next();
      if (record.data() == nullptr) return;
      take(record);
      pass();
    }
  }

 private:
  RingReader(char* taken, char* put, size_t size)
      : taken_(taken), put_(put), size_(size) {}

  // The next record that is whole; without data: none.
  std::span<const std::byte> next();
  void pass();
  uint64_t taken() const;

  char* taken_;  // the reader's page
  char* put_;    // the kernel's page, then the data
  size_t size_;  // of the data, a power of two
  uint64_t after_ = 0;
  std::vector<uint64_t> joined_;  // a record that the end of the data cuts
};

}  // namespace tidemark
