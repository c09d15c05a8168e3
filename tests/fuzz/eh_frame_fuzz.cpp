// Call frame information, expressions and maps of any bytes: no crash, and a
// row's views lie inside.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "probes/dwarf_expression.h"
#include "probes/eh_frame.h"
#include "probes/process_maps.h"

using namespace tidemark;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  constexpr uint64_t kAddress = 0x1000;
  const EhFrame frames = EhFrame::parse(bytes, kAddress);
  for (uint64_t address = 0; address < 0x3000; address += 7) {
    const auto row = frames.row(address);
    if (row && row->cfa_expression.size() > size) __builtin_trap();
  }
  std::array<std::optional<uint64_t>, kUnwindRegisters> registers = {};
  registers[kStackPointer] = 0x7000;
  static_cast<void>(evaluate_expression(
      bytes, registers, [](uint64_t address) { return address ^ 1; }, 5));
  if (const auto maps = parse_process_maps(bytes)) {
    ProcessMaps all;
    all.mappings = *maps;
    for (const Mapping& each : *maps) {
      if (all.find(each.begin) !=
          &all.mappings[static_cast<size_t>(&each - maps->data())]) {
        __builtin_trap();
      }
    }
  }
  return 0;
}
