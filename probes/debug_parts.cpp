#include "probes/debug_parts.h"

#include <dwarf.h>
#include <elf.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

namespace tidemark {
namespace {

constexpr uint64_t kHeadOfUnit = 1024;  // its header and its first DIE

bool is_one_of(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

// Sections that are small beside the rest, or of which no part can be told to
// be needed.
bool is_needed_whole(const ElfSection& section) {
  constexpr std::string_view kWhole[] = {".debug_abbrev", ".debug_line_str",
                                         ".debug_addr",   ".debug_rnglists",
                                         ".debug_ranges", ".debug_str_offsets"};
  constexpr std::string_view kParts[] = {".debug_info", ".debug_line",
                                         ".debug_str"};
  if (section.name.starts_with(".zdebug_")) return true;
  if (is_one_of(kWhole, section.name)) return true;
  return (section.flags & SHF_COMPRESSED) != 0 &&
         is_one_of(kParts, section.name);
}

}  // namespace

Result<DebugParts> DebugParts::open(const ElfFile& file) {
  TIDEMARK_TRY(DebugImage image, DebugImage::make(file));
  return DebugParts(file, std::move(image));
}

DebugParts::DebugParts(const ElfFile& file, DebugImage image)
    : image_(std::move(image)) {
  for (const ElfSection& section : file.sections()) {
    if (section.type == SHT_NOBITS) continue;
    if (is_needed_whole(section)) image_.need(section.offset, section.size);
    if ((section.flags & SHF_COMPRESSED) != 0) continue;
    if (section.name == ".debug_info") info_ = section;
    if (section.name == ".debug_line") line_ = section;
  }
  find_units();
}

void DebugParts::need_unit(Dwarf_Die& die) {
  const uint64_t offset = dwarf_dieoffset(&die);
  auto unit = std::ranges::upper_bound(units_, offset, {}, &Unit::begin);
  if (unit == units_.begin() || (--unit)->read) return;
  unit->read = true;
  image_.need(info_.offset + unit->begin, unit->size);
  Dwarf_Die first;
  Dwarf_Attribute lines;
  Dwarf_Word at = 0;
  if (dwarf_diecu(&die, &first, nullptr, nullptr) == nullptr ||
      dwarf_attr(&first, DW_AT_stmt_list, &lines) == nullptr ||
      dwarf_formudata(&lines, &at) != 0 || at >= line_.size) {
    return;
  }
  const uint64_t place = line_.offset + at;
  image_.need(place, std::min(length_at(place), line_.size - at));
}

std::string DebugParts::text(const char* raw) {
  if (raw == nullptr) return {};
  image_.need_text(raw);
  return {raw, ::strnlen(raw, DebugImage::kLongestText)};
}

// Of what begins with its length (DWARF 5, 7.4), that included.
uint64_t DebugParts::length_at(uint64_t offset) {
  const uint64_t length = image_.number(offset, 4);
  if (length != UINT32_MAX) return length + 4;
  const uint64_t longer = image_.number(offset + 4, 8);
  return longer > UINT64_MAX - 12 ? UINT64_MAX : longer + 12;
}

void DebugParts::find_units() {
  for (uint64_t at = 0; at < info_.size && units_.size() < kMostUnits;) {
    const uint64_t length = length_at(info_.offset + at);
    image_.need(info_.offset + at, std::min(length, kHeadOfUnit));
    units_.push_back({at, std::min(length, info_.size - at)});
    at += units_.back().size;
  }
}

}  // namespace tidemark
