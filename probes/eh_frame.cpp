#include "probes/eh_frame.h"

#include <dwarf.h>

#include <algorithm>

#include "probes/dwarf_reader.h"

namespace tidemark {
namespace {

constexpr uint64_t kLongestSection = 256u << 20;
constexpr size_t kMostEntries = 8u << 20;
constexpr size_t kDeepestState = 16;  // remember_state within one function

using Kind = RegisterRule::Kind;

}  // namespace

struct EhFrame::Common {
  uint64_t code_factor = 1;
  int64_t data_factor = 1;
  uint8_t encoding = DW_EH_PE_absptr;  // of addresses in entries
  bool augmented = false;              // entries carry augmentation data
  bool signal_frame = false;
  std::string_view program;
};

// Runs the call frame instructions up to an address.
class EhFrame::Program {
 public:
  Program(const Common& common, uint64_t begin, uint64_t target)
      : common_(common), location_(begin), target_(target) {
    row_.signal_frame = common.signal_frame;
  }

  bool run_common() {
    const bool ran = run(common_.program);
    initial_ = row_.registers;
    return ran;
  }
  // Stops behind the target's row. False: an instruction that we do not know
  // (DW_CFA_set_loc among them, which no compiler writes).
  bool run(std::string_view program) {
    DwarfReader reader(program);
    while (!reader.at_end() && location_ <= target_) {
      const uint8_t opcode = reader.byte();
      const bool known = (opcode & 0xc0) != 0 ? step_packed(opcode, reader)
                                              : step(opcode, reader);
      if (!known || !reader.ok()) return false;
    }
    return true;
  }
  const UnwindRow& row() const { return row_; }

 private:
  // A register that we do not follow (xmm, ...) gets a place to be written to.
  RegisterRule& rule(uint64_t number) {
    return number < kUnwindRegisters ? row_.registers[number] : ignored_;
  }
  void restore(uint64_t number) {
    rule(number) =
        number < kUnwindRegisters ? initial_[number] : RegisterRule();
  }
  void set(uint64_t number, Kind kind, int64_t offset) {
    rule(number) = {kind, offset, {}};
  }
  int64_t factored(int64_t offset) const {
    int64_t product = 0;
    return __builtin_mul_overflow(offset, common_.data_factor, &product)
               ? 0
               : product;
  }
  int64_t factored(uint64_t offset) const {
    return factored(static_cast<int64_t>(offset));
  }
  void advance(uint64_t steps) {
    uint64_t distance = 0;
    if (__builtin_mul_overflow(steps, common_.code_factor, &distance) ||
        __builtin_add_overflow(location_, distance, &location_)) {
      location_ = UINT64_MAX;
    }
  }
  void define_cfa(uint64_t number, int64_t offset) {
    row_.cfa_register =
        number < kUnwindRegisters ? static_cast<uint8_t>(number) : UINT8_MAX;
    row_.cfa_offset = offset;
    row_.cfa_expression = {};
  }
  std::string_view block(DwarfReader& reader) {
    return reader.bytes(reader.unsigned_leb());
  }

