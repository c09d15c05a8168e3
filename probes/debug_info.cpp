#include "probes/debug_info.h"

#include <dwarf.h>
#include <elf.h>
#include <elfutils/libdw.h>
#include <fmt/format.h>
#include <libelf.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <optional>

#include "probes/debug_parts.h"

namespace tidemark {
namespace {

// Unpacked size of all debug sections: the packed ones are unpacked whole.
constexpr uint64_t kLargestInfo = 1ull << 30;
constexpr size_t kMostUnits = DebugParts::kMostUnits;
constexpr size_t kMostRanges = 1u << 14;  // of one function or unit
constexpr size_t kMostFunctions = 1u << 20;
constexpr size_t kDeepestTree = 64;
constexpr size_t kLongestChain = 8;  // of declarations
constexpr size_t kMostInlines = 32;
constexpr size_t kMostVisited = 1u << 22;  // DIEs of one unit

struct Range {
  uint64_t begin = 0;
  uint64_t end = 0;
  Dwarf_Off die = 0;
};

// What the section takes unpacked; its header may lie, libelf then fails.
uint64_t unpacked_size(const ElfFile& file, const ElfSection& section) {
  Elf64_Chdr header = {};
  if ((section.flags & SHF_COMPRESSED) == 0) return section.size;
  if (!file.read(section.offset,
                 {reinterpret_cast<char*>(&header), sizeof(header)})) {
    return UINT64_MAX / 4;
  }
  return std::min<uint64_t>(header.ch_size, UINT64_MAX / 4);
}

Status check_size(const ElfFile& file) {
  uint64_t sum = 0;
  bool any = false;
  for (const ElfSection& section : file.sections()) {
    if (!section.name.starts_with(".debug_") &&
        !section.name.starts_with(".zdebug_")) {
      continue;
    }
    any |= section.name == ".debug_info" && section.type != SHT_NOBITS;
    sum += std::min<uint64_t>(unpacked_size(file, section), kLargestInfo + 1);
    if (sum > kLargestInfo) {
      return fail(ErrorKind::full, "debug information: too large");
    }
  }
  if (!any) return fail(ErrorKind::not_found, "no debug information");
  return {};
}

// Where code of the DIE lies; empty for declarations.
std::vector<Range> ranges_of(Dwarf_Die& die) {
  std::vector<Range> ranges;
  Dwarf_Addr base = 0;
  Range range;
  range.die = dwarf_dieoffset(&die);
  ptrdiff_t at = 0;
  while (ranges.size() < kMostRanges &&
         (at = dwarf_ranges(&die, at, &base, &range.begin, &range.end)) > 0) {
    if (range.begin < range.end) ranges.push_back(range);
  }
  return ranges;
}

const Range* find(const std::vector<Range>& sorted, uint64_t address) {
  auto after = std::ranges::upper_bound(sorted, address, {}, &Range::begin);
  // Ranges of units and functions do not overlap in sound files; a few steps
  // back find the one around in the others.
  for (int i = 0; i < 8 && after != sorted.begin(); ++i) {
    --after;
    if (address < after->end) return &*after;
  }
  return nullptr;
}

// As the demangler shows it: what has no name stays apart from arguments.
std::string scope_name(std::string name, int tag, bool calls) {
  if (name.starts_with("<lambda") && name.ends_with('>')) {
    name.front() = '{';
    name.back() = '}';
  }
  if (!name.empty()) return name;
  if (tag == DW_TAG_namespace) return "(anonymous namespace)";
  return calls ? "{lambda}" : "{unnamed}";
}

uint32_t call_number(Dwarf_Die& die, unsigned name) {
  Dwarf_Attribute attribute;
  Dwarf_Word value = 0;
  if (dwarf_attr(&die, name, &attribute) == nullptr ||
      dwarf_formudata(&attribute, &value) != 0 || value > UINT32_MAX) {
    return 0;
  }
  return static_cast<uint32_t>(value);
}

class LibdwInfo final : public DebugInfo {
 public:
  LibdwInfo(DebugParts parts, Elf* elf, Dwarf* dwarf)
      : parts_(std::move(parts)), elf_(elf), dwarf_(dwarf) {}
  LibdwInfo(const LibdwInfo&) = delete;
  LibdwInfo& operator=(const LibdwInfo&) = delete;
  ~LibdwInfo() override {
    dwarf_end(dwarf_);
    elf_end(elf_);
  }

  void read_units() {
    Dwarf_CU* unit = nullptr;
    Dwarf_CU* next = nullptr;
    Dwarf_Die die;
    for (size_t i = 0; i < kMostUnits; ++i, unit = next) {
      if (dwarf_get_units(dwarf_, unit, &next, nullptr, nullptr, &die,
                          nullptr) != 0) {
        break;
      }
      for (const Range& range : ranges_of(die)) units_.push_back(range);
    }
    std::ranges::sort(units_, {}, &Range::begin);
  }

