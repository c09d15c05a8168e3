// Call frame information beside libdw's reading of it, on the libraries that
// every process of this machine has mapped.
#include "probes/eh_frame.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <libelf.h>

#include <memory>

#include "core/os/file.h"
#include "probes/dwarf_expression.h"
#include "probes/dwarf_reader.h"
#include "probes/process_maps.h"

namespace tidemark {
namespace {

using Kind = RegisterRule::Kind;

struct Freer {
  void operator()(Elf* elf) const { elf_end(elf); }
  void operator()(Dwarf_CFI* table) const { dwarf_cfi_end(table); }
  void operator()(Dwarf_Frame* frame) const { std::free(frame); }
};

// libdw's rule for a register in our words; expressions are told as such only.
RegisterRule peer_rule(Dwarf_Frame* frame, int number) {
  Dwarf_Op memory[3];
  Dwarf_Op* ops = nullptr;
  size_t count = 0;
  EXPECT_EQ(dwarf_frame_register(frame, number, memory, &ops, &count), 0);
  if (count == 0) return {ops == nullptr ? Kind::same : Kind::undefined};
  if (ops[0].atom == DW_OP_regx) {
    return {Kind::moved, static_cast<int64_t>(ops[0].number)};
  }
  if (ops[0].atom != DW_OP_call_frame_cfa) return {Kind::stored_by};
  RegisterRule rule{Kind::stored};
  if (ops[count - 1].atom == DW_OP_stack_value) {
    rule.kind = Kind::computed;
    --count;
  }
  if (count > 2) return {Kind::stored_by};
  if (count == 2 && ops[1].atom == DW_OP_plus_uconst) {
    rule.offset = static_cast<int64_t>(ops[1].number);
  } else if (count == 2) {
    return {Kind::stored_by};
  }
  return rule;
}

void expect_same_row(const UnwindRow& row, Dwarf_Frame* frame,
                     uint64_t address) {
  Dwarf_Op* ops = nullptr;
  size_t count = 0;
  ASSERT_EQ(dwarf_frame_cfa(frame, &ops, &count), 0);
  if (count == 1 && ops[0].atom == DW_OP_bregx) {
    EXPECT_EQ(row.cfa_register, ops[0].number) << address;
    EXPECT_EQ(row.cfa_offset, static_cast<int64_t>(ops[0].number2)) << address;
  } else {
    EXPECT_FALSE(row.cfa_expression.empty()) << address;
  }
  bool signal_frame = false;
  Dwarf_Addr begin = 0, end = 0;
  dwarf_frame_info(frame, &begin, &end, &signal_frame);
  EXPECT_EQ(row.signal_frame, signal_frame) << address;
  for (const int number : {3, 6, 12, 13, 14, 15, 16}) {
    RegisterRule peer = peer_rule(frame, number);
    RegisterRule ours = row.registers[static_cast<size_t>(number)];
    if (ours.kind == Kind::computed_by) ours.kind = Kind::stored_by;
    // Alone, libdw knows no rule of the ABI: what the table does not tell it
    // calls undefined.
    if (peer.kind == Kind::undefined && number != kReturnAddress) {
      peer.kind = Kind::same;
      if (ours.kind == Kind::undefined) ours.kind = Kind::same;
    }
    EXPECT_EQ(ours.kind, peer.kind) << address << " register " << number;
    if (peer.kind == Kind::stored || peer.kind == Kind::computed) {
      EXPECT_EQ(ours.offset, peer.offset) << address << " register " << number;
    }
  }
}

// Every `step` bytes of an object's code.
size_t compare_with_libdw(const std::string& path, uint64_t step) {
  auto fd = open_read(path);
  auto again = open_read(path);
  if (!fd || !again) return 0;
  const auto file = ElfFile::open(std::move(*fd));
  EXPECT_TRUE(file) << path;
  const auto frames = EhFrame::load(*file);
  EXPECT_TRUE(frames) << path;
  if (!frames) return 0;
  EXPECT_EQ(frames->broken(), 0u) << path;
  elf_version(EV_CURRENT);
  const std::unique_ptr<Elf, Freer> elf(
      elf_begin(again->get(), ELF_C_READ, nullptr));
  const std::unique_ptr<Dwarf_CFI, Freer> peer(dwarf_getcfi_elf(elf.get()));
  size_t compared = 0;
  for (const ElfSegment& segment : file->segments()) {
    if (!segment.executable) continue;
    const uint64_t end = segment.address + segment.size;
    for (uint64_t at = segment.address; at < end; at += step) {
      Dwarf_Frame* raw = nullptr;
      const int found = dwarf_cfi_addrframe(peer.get(), at, &raw);
      const std::unique_ptr<Dwarf_Frame, Freer> frame(raw);
      const auto row = frames->row(at);
      EXPECT_EQ(row.has_value(), found == 0) << path << " " << at;
      if (!row || found != 0) continue;
      expect_same_row(*row, raw, at);
      ++compared;
    }
  }
  return compared;
}

TEST(EhFrame, AgreesWithLibdwOnEveryMappedLibrary) {
  const auto maps = read_process_maps("/proc", Pid{::getpid()});
  ASSERT_TRUE(maps);
  size_t compared = 0;
  std::string last;
  for (const Mapping& mapping : maps->mappings) {
    if (!mapping.executable || !mapping.backed() || mapping.path == last) {
      continue;
    }
    last = mapping.path;
    compared += compare_with_libdw(mapping.path, 97);
  }
  EXPECT_GT(compared, 1000u);
}

TEST(EhFrame, SurvivesCutAndChangedSections) {
  const auto maps = read_process_maps("/proc", Pid{::getpid()});
  ASSERT_TRUE(maps);
  auto fd = open_read("/proc/self/exe");
  ASSERT_TRUE(fd);
  const auto file = ElfFile::open(std::move(*fd));
  ASSERT_TRUE(file);
  const ElfSection* section = file->section(".eh_frame");
  ASSERT_NE(section, nullptr);
  const auto bytes = file->read_section(*section, 64u << 20);
  ASSERT_TRUE(bytes);
  const std::string head = bytes->substr(0, 4096);
  for (size_t size = 0; size < 300; ++size) {
    const EhFrame cut = EhFrame::parse(head.substr(0, size), section->address);
    EXPECT_LE(cut.functions(), size / 16);
  }
  for (size_t at = 0; at < 600; ++at) {
    std::string changed = head;
    changed[at] = static_cast<char>(changed[at] ^ 0xff);
    const EhFrame frames = EhFrame::parse(changed, section->address);
    for (uint64_t where = 0; where < 2000; where += 64) {
      static_cast<void>(frames.row(section->address - where));
    }
  }
}

std::optional<uint64_t> run(const std::string& expression,
                            std::optional<uint64_t> initial = std::nullopt) {
  std::array<std::optional<uint64_t>, kUnwindRegisters> registers = {};
  registers[7] = 0x7000;
  return evaluate_expression(
      expression, registers,
      [](uint64_t address) -> std::optional<uint64_t> {
        if (address != 0x7008) return std::nullopt;
        return 0x1122334455667788;
      },
      initial);
}

TEST(DwarfExpression, EvaluatesThatOfPltEntries) {
  // breg7 8; breg16 0; lit15; and; lit11; ge; lit3; shl; plus, the counter
  // being unknown here: rsp + 8 + 0.
  EXPECT_EQ(run("\x77\x08\x3a\x3b\x2a\x33\x24\x22"), 0x7008u);
  EXPECT_EQ(run("\x77\x08\x3b\x3b\x2a\x33\x24\x22"), 0x7010u);
}

TEST(DwarfExpression, ReadsTheStack) {
  EXPECT_EQ(run("\x77\x08\x06"), 0x1122334455667788u);
  EXPECT_EQ(run(std::string("\x77\x08\x94\x02", 4)), 0x7788u);
  EXPECT_EQ(run(std::string("\x77\x00\x06", 3)), std::nullopt);
  EXPECT_EQ(run("\x06", 0x7008), 0x1122334455667788u);
}

TEST(DwarfExpression, RefusesWhatItCannotDo) {
  EXPECT_EQ(run(""), std::nullopt);
  EXPECT_EQ(run("\x22"), std::nullopt);                      // plus of nothing
  EXPECT_EQ(run(std::string("\x73\x00", 2)), std::nullopt);  // unknown rbx
  EXPECT_EQ(run("\xff"), std::nullopt);                      // no operation
  EXPECT_EQ(run("\x0c\x01"), std::nullopt);                  // cut off
  EXPECT_EQ(run("\x31\x2f\xfc\xff"), std::nullopt);          // in circles
  EXPECT_EQ(run(std::string(1000, '\x31')), std::nullopt);   // too deep
}

TEST(DwarfReader, StaysInsideItsBytes) {
  DwarfReader reader(std::string_view("\x81\x80\x80", 3));
  EXPECT_EQ(reader.unsigned_leb(), 1u);  // cut off
  EXPECT_FALSE(reader.ok());
  EXPECT_TRUE(reader.at_end());
  DwarfReader negative(std::string_view("\x7f\x80\x7f", 3));
  EXPECT_EQ(negative.signed_leb(), -1);
  EXPECT_EQ(negative.signed_leb(), -128);
  EXPECT_TRUE(negative.ok());
  const std::string long_number(40, '\xff');
  DwarfReader endless(long_number);
  endless.signed_leb();
  EXPECT_FALSE(endless.ok());
  DwarfReader text("abc");
  EXPECT_EQ(text.text(), "");
  EXPECT_FALSE(text.ok());
}

}  // namespace
}  // namespace tidemark