  bool step_packed(uint8_t opcode, DwarfReader& reader) {
    const uint8_t operand = opcode & 0x3f;
    switch (opcode & 0xc0) {
      case DW_CFA_advance_loc: advance(operand); break;
      case DW_CFA_offset:
        set(operand, Kind::stored, factored(reader.unsigned_leb()));
        break;
      default: restore(operand); break;
    }
    return true;
  }
  bool step(uint8_t opcode, DwarfReader& reader) {
    switch (opcode) {
      case DW_CFA_nop: return true;
      case DW_CFA_advance_loc1: advance(reader.byte()); return true;
      case DW_CFA_advance_loc2: advance(reader.number<uint16_t>()); return true;
      case DW_CFA_advance_loc4: advance(reader.number<uint32_t>()); return true;
      case DW_CFA_remember_state: return remember();
      case DW_CFA_restore_state: return recall();
      case DW_CFA_GNU_args_size: reader.unsigned_leb(); return true;
      case DW_CFA_restore_extended: restore(reader.unsigned_leb()); return true;
      default: return step_cfa(opcode, reader) || step_rule(opcode, reader);
    }
  }
  bool step_cfa(uint8_t opcode, DwarfReader& reader) {
    switch (opcode) {
      case DW_CFA_def_cfa: {
        const uint64_t number = reader.unsigned_leb();
        define_cfa(number, static_cast<int64_t>(reader.unsigned_leb()));
        return true;
      }
      case DW_CFA_def_cfa_sf: {
        const uint64_t number = reader.unsigned_leb();
        define_cfa(number, factored(reader.signed_leb()));
        return true;
      }
      case DW_CFA_def_cfa_register:
        define_cfa(reader.unsigned_leb(), row_.cfa_offset);
        return true;
      case DW_CFA_def_cfa_offset:
        row_.cfa_offset = static_cast<int64_t>(reader.unsigned_leb());
        return true;
      case DW_CFA_def_cfa_offset_sf:
        row_.cfa_offset = factored(reader.signed_leb());
        return true;
      case DW_CFA_def_cfa_expression:
        row_.cfa_expression = block(reader);
        return !row_.cfa_expression.empty();
      default: return false;
    }
  }
  bool step_rule(uint8_t opcode, DwarfReader& reader) {
    const uint64_t number = reader.unsigned_leb();
    switch (opcode) {
      case DW_CFA_offset_extended:
        set(number, Kind::stored, factored(reader.unsigned_leb()));
        return true;
      case DW_CFA_offset_extended_sf:
        set(number, Kind::stored, factored(reader.signed_leb()));
        return true;
      case DW_CFA_GNU_negative_offset_extended:
        set(number, Kind::stored,
            factored(0 - static_cast<uint64_t>(reader.unsigned_leb())));
        return true;
      case DW_CFA_val_offset:
        set(number, Kind::computed, factored(reader.unsigned_leb()));
        return true;
      case DW_CFA_val_offset_sf:
        set(number, Kind::computed, factored(reader.signed_leb()));
        return true;
      case DW_CFA_undefined: set(number, Kind::undefined, 0); return true;
      case DW_CFA_same_value: set(number, Kind::same, 0); return true;
      case DW_CFA_register:
        set(number, Kind::moved, static_cast<int64_t>(reader.unsigned_leb()));
        return true;
      case DW_CFA_expression:
        rule(number) = {Kind::stored_by, 0, block(reader)};
        return true;
      case DW_CFA_val_expression:
        rule(number) = {Kind::computed_by, 0, block(reader)};
        return true;
      default: return false;
    }
  }
  bool remember() {
    if (states_.size() == kDeepestState) return false;
    states_.push_back(row_);
    return true;
  }
  bool recall() {
    if (states_.empty()) return false;
    row_ = states_.back();
    states_.pop_back();
    return true;
  }

