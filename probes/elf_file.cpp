#include "probes/elf_file.h"

#include <elf.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "core/base/result.h"

namespace tidemark {
namespace {

constexpr uint32_t kMostSegments = 1024;
constexpr uint32_t kMostSections = 1u << 17;
constexpr uint64_t kLongestNames = 16u << 20;
constexpr uint64_t kLongestNotes = 1u << 20;
constexpr size_t kLongestBuildId = 64;

std::unexpected<Error> broken(std::string what) {
  return fail(ErrorKind::malformed, "ELF file: " + std::move(what));
}

std::span<char> bytes_of(auto& object) {
  return {reinterpret_cast<char*>(&object), sizeof(object)};
}

// The string at `offset` of a string table, up to its NUL or the table's end.
std::string_view string_at(std::string_view table, uint64_t offset) {
  if (offset >= table.size()) return {};
  const std::string_view rest = table.substr(offset);
  return rest.substr(0, std::min(rest.find('\0'), rest.size()));
}

constexpr uint64_t align_note(uint64_t size) { return (size + 3) & ~3ull; }

}  // namespace

Result<ElfFile> ElfFile::open(UniqueFd fd) {
  ElfFile file;
  file.fd_ = std::move(fd);
  struct stat status = {};
  if (::fstat(file.fd_.get(), &status) != 0) return fail_errno("fstat", errno);
  if (!S_ISREG(status.st_mode)) return broken("not a regular file");
  file.size_ = static_cast<uint64_t>(status.st_size);
  TIDEMARK_CHECK(file.read_headers());
  return file;
}

Status ElfFile::read_headers() {
  Elf64_Ehdr header = {};
  if (size_ < sizeof(header)) return broken("too short");
  TIDEMARK_CHECK(read(0, bytes_of(header)));
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
    return broken("wrong magic number");
  }
  if (header.e_ident[EI_CLASS] != ELFCLASS64 ||
      header.e_ident[EI_DATA] != ELFDATA2LSB) {
    return fail(ErrorKind::unsupported,
                "ELF file: not 64-bit and little-endian");
  }
  machine_ = header.e_machine;
  if (header.e_phnum != 0) {
    if (header.e_phentsize != sizeof(Elf64_Phdr)) {
      return broken("program headers of a strange size");
    }
    TIDEMARK_CHECK(read_program_headers(header.e_phoff, header.e_phnum));
  }
  if (header.e_shoff == 0) return {};
  if (header.e_shentsize != sizeof(Elf64_Shdr)) {
    return broken("section headers of a strange size");
  }
  Elf64_Shdr first = {};  // holds what does not fit the header (gABI)
  TIDEMARK_CHECK(read(header.e_shoff, bytes_of(first)));
  const uint64_t count = header.e_shnum != 0 ? header.e_shnum : first.sh_size;
  const uint32_t names =
      header.e_shstrndx == SHN_XINDEX ? first.sh_link : header.e_shstrndx;
  if (count > kMostSections) return broken("too many sections");
  return read_sections(header.e_shoff, static_cast<uint32_t>(count), names);
}

Status ElfFile::read_program_headers(uint64_t offset, uint32_t count) {
  if (count > kMostSegments) return broken("too many segments");
  std::vector<Elf64_Phdr> headers(count);
  TIDEMARK_CHECK(read(offset, {reinterpret_cast<char*>(headers.data()),
                               count * sizeof(Elf64_Phdr)}));
  for (const Elf64_Phdr& each : headers) {
    if (each.p_type == PT_NOTE) find_build_id(each.p_offset, each.p_filesz);
    if (each.p_type != PT_LOAD || each.p_filesz == 0) continue;
    if (each.p_filesz > UINT64_MAX - each.p_vaddr ||
        each.p_filesz > UINT64_MAX - each.p_offset) {
      return broken("a segment that wraps around");
    }
    segments_.push_back({each.p_vaddr, each.p_offset, each.p_filesz,
                         (each.p_flags & PF_X) != 0});
  }
  return {};
}