  std::vector<SymbolFrame> frames_at(uint64_t address) override {
    const Range* unit = find(units_, address);
    Dwarf_Die unit_die;
    if (unit == nullptr ||
        dwarf_offdie(dwarf_, unit->die, &unit_die) == nullptr) {
      return {};
    }
    parts_.need_unit(unit_die);
    const Range* function = find(functions_of(unit_die), address);
    std::vector<SymbolFrame> frames;
    Dwarf_Die die;
    if (function != nullptr &&
        dwarf_offdie(dwarf_, function->die, &die) != nullptr) {
      std::vector<Dwarf_Die> chain = {die};
      add_inlined(die, address, chain, 0);
      frames = name_chain(unit_die, chain);
    } else {
      frames.emplace_back();
    }
    set_line(unit_die, address, frames.front());
    return frames;
  }

 private:
  std::string text(const char* raw) { return parts_.text(raw); }

  // To the DIE that an attribute refers to, which may be of another unit.
  bool refer(Dwarf_Die& die, unsigned name) {
    Dwarf_Attribute attribute;
    Dwarf_Die next;
    if (dwarf_attr(&die, name, &attribute) == nullptr ||
        dwarf_formref_die(&attribute, &next) == nullptr) {
      return false;
    }
    die = next;
    parts_.need_unit(die);
    return true;
  }
  // An inlined copy tells where it was written, and that, of a member, where
  // its class declares it.
  bool refer_to_declaration(Dwarf_Die& die) {
    return refer(die, DW_AT_abstract_origin) || refer(die, DW_AT_specification);
  }
  std::string text_of(Dwarf_Die die, unsigned name) {
    for (size_t i = 0; i < kLongestChain; ++i) {
      Dwarf_Attribute attribute;
      if (dwarf_attr(&die, name, &attribute) != nullptr) {
        return text(dwarf_formstring(&attribute));
      }
      if (!refer_to_declaration(die)) break;
    }
    return {};
  }
  // "std::thread::" of a function without a linkage name, such as a constructor
  // that was inlined; empty in languages without scopes.
  std::string scope_of(Dwarf_Die& die) {
    Dwarf_Die unit;
    if (dwarf_diecu(&die, &unit, nullptr, nullptr) == nullptr) return {};
    switch (dwarf_srclang(&unit)) {
      case DW_LANG_C_plus_plus:
      case DW_LANG_C_plus_plus_11:
      case DW_LANG_C_plus_plus_14: break;
      default: return {};
    }
    Dwarf_Die declaration = die;
    for (size_t i = 0; i < kLongestChain; ++i) {
      if (!refer_to_declaration(declaration)) break;
    }
    Dwarf_Die* scopes = nullptr;
    const int count = dwarf_getscopes_die(&declaration, &scopes);
    const std::unique_ptr<Dwarf_Die, decltype(&std::free)> owner(scopes,
                                                                 &std::free);
    std::string scope;
    for (int i = 1; i < count; ++i) {
      const int tag = dwarf_tag(&scopes[i]);
      if (tag == DW_TAG_subprogram) {  // of a local class
        scope.insert(0, text_of(scopes[i], DW_AT_name) + "::");
        break;
      }
      if (tag != DW_TAG_namespace && tag != DW_TAG_class_type &&
          tag != DW_TAG_structure_type && tag != DW_TAG_union_type) {
        break;
      }
      const bool calls = text_of(declaration, DW_AT_name) == "operator()";
      scope.insert(
          0, scope_name(text_of(scopes[i], DW_AT_name), tag, calls) + "::");
    }
    return scope;
  }
  // The linkage name where there is one: it tells overloads and scopes.
  std::string function_name(Dwarf_Die& die) {
    for (const unsigned name : {DW_AT_linkage_name, DW_AT_MIPS_linkage_name}) {
      std::string linkage = text_of(die, name);
      if (!linkage.empty()) return linkage;
    }
    return scope_of(die) + text_of(die, DW_AT_name);
  }

