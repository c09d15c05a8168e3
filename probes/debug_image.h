// A file with debug information in memory, as far as it is needed: laid out as
// the file itself, its pages read when they are asked for and zero before. A
// program's debug information is a hundred times what naming a few addresses
// looks at. Not a mapping of the file: one that shrinks while it is mapped
// would kill us.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/result.h"
#include "core/os/unique_fd.h"
#include "probes/elf_file.h"

namespace tidemark {

class DebugImage {
 public:
  // Reserves the addresses and reads the file's headers. Error full: larger
  // than we map; io.
  static Result<DebugImage> make(const ElfFile& file);
  DebugImage(DebugImage&& other) noexcept;
  DebugImage& operator=(DebugImage&&) = delete;
  ~DebugImage();

  std::span<char> bytes() const { return {begin_, size_}; }
  // Reads the pages of a part of the file; what lies past its end, or cannot be
  // read, stays zero.
  void need(uint64_t offset, uint64_t size);
  // The same for a text that begins there and ends with NUL, to kLongestText.
  // Nothing happens for one that is not in the image.
  void need_text(const char* text);
  // A number that is in the file at this offset; 0 past the end.
  uint64_t number(uint64_t offset, size_t size);

  // Pages read so far, for tests.
  size_t pages() const { return pages_; }

  static constexpr size_t kLongestText = 4096;

 private:
  DebugImage(UniqueFd fd, char* begin, uint64_t size);
  void need_headers(const ElfFile& file);

  UniqueFd fd_;
  char* begin_ = nullptr;
  uint64_t size_ = 0;
  size_t pages_ = 0;
  std::vector<bool> read_;  // by page
};

}  // namespace tidemark
