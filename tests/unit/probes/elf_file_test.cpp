// ELF files of others: sound ones, and those that lie about themselves.
#include "probes/elf_file.h"

#include <elf.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>

#include "core/os/file.h"
#include "probes/debug_files.h"
#include "probes/eh_frame.h"
#include "probes/elf_functions.h"
#include "probes/symbol_table.h"

namespace tidemark {
namespace {

Result<ElfFile> open_bytes(std::string_view bytes) {
  UniqueFd fd(::memfd_create("elf", MFD_CLOEXEC));
  EXPECT_EQ(::write(fd.get(), bytes.data(), bytes.size()),
            static_cast<ssize_t>(bytes.size()));
  return ElfFile::open(std::move(fd));
}

// A header and one section header, as small as it can be.
struct SmallFile {
  Elf64_Ehdr header = {};
  Elf64_Phdr segment = {};
  Elf64_Shdr sections[2] = {};
  char names[16] = "\0.symtab";

  SmallFile() {
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_machine = EM_X86_64;
    header.e_phoff = offsetof(SmallFile, segment);
    header.e_phnum = 1;
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_shoff = offsetof(SmallFile, sections);
    header.e_shnum = 2;
    header.e_shentsize = sizeof(Elf64_Shdr);
    header.e_shstrndx = 1;
    segment.p_type = PT_LOAD;
    segment.p_flags = PF_X;
    segment.p_vaddr = 0x400000;
    segment.p_filesz = sizeof(SmallFile);
    sections[0].sh_type = SHT_SYMTAB;
    sections[0].sh_name = 1;
    sections[1].sh_type = SHT_STRTAB;
    sections[1].sh_offset = offsetof(SmallFile, names);
    sections[1].sh_size = sizeof(names);
  }
  Result<ElfFile> open() const {
    return open_bytes({reinterpret_cast<const char*>(this), sizeof(*this)});
  }
};

TEST(ElfFile, ReadsASoundOne) {
  const auto file = SmallFile().open();
  ASSERT_TRUE(file) << file.error().what;
  EXPECT_EQ(file->machine(), EM_X86_64);
  ASSERT_EQ(file->sections().size(), 2u);
  EXPECT_EQ(file->sections()[0].name, ".symtab");
  EXPECT_EQ(file->offset_of(0x400010), 0x10u);
  EXPECT_EQ(file->address_of(0x10), 0x400010u);
  EXPECT_EQ(file->offset_of(0x400000 - 1), std::nullopt);
  EXPECT_EQ(file->offset_of(0x400000 + sizeof(SmallFile)), std::nullopt);
  EXPECT_EQ(file->read_code(0x400000, 4), "\177ELF");
  EXPECT_EQ(file->read_code(0x1000, 4), "");
  EXPECT_EQ(file->build_id(), "");
}

TEST(ElfFile, RefusesWhatIsNone) {
  EXPECT_EQ(open_bytes("").error().kind, ErrorKind::malformed);
  EXPECT_EQ(open_bytes(std::string(64, 'x')).error().kind,
            ErrorKind::malformed);
  SmallFile file;
  file.header.e_ident[EI_CLASS] = ELFCLASS32;
  EXPECT_EQ(file.open().error().kind, ErrorKind::unsupported);
  EXPECT_FALSE(ElfFile::open(UniqueFd(::open("/", O_RDONLY | O_CLOEXEC))));
}

TEST(ElfFile, RefusesHeadersThatLeadOutside) {
  const auto refused = [](auto change) {
    SmallFile file;
    change(file);
    const auto opened = file.open();
    return !opened && opened.error().kind == ErrorKind::malformed;
  };
  EXPECT_TRUE(refused([](SmallFile& f) { f.header.e_phoff = UINT64_MAX - 8; }));
  EXPECT_TRUE(refused([](SmallFile& f) { f.header.e_phnum = 60000; }));
  EXPECT_TRUE(refused([](SmallFile& f) { f.header.e_phentsize = 1; }));
  EXPECT_TRUE(refused([](SmallFile& f) { f.header.e_shoff = UINT64_MAX; }));
  EXPECT_TRUE(refused([](SmallFile& f) { f.header.e_shnum = 60000; }));
  EXPECT_TRUE(refused([](SmallFile& f) { f.header.e_shentsize = 4096; }));
  EXPECT_TRUE(refused([](SmallFile& f) { f.segment.p_vaddr = UINT64_MAX; }));
  EXPECT_TRUE(refused([](SmallFile& f) {
    f.header.e_shnum = 0;  // then the first section's size is the number
    f.sections[0].sh_size = UINT64_MAX;
  }));
  EXPECT_TRUE(
      refused([](SmallFile& f) { f.sections[1].sh_offset = UINT64_MAX - 3; }));
}

TEST(ElfFile, ReadsNoCodeThatTheFileDoesNotHave) {
  SmallFile small;
  small.segment.p_filesz = 1ull << 60;
  const auto file = small.open();
  ASSERT_TRUE(file);
  EXPECT_EQ(file->read_code(0x400000, 1ull << 50).size(), sizeof(SmallFile));
  EXPECT_EQ(file->read_code(0x400000 + sizeof(SmallFile), 8), "");
  EXPECT_EQ(file->read_code(0x400000, 4), "\177ELF");
}

TEST(ElfFile, BoundsSymbolsAndTheirNames) {
  const auto visited = [](auto change) {
    SmallFile small;
    change(small);
    const auto file = small.open();
    EXPECT_TRUE(file);
    return visit_functions(*file, file->sections()[0],
                           [](const ElfSymbol&) { FAIL(); });
  };
  EXPECT_EQ(
      visited([](SmallFile& f) { f.sections[0].sh_link = 99; }).error().kind,
      ErrorKind::malformed);
  EXPECT_EQ(visited([](SmallFile& f) {
              f.sections[0].sh_link = 1;
              f.sections[0].sh_size = UINT64_MAX;
            })
                .error()
                .kind,
            ErrorKind::full);
  EXPECT_FALSE(visited([](SmallFile& f) {
    f.sections[0].sh_link = 1;
    f.sections[0].sh_offset = UINT64_MAX - 24;
    f.sections[0].sh_size = 48;
  }));
}

ElfFile own_program() {
  auto fd = open_read("/proc/self/exe");
  EXPECT_TRUE(fd);
  auto file = ElfFile::open(std::move(*fd));
  EXPECT_TRUE(file);
  return std::move(*file);
}

TEST(ElfFunctions, FindsAFunctionOfThisProgram) {
  const ElfFile file = own_program();
  std::vector<std::string> problems;
  const auto found = find_functions(
      file, "/x", [](std::string_view name) { return name == "main"; }, {},
      problems);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(file.offset_of(found[0].address), found[0].file_offset);
  EXPECT_TRUE(problems.empty());
}

TEST(SymbolTable, NamesTheFunctionAroundAnAddress) {
  const ElfFile file = own_program();
  SymbolTable table;
  ASSERT_TRUE(table.add(file, ".symtab"));
  ASSERT_TRUE(table.add(file, ".no_such_table"));
  table.sort();
  std::vector<std::string> problems;
  const auto found = find_functions(
      file, "/x", [](std::string_view name) { return name == "main"; }, {},
      problems);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(table.name_at(found[0].address), "main");
  EXPECT_EQ(table.name_at(found[0].address + found[0].size - 1), "main");
  EXPECT_NE(table.name_at(found[0].address + found[0].size), "main");
  EXPECT_EQ(table.name_at(0), "");
}

TEST(DebugFiles, ChecksumTellsFilesApart) {
  const auto whole = SmallFile().open();
  ASSERT_TRUE(whole);
  const auto crc = debuglink_checksum(*whole);
  ASSERT_TRUE(crc);
  SmallFile other;
  other.names[15] = 'x';
  EXPECT_NE(*debuglink_checksum(*other.open()), *crc);
}

TEST(DebugFiles, IsNotFoundWhereThereIsNone) {
  const auto file = SmallFile().open();
  ASSERT_TRUE(file);
  EXPECT_EQ(find_debug_file(*file, "/x/y", {}).error().kind,
            ErrorKind::not_found);
}

}  // namespace
}  // namespace tidemark
