#include "probes/symbol_table.h"

#include <algorithm>

#include "probes/elf_functions.h"

namespace tidemark {
namespace {

// About 100 MB of names and addresses; the largest browsers have a million.
constexpr size_t kMostFunctions = 1u << 20;
constexpr size_t kLongestNames = 256u << 20;
constexpr size_t kLongestName = 4096;

}  // namespace

Status SymbolTable::add(const ElfFile& file, std::string_view table) {
  const ElfSection* section = file.section(table);
  if (section == nullptr) return {};
  return visit_functions(file, *section, [&](const ElfSymbol& symbol) {
    if (entries_.size() == kMostFunctions || names_.size() > kLongestNames) {
      return;
    }
    entries_.push_back(
        {symbol.address,
         static_cast<uint32_t>(std::min<uint64_t>(symbol.size, UINT32_MAX)),
         static_cast<uint32_t>(names_.size())});
    names_ += symbol.name.substr(0, kLongestName);
    names_ += '\0';
  });
}

void SymbolTable::sort() {
  std::ranges::stable_sort(entries_, {}, &Entry::address);
  // Of aliases the sized one is kept, then the first.
  std::vector<Entry> kept;
  kept.reserve(entries_.size());
  for (const Entry& each : entries_) {
    if (kept.empty() || kept.back().address != each.address) {
      kept.push_back(each);
    } else if (kept.back().size == 0 && each.size != 0) {
      kept.back() = each;
    }
  }
  entries_ = std::move(kept);
}

std::string_view SymbolTable::name_at(uint64_t address) const {
  auto after = std::ranges::upper_bound(entries_, address, {}, &Entry::address);
  if (after == entries_.begin()) return {};
  --after;
  if (after->size != 0 && address - after->address >= after->size) return {};
  return std::string_view(names_).data() + after->name;
}

}  // namespace tidemark