Status ElfFile::read_sections(uint64_t offset, uint32_t count,
                              uint32_t names_index) {
  std::vector<Elf64_Shdr> headers(count);
  TIDEMARK_CHECK(read(offset, {reinterpret_cast<char*>(headers.data()),
                               count * sizeof(Elf64_Shdr)}));
  std::string names;
  if (names_index < count && headers[names_index].sh_type == SHT_STRTAB) {
    ElfSection table;
    table.offset = headers[names_index].sh_offset;
    table.size = headers[names_index].sh_size;
    TIDEMARK_TRY(names, read_section(table, kLongestNames));
  }
  sections_.reserve(count);
  for (const Elf64_Shdr& each : headers) {
    // A name is a look-up key here; no key of ours is longer.
    sections_.push_back(
        {std::string(string_at(names, each.sh_name).substr(0, 64)),
         each.sh_type, each.sh_link, each.sh_flags, each.sh_addr,
         each.sh_offset, each.sh_size});
    if (each.sh_type == SHT_NOTE) find_build_id(each.sh_offset, each.sh_size);
  }
  return {};
}

// Missing or broken notes are no error: the file just has no build-id.
void ElfFile::find_build_id(uint64_t offset, uint64_t size) {
  if (!build_id_.empty() || size > kLongestNotes) return;
  std::string notes(size, '\0');
  if (!read(offset, notes)) return;
  std::string_view rest = notes;
  Elf64_Nhdr note = {};
  while (rest.size() >= sizeof(note)) {
    std::memcpy(&note, rest.data(), sizeof(note));
    rest.remove_prefix(sizeof(note));
    const uint64_t name_size = align_note(note.n_namesz);
    const uint64_t size_left = rest.size();
    if (name_size > size_left || note.n_descsz > size_left - name_size) return;
    if (note.n_type == NT_GNU_BUILD_ID && rest.starts_with({"GNU", 4}) &&
        note.n_descsz != 0 && note.n_descsz <= kLongestBuildId) {
      build_id_ = rest.substr(name_size, note.n_descsz);
      return;
    }
    rest.remove_prefix(
        std::min(size_left, name_size + align_note(note.n_descsz)));
  }
}

const ElfSection* ElfFile::section(std::string_view name) const {
  for (const ElfSection& each : sections_) {
    if (each.name == name) return &each;
  }
  return nullptr;
}

std::optional<uint64_t> ElfFile::address_of(uint64_t file_offset) const {
  for (const ElfSegment& each : segments_) {
    if (file_offset >= each.offset && file_offset - each.offset < each.size) {
      return each.address + (file_offset - each.offset);
    }
  }
  return std::nullopt;
}

std::optional<uint64_t> ElfFile::offset_of(uint64_t address) const {
  for (const ElfSegment& each : segments_) {
    if (address >= each.address && address - each.address < each.size) {
      return each.offset + (address - each.address);
    }
  }
  return std::nullopt;
}

Status ElfFile::read(uint64_t offset, std::span<char> out) const {
  if (offset > size_ || out.size() > size_ - offset) {
    return broken("an offset past its end");
  }
  while (!out.empty()) {
    const ssize_t got =
        ::pread(fd_.get(), out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("reading an ELF file", errno);
    if (got == 0) return fail(ErrorKind::io, "ELF file: shrank while read");
    out = out.subspan(static_cast<size_t>(got));
    offset += static_cast<uint64_t>(got);
  }
  return {};
}

Result<std::string> ElfFile::read_section(const ElfSection& section,
                                          uint64_t limit) const {
  if (section.type == SHT_NOBITS) return std::string();
  if (section.offset > size_ || section.size > size_ - section.offset) {
    return broken("a section past its end");
  }
  if (section.size > limit) {
    return fail(ErrorKind::full, "ELF file: a section larger than we read");
  }
  std::string bytes(section.size, '\0');
  TIDEMARK_CHECK(read(section.offset, bytes));
  return bytes;
}

std::string ElfFile::read_code(uint64_t address, uint64_t size) const {
  for (const ElfSegment& each : segments_) {
    if (address < each.address || address - each.address >= each.size) continue;
    const uint64_t skip = address - each.address;
    std::string code(std::min({size, each.size - skip, size_}), '\0');
    if (!read(each.offset + skip, code)) return {};
    return code;
  }
  return {};
}

std::string format_build_id(std::string_view raw) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : raw) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace tidemark
