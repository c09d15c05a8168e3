// An ELF file of someone else, read by pread(2) alone: a file that shrinks or
// changes while it is read gives an error, never a fault. Every offset is
// checked against the file's size before use. 64-bit little-endian files, as
// all targets of the probes are. Source: elf(5), System V gABI.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/os/unique_fd.h"

namespace tidemark {

struct ElfSegment {  // PT_LOAD
  uint64_t address = 0;
  uint64_t offset = 0;
  uint64_t size = 0;  // in the file
  bool executable = false;
};

struct ElfSection {
  std::string name;
  uint32_t type = 0;
  uint32_t link = 0;
  uint64_t flags = 0;
  uint64_t address = 0;
  uint64_t offset = 0;
  uint64_t size = 0;
};

class ElfFile {
 public:
  // Reads the headers. Error malformed: no ELF file, or one that breaks the
  // format; unsupported: 32 bits, big-endian; io.
  static Result<ElfFile> open(UniqueFd fd);

  uint16_t machine() const { return machine_; }  // EM_X86_64, ...
  uint64_t file_size() const { return size_; }
  int fd() const { return fd_.get(); }
  // Raw bytes of NT_GNU_BUILD_ID, empty when there is none.
  const std::string& build_id() const { return build_id_; }
  std::span<const ElfSegment> segments() const { return segments_; }
  std::span<const ElfSection> sections() const { return sections_; }
  // The first one of that name; null: none, or no section table.
  const ElfSection* section(std::string_view name) const;

  // The address that the linker gave to a byte of the file, and back; nullopt
  // where nothing is loaded.
  std::optional<uint64_t> address_of(uint64_t file_offset) const;
  std::optional<uint64_t> offset_of(uint64_t address) const;

  // Reads all of `out`. Error io: past the end of the file.
  Status read(uint64_t offset, std::span<char> out) const;
  // Error full: larger than `limit`; malformed: outside the file.
  Result<std::string> read_section(const ElfSection& section,
                                   uint64_t limit) const;
  // The code from `address` on, at most `size` bytes; shorter at the end of its
  // segment. Empty where none is loaded.
  std::string read_code(uint64_t address, uint64_t size) const;

 private:
  Status read_headers();
  Status read_program_headers(uint64_t offset, uint32_t count);
  Status read_sections(uint64_t offset, uint32_t count, uint32_t names);
  void find_build_id(uint64_t offset, uint64_t size);

  UniqueFd fd_;
  uint64_t size_ = 0;
  uint16_t machine_ = 0;
  std::string build_id_;
  std::vector<ElfSegment> segments_;
  std::vector<ElfSection> sections_;
};

// "1f8c...": a build-id for people.
std::string format_build_id(std::string_view raw);

}  // namespace tidemark
