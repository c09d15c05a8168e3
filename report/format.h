// A report format: turns ReportData into text. Adding one: formats/x.cpp with
//   Status render_x(const ReportData&, const FormatOptions&, std::string& out);
// and the line FORMAT(x, figures, "what it is for") in formats.def.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace tidemark {

struct ReportData;

struct ReportFlags {
  bool strict = false;              // suspected and inconclusive count
  bool warnings_as_errors = false;  // warnings count
  bool ci = false;                  // undecided gates count
};

struct FormatOptions {
  ReportFlags flags;    // the exit code that the report names
  bool color = false;   // ANSI colours, for a terminal
  bool detail = false;  // every process and phase, where text leaves some out
  // Profiles only: what is counted (profile_kinds()), and the phase in which
  // it was born: "steady" all of its cycles, "steady#3" one; "" all.
  std::string what = "live";
  std::string phase;
  std::string chart;  // svg, png: its id in report.json; "" the culprit's
};

// What of a recording a format shows. The run over time is reduced only for
// those that draw it.
enum class FormatReads : uint8_t { figures, timeline };

struct FormatEntry {
  std::string_view name;
  std::string_view help;
  FormatReads reads;
  // Error: the options ask for what the recording does not hold (usage), or a
  // program that is needed is missing (not_found) or failed (io).
  Status (*render)(const ReportData&, const FormatOptions&, std::string& out);
};

// All of formats.def, in its order.
std::span<const FormatEntry> all_formats();
// "text|json|...".
std::string format_names();
// nullptr when there is none of this name.
const FormatEntry* find_format(std::string_view name);

}  // namespace tidemark
