// --gates, --gate, --ci and what else sets the exit code: the same for every
// command that has them.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "core/analysis/gate_file.h"
#include "core/analysis/suppressions.h"
#include "report/format.h"

namespace tidemark {

struct GateArguments {
  std::vector<std::string> files;         // --gates: packs or TOML files
  std::vector<std::string> expressions;   // --gate
  std::vector<std::string> suppressions;  // --suppress: TOML files
  bool ci = false;
};

void add_gate_options(CLI::App& app, GateArguments& arguments);

// --strict and --warnings-as-errors.
void add_exit_options(CLI::App& app, ReportFlags& flags);

// All of them, in the order files, expressions. Errors: usage.
Result<std::vector<Gate>> load_gates(const GateArguments& arguments);
// Errors: usage.
Result<std::vector<Suppression>> load_suppressions(
    const GateArguments& arguments);

}  // namespace tidemark