  // All functions of a unit with code of their own, looked for once.
  const std::vector<Range>& functions_of(Dwarf_Die& unit) {
    const Dwarf_Off key = dwarf_dieoffset(&unit);
    const auto known = functions_.find(key);
    if (known != functions_.end()) return known->second;
    if (function_count_ > kMostFunctions) {
      functions_.clear();
      function_count_ = 0;
    }
    std::vector<Range> found;
    visited_ = 0;
    collect_functions(unit, found, 0);
    std::ranges::sort(found, {}, &Range::begin);
    function_count_ += found.size();
    return functions_.emplace(key, std::move(found)).first->second;
  }
  void collect_functions(Dwarf_Die& parent, std::vector<Range>& found,
                         size_t depth) {
    Dwarf_Die die;
    if (depth > kDeepestTree || dwarf_child(&parent, &die) != 0) return;
    do {
      if (++visited_ > kMostVisited) return;
      switch (dwarf_tag(&die)) {
        case DW_TAG_subprogram: {
          const std::vector<Range> ranges = ranges_of(die);
          found.insert(found.end(), ranges.begin(), ranges.end());
          collect_functions(die, found, depth + 1);  // of local classes
          break;
        }
        case DW_TAG_namespace:
        case DW_TAG_module:
        case DW_TAG_lexical_block:
        case DW_TAG_structure_type:
        case DW_TAG_class_type:
        case DW_TAG_union_type: collect_functions(die, found, depth + 1); break;
        default: break;
      }
    } while (dwarf_siblingof(&die, &die) == 0);
  }
  // Appends the inlined functions around the address, from outside in.
  void add_inlined(Dwarf_Die& parent, uint64_t address,
                   std::vector<Dwarf_Die>& chain, size_t depth) {
    Dwarf_Die die;
    if (depth > kDeepestTree || chain.size() > kMostInlines) return;
    if (dwarf_child(&parent, &die) != 0) return;
    size_t visited = 0;
    do {
      if (++visited > kMostVisited) return;
      const int tag = dwarf_tag(&die);
      if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_lexical_block) {
        continue;
      }
      if (dwarf_haspc(&die, address) != 1) continue;
      if (tag == DW_TAG_inlined_subroutine) chain.push_back(die);
      add_inlined(die, address, chain, depth + 1);
      return;
    } while (dwarf_siblingof(&die, &die) == 0);
  }
  // `chain` from outside in; the result from inside out. Where an inlined
  // function was called is told by itself and belongs to the frame around it.
  std::vector<SymbolFrame> name_chain(Dwarf_Die& unit,
                                      std::vector<Dwarf_Die>& chain) {
    std::vector<SymbolFrame> frames(chain.size());
    for (size_t i = 0; i < chain.size(); ++i) {
      SymbolFrame& frame = frames[chain.size() - 1 - i];
      frame.function = function_name(chain[i]);
      frame.inlined = i != 0;
      if (i == 0) continue;
      SymbolFrame& around = frames[chain.size() - i];
      around.line = call_number(chain[i], DW_AT_call_line);
      around.file = file_name(unit, call_number(chain[i], DW_AT_call_file));
    }
    return frames;
  }
  std::string file_name(Dwarf_Die& unit, uint32_t number) {
    Dwarf_Files* files = nullptr;
    size_t count = 0;
    if (dwarf_getsrcfiles(&unit, &files, &count) != 0 || number >= count) {
      return {};
    }
    return text(dwarf_filesrc(files, number, nullptr, nullptr));
  }
  void set_line(Dwarf_Die& unit, uint64_t address, SymbolFrame& frame) {
    Dwarf_Line* line = dwarf_getsrc_die(&unit, address);
    int number = 0;
    if (line == nullptr || dwarf_lineno(line, &number) != 0) return;
    frame.line = static_cast<uint32_t>(std::max(number, 0));
    frame.file = text(dwarf_linesrc(line, nullptr, nullptr));
  }

  DebugParts parts_;  // under the next two
  Elf* elf_;
  Dwarf* dwarf_;
  std::vector<Range> units_;
  std::map<Dwarf_Off, std::vector<Range>> functions_;  // by unit
  size_t function_count_ = 0;
  size_t visited_ = 0;
};

}  // namespace

Result<std::unique_ptr<DebugInfo>> DebugInfo::open(const ElfFile& file) {
  TIDEMARK_CHECK(check_size(file));
  elf_version(EV_CURRENT);
  TIDEMARK_TRY(DebugParts parts, DebugParts::open(file));
  Elf* elf = elf_memory(parts.bytes().data(), parts.bytes().size());
  if (elf == nullptr) {
    return fail(ErrorKind::malformed,
                fmt::format("debug information: {}", elf_errmsg(-1)));
  }
  Dwarf* dwarf = dwarf_begin_elf(elf, DWARF_C_READ, nullptr);
  if (dwarf == nullptr) {
    elf_end(elf);
    return fail(ErrorKind::malformed,
                fmt::format("debug information: {}", dwarf_errmsg(-1)));
  }
  auto info = std::make_unique<LibdwInfo>(std::move(parts), elf, dwarf);
  info->read_units();
  return info;
}

}  // namespace tidemark
