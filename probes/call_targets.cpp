#include "probes/call_targets.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "probes/x86_code.h"

namespace tidemark {
namespace {

constexpr uint64_t kLongestTable = 128u << 20;
constexpr uint64_t kLongestBody = 64u << 10;
constexpr uint64_t kLongestStub = 32;

std::span<const uint8_t> bytes_of(const std::string& code) {
  return {reinterpret_cast<const uint8_t*>(code.data()), code.size()};
}

bool reads_thread_memory(const X86Instruction& each) {
  constexpr int64_t kStackProtector = 0x28;
  for (const ZydisDecodedOperand& operand : each.all_operands()) {
    if (operand.type == ZYDIS_OPERAND_TYPE_MEMORY &&
        operand.mem.segment == ZYDIS_REGISTER_FS &&
        (operand.mem.base != ZYDIS_REGISTER_NONE ||
         operand.mem.disp.value != kStackProtector)) {
      return true;
    }
  }
  return false;
}

}  // namespace

CallTargets::CallTargets(const ElfFile& file) : file_(file) {
  for (const ElfSection& section : file.sections()) {
    if (section.type == SHT_RELA) read_relocations(section);
  }
}

void CallTargets::read_relocations(const ElfSection& section) {
  const auto sections = file_.sections();
  if (section.link >= sections.size()) return;
  const ElfSection& symbols_section = sections[section.link];
  if (symbols_section.type != SHT_DYNSYM ||
      symbols_section.link >= sections.size()) {
    return;
  }
  const auto table = file_.read_section(section, kLongestTable);
  const auto symbols = file_.read_section(symbols_section, kLongestTable);
  const auto names =
      file_.read_section(sections[symbols_section.link], kLongestTable);
  if (!table || !symbols || !names) return;
  Elf64_Rela entry = {};
  Elf64_Sym symbol = {};
  for (size_t at = 0; at + sizeof(entry) <= table->size();
       at += sizeof(entry)) {
    std::memcpy(&entry, table->data() + at, sizeof(entry));
    const uint64_t type = ELF64_R_TYPE(entry.r_info);
    if (type != R_X86_64_JUMP_SLOT && type != R_X86_64_GLOB_DAT) continue;
    const uint64_t index = ELF64_R_SYM(entry.r_info);
    if (index >= symbols->size() / sizeof(symbol)) continue;
    std::memcpy(&symbol, symbols->data() + index * sizeof(symbol),
                sizeof(symbol));
    if (symbol.st_name >= names->size()) continue;
    const std::string_view rest =
        std::string_view(*names).substr(symbol.st_name);
    imports_.emplace(entry.r_offset, rest.substr(0, rest.find('\0')));
  }
}

std::string_view CallTargets::import_at_slot(uint64_t slot) const {
  const auto found = imports_.find(slot);
  return found == imports_.end() ? std::string_view() : found->second;
}

// A stub is [endbr64] [bnd] jmp *slot(%rip).
std::string_view CallTargets::import_at_stub(uint64_t address) const {
  const std::string stub = file_.read_code(address, kLongestStub);
  const X86Code code(bytes_of(stub));
  X86Instruction each;
  if (!code.decode(0, each)) return {};
  if (each.head.mnemonic == ZYDIS_MNEMONIC_ENDBR64 &&
      !code.decode(each.head.length, each)) {
    return {};
  }
  const auto slot = each.branch_slot();
  return slot ? import_at_slot(address + static_cast<uint64_t>(*slot))
              : std::string_view();
}

FunctionCalls CallTargets::calls_of(uint64_t address, uint64_t size) const {
  FunctionCalls calls;
  const std::string body =
      file_.read_code(address, std::min(size, kLongestBody));
  const auto length = static_cast<int64_t>(body.size());
  bool first = true;
  X86Code(bytes_of(body)).each([&](const X86Instruction& each) {
    if (each.head.mnemonic == ZYDIS_MNEMONIC_ENDBR64) return true;
    calls.uses_thread_memory |= reads_thread_memory(each);
    const bool leaves_at_once =
        first && each.head.meta.category == ZYDIS_CATEGORY_UNCOND_BR;
    first = false;
    if (const auto target = each.branch_target()) {
      if (*target > 0 && *target < length) return true;
      const uint64_t to = address + static_cast<uint64_t>(*target);
      calls.targets.push_back({to, import_at_stub(to), leaves_at_once});
    } else if (const auto slot = each.branch_slot()) {
      const uint64_t at = address + static_cast<uint64_t>(*slot);
      calls.targets.push_back({0, import_at_slot(at), leaves_at_once});
    }
    // What follows an unconditional first jump belongs to somebody else when
    // the table told no size.
    return !leaves_at_once;
  });
  return calls;
}

}  // namespace tidemark