  const Common& common_;
  uint64_t location_;
  uint64_t target_;
  UnwindRow row_;
  std::array<RegisterRule, kUnwindRegisters> initial_;
  RegisterRule ignored_;
  std::vector<UnwindRow> states_;
};

Result<EhFrame> EhFrame::load(const ElfFile& file) {
  const ElfSection* section = file.section(".eh_frame");
  if (section == nullptr) return fail(ErrorKind::not_found, "no .eh_frame");
  TIDEMARK_TRY(std::string bytes, file.read_section(*section, kLongestSection));
  return parse(std::move(bytes), section->address);
}

EhFrame EhFrame::parse(std::string bytes, uint64_t address) {
  EhFrame frames;
  frames.bytes_ = std::move(bytes);
  frames.address_ = address;
  DwarfReader reader(frames.bytes_);
  LastCommon last;  // entries of one kind stand together
  while (!reader.at_end() && frames.entries_.size() < kMostEntries) {
    const auto length = reader.number<uint32_t>();
    // 0 ends the section's part from one linked file; the 64-bit form is not
    // used in .eh_frame.
    if (length == 0) continue;
    const size_t body = reader.position();
    if (reader.bytes(length).empty()) break;
    uint32_t common = 0;
    DwarfReader head(frames.bytes_, body);
    common = head.number<uint32_t>();
    if (common != 0 && !frames.add_entry(body, reader.position(), last)) {
      ++frames.broken_;
    }
  }
  std::ranges::sort(frames.entries_, {}, &Entry::begin);
  return frames;
}

// An address as .eh_frame writes it; nullopt: a form not used there.
std::optional<uint64_t> EhFrame::pointer(DwarfReader& reader,
                                         uint8_t encoding) const {
  if (encoding == DW_EH_PE_omit || (encoding & DW_EH_PE_indirect) != 0) {
    return std::nullopt;
  }
  const uint64_t place = address_ + reader.position();
  uint64_t value = 0;
  switch (encoding & 0x0f) {
    case DW_EH_PE_absptr:
    case DW_EH_PE_udata8:
    case DW_EH_PE_sdata8: value = reader.number<uint64_t>(); break;
    case DW_EH_PE_udata4: value = reader.number<uint32_t>(); break;
    case DW_EH_PE_sdata4:
      value = static_cast<uint64_t>(int64_t{reader.number<int32_t>()});
      break;
    case DW_EH_PE_udata2: value = reader.number<uint16_t>(); break;
    case DW_EH_PE_sdata2:
      value = static_cast<uint64_t>(int64_t{reader.number<int16_t>()});
      break;
    case DW_EH_PE_uleb128: value = reader.unsigned_leb(); break;
    case DW_EH_PE_sleb128:
      value = static_cast<uint64_t>(reader.signed_leb());
      break;
    default: return std::nullopt;
  }
  switch (encoding & 0x70) {
    case 0: break;
    case DW_EH_PE_pcrel: value += place; break;
    default: return std::nullopt;
  }
  return reader.ok() ? std::optional(value) : std::nullopt;
}

// `offset`: of the record's body, behind its length.
std::optional<EhFrame::Common> EhFrame::common_at(uint64_t offset) const {
  if (offset < 4 || offset > bytes_.size()) return std::nullopt;
  const auto length = DwarfReader(bytes_, offset - 4).number<uint32_t>();
  if (length > bytes_.size() - offset) return std::nullopt;
  DwarfReader reader(std::string_view(bytes_).substr(0, offset + length),
                     offset);
  if (reader.number<uint32_t>() != 0) return std::nullopt;
  const uint8_t version = reader.byte();
  if (version != 1 && version != 3) return std::nullopt;
  const std::string_view augmentation = reader.text();
  Common common;
  common.code_factor = reader.unsigned_leb();
  common.data_factor = reader.signed_leb();
  const uint64_t return_column =
      version == 1 ? reader.byte() : reader.unsigned_leb();
  if (!reader.ok() || return_column != kReturnAddress) return std::nullopt;
  if (!augmentation.empty()) {
    if (augmentation[0] != 'z') return std::nullopt;
    common.augmented = true;
    const uint64_t size = reader.unsigned_leb();
    const size_t after = reader.position() + reader.bytes(size).size();
    if (!reader.ok()) return std::nullopt;
    DwarfReader data(std::string_view(bytes_).substr(0, after), after - size);
    for (const char letter : augmentation.substr(1)) {
      switch (letter) {
        case 'R': common.encoding = data.byte(); break;
        case 'L': data.byte(); break;
        case 'S': common.signal_frame = true; break;
        case 'B': break;
        case 'P': {
          // The personality routine is of no use here, only its length.
          const uint8_t form = data.byte();
          if (!pointer(data, form & 0x0f)) return std::nullopt;
          break;
        }
        default: return std::nullopt;
      }
    }
    if (!data.ok()) return std::nullopt;
  }
  common.program = reader.bytes(reader.left());
  return common;
}

bool EhFrame::add_entry(size_t body, size_t end, LastCommon& last) {
  DwarfReader reader(std::string_view(bytes_).substr(0, end), body);
  const auto back = reader.number<uint32_t>();
  if (back > body) return false;
  const size_t common_at_body = body - back + 4;
  if (last.body != common_at_body) {
    last.body = common_at_body;
    const auto common = common_at(common_at_body);
    last.encoding = common ? common->encoding : uint8_t{DW_EH_PE_omit};
  }
  const auto begin = pointer(reader, last.encoding);
  const auto size = pointer(reader, last.encoding & 0x0f);
  if (!begin || !size) return false;
  if (*begin == 0 || *size == 0) return true;  // dropped by the linker
  if (*size > UINT32_MAX || body > UINT32_MAX) return false;
  entries_.push_back(
      {*begin, static_cast<uint32_t>(*size), static_cast<uint32_t>(body)});
  return true;
}

std::optional<UnwindRow> EhFrame::row(uint64_t address) const {
  auto after = std::ranges::upper_bound(entries_, address, {}, &Entry::begin);
  if (after == entries_.begin()) return std::nullopt;
  const Entry& entry = *--after;
  if (address - entry.begin >= entry.size) return std::nullopt;
  const uint64_t body = entry.offset;
  const auto length = DwarfReader(bytes_, body - 4).number<uint32_t>();
  DwarfReader reader(std::string_view(bytes_).substr(0, body + length), body);
  const auto back = reader.number<uint32_t>();
  const auto common = common_at(body - back + 4);
  if (!common || !pointer(reader, common->encoding) ||
      !pointer(reader, common->encoding & 0x0f)) {
    return std::nullopt;
  }
  if (common->augmented) reader.bytes(reader.unsigned_leb());
  if (!reader.ok()) return std::nullopt;
  Program program(*common, entry.begin, address);
  if (!program.run_common() || !program.run(reader.bytes(reader.left()))) {
    return std::nullopt;
  }
  return program.row();
}

}  // namespace tidemark
