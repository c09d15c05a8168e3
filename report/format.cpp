#include "report/format.h"

#include <array>

namespace tidemark {

#define FORMAT(name, reads, help)                               \
  Status render_##name(const ReportData&, const FormatOptions&, \
                       std::string& out);
#include "report/formats.def"
#undef FORMAT

namespace {

constexpr std::array kFormats = {
#define FORMAT(name, reads, help) \
  FormatEntry{#name, help, FormatReads::reads, render_##name},
#include "report/formats.def"
#undef FORMAT
};

}  // namespace

std::span<const FormatEntry> all_formats() { return kFormats; }

std::string format_names() {
  std::string names;
  for (const FormatEntry& entry : kFormats) {
    if (!names.empty()) names += '|';
    names += entry.name;
  }
  return names;
}

const FormatEntry* find_format(std::string_view name) {
  for (const FormatEntry& entry : kFormats) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

}  // namespace tidemark
