// Where gates come from: expressions on the command line, TOML files, and the
// packs that are built in.
//
//   packs = ["soak"]            # gates of packs besides
//   [[gate]]
//   label = "memory"
//   expr = "max(rss_anon{role='server'}) < ${MEMORY:-1GiB}, warn 512MiB"
//   [thresholds]                # in the way of k6
//   "span.checkout" = ["p(95)<500ms", "max<2s"]
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/analysis/gate_expr.h"

namespace tidemark {

struct Gate {
  GateExpr expr;
  std::string origin;  // "gates.toml:3", "--gate", "pack default"
};

// getenv(3) or a test's; null: not set.
using VariableLookup = std::function<const char*(const char*)>;

// ${NAME} and ${NAME:-default}; "$$" is "$". Error usage: a name that is not
// set and has no default, or a brace that is never closed.
Result<std::string> replace_variables(std::string_view text,
                                      const VariableLookup& lookup);

// Replaces variables, parses and checks. Error usage, beginning with origin.
Result<Gate> make_gate(std::string_view text, std::string origin,
                       const VariableLookup& lookup);

// A file's text. Error usage: file:line and what is wrong there; a file
// without any gate is wrong too.
Result<std::vector<Gate>> parse_gate_file(std::string_view text,
                                          const std::string& file,
                                          const VariableLookup& lookup);

// Error usage: two of them that no run can pass both.
Status check_contradictions(std::span<const Gate> gates);

struct GatePack {
  std::string_view name;
  std::string_view help;
  std::string_view text;  // a gate file
};
std::span<const GatePack> gate_packs();
// nullptr when there is none of this name.
const GatePack* find_gate_pack(std::string_view name);
Result<std::vector<Gate>> load_gate_pack(const GatePack& pack,
                                         const VariableLookup& lookup);

}  // namespace tidemark
