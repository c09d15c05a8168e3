// The report of one recording: read it, judge it, render it.
//
//   auto data = load_report("run.tmk");
//   if (data) write_report(*data, "text", options, "");
//   return exit_code(*data, flags);
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/analysis/gate_file.h"
#include "core/analysis/gates.h"
#include "core/analysis/suppressions.h"
#include "core/analysis/verdict.h"
#include "core/base/result.h"
#include "report/format.h"
#include "report/report_data.h"

namespace tidemark {

// What the charts lie over, when it is not the recording's own.
struct TimelineSpan {
  BootTime begin, end;
  Nanoseconds interval{0};
};

struct LoadOptions {
  VerdictOptions verdict;
  std::vector<Gate> gates;                // that the run is held against
  bool ci = false;                        // a gate without data fails
  std::vector<Suppression> suppressions;  // leaks that are known
  bool timeline = true;  // the run over time, which text does not show
  bool figures = false;  // ReportData::figures; change() needs them too
  // What change() compares with (core/analysis/gates.h).
  std::map<std::string, GateReference> references;
  std::optional<TimelineSpan> columns;
  // Phases of somebody else, in order of time: for a recording without any.
  std::vector<Event> marks;
  // Called now and then with the part read, 0..1; may be empty.
  std::function<void(double)> progress;
};

// Reads the whole recording and judges it. A torn or damaged one is read as
// far as it goes (ReportData::damages, closed). Errors: as
// RecordingReader::open; malformed also when it holds no reading at all.
Result<ReportData> load_report(const std::string& path,
                               const LoadOptions& options = {});

// The exit code of design part 1 for this report: 70 data was lost, 30 the
// command died of a signal, 22 a leak is confirmed, 21 worse than the baseline,
// 20 a gate failed, 12 a leak is suspected (only when strict), 11 inconclusive
// (only when strict; of gates also when ci), 10 warnings (only when they
// count), else 0.
int exit_code(const ReportData& data, const ReportFlags& flags = {});
// The same for `record -- cmd`: when no gate or finding failed (code below
// 20) and the command returned non-zero, its own code.
int exit_code_of_command(const ReportData& data, const ReportFlags& flags = {});

// Renders by the name of formats.def. Error usage: an unknown name, with the
// nearest.
Result<std::string> render_report(const ReportData& data,
                                  std::string_view format,
                                  const FormatOptions& options = {});

// Writes text to a file whole or not at all (a new file beside it, fsync,
// rename); "" or "-" is standard output. Error: io, full, permission.
Status write_whole(const std::string& path, std::string_view text);

}  // namespace tidemark
