// Any text as a gate and as a gate file: an error of usage, or gates whose
// parts are sound and whose text reads the same again.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/analysis/gate_file.h"
#include "core/analysis/gate_metrics.h"

namespace tidemark {
namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check(std::string_view text) {
  const auto gate = parse_gate(text);
  if (!gate) {
    require(gate.error().kind == ErrorKind::usage);
    require(!gate.error().what.empty());
    return;
  }
  require(std::isfinite(gate->limit.value));
  require(gate->value.quantile >= 0 && gate->value.quantile <= 1);
  const Status checked = check_gate(*gate);
  if (!checked) return require(checked.error().kind == ErrorKind::usage);
  require(gate->value.metrics.empty() || !gate_unit(*gate).name.empty());
  const auto again = parse_gate(gate->text);
  require(again && again->limit.value == gate->limit.value);
}

}  // namespace
}  // namespace tidemark

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tidemark;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(text);
  const auto none = [](const char*) -> const char* { return nullptr; };
  const auto file = parse_gate_file(text, "fuzz", none);
  require(file || file.error().kind == ErrorKind::usage);
  return 0;
}
