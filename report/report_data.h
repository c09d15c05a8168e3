// Everything a report says, computed once from a recording and free of any
// format: the formats (report/formats) render this and compute nothing.
//
// Texts in here are raw bytes as the programs gave them; each format passes
// them through the sanitizer of its sink.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/analysis/run_analysis.h"
#include "core/analysis/suppressions.h"
#include "core/model/dictionary.h"
#include "core/model/gate.h"
#include "core/model/stack_table.h"
#include "core/store/recording_info.h"
#include "core/store/recording_reader.h"
#include "report/timeline.h"

namespace tidemark {

struct Baseline;
struct ComparedRuns;

// Who a subject is, to a reader.
struct ProcessFacts {
  ProcessKey key;
  std::string role;  // its role, else the name it gave as a client, else comm
  std::string comm;
  std::string command;  // argv joined by spaces
};

enum class ReportStatus : uint8_t { pass, warn, fail, inconclusive };

// How many findings there are of each verdict.
struct VerdictCounts {
  int none = 0, leak = 0, suspect = 0, saturating = 0, step = 0, startup = 0,
      inconclusive = 0;
  int total() const {
    return none + leak + suspect + saturating + step + startup + inconclusive;
  }
};

struct ReportData {
  std::string path;  // of the recording, as given
  RecordingInfo info;
  bool closed = false;  // the recorder ended it in order
  std::vector<Damage> damages;

  std::string run_name;  // of all runs in it; "" when no client named one
  std::string command;   // record -- cmd, argv joined by spaces; may be empty
  int64_t begin_ns = 0, end_ns = 0;  // Unix time of the first and last reading
  // How the command ended; absent while unknown or without a command.
  std::optional<int> command_exit_code;
  std::optional<int> command_signal;
  // Why the run was ended early: a gate, or what drove it said so; "" = not.
  std::string aborted;
  std::string testbed;  // one line: processors, memory, kernel

  RunSummary summary;
  Timeline timeline;  // without charts when LoadOptions did not ask for them
  std::map<SubjectId, ProcessFacts> processes;  // those summary speaks of
  StackTable stacks;  // of the summary's sites, with the names known at its end
  // Of several recordings in one report: what each says of itself.
  std::vector<RecordingInfo> hosts;
  bool has_borrowed_phases = false;  // LoadOptions::marks
  VerdictCounts counts;
  // In the order they were given; empty when the run was held against none.
  std::vector<GateResult> gates;
  // Those that were given, also when they cover nothing.
  std::vector<SuppressionUse> suppressions;
  // Gates passed, of those decided, in percent; a warning has passed.
  std::optional<double> score;
  ReportStatus status = ReportStatus::inconclusive;
  // What a baseline of this run keeps; null unless LoadOptions asked for it.
  std::shared_ptr<const Baseline> figures;
  // This run against a baseline (report/baselines/compared_runs.h); null when
  // none was named.
  std::shared_ptr<const ComparedRuns> compared;

  const ProcessFacts& process(SubjectId id) const;
  // Unix time in ns of an instant of the recording.
  int64_t unix_ns(BootTime time) const { return info.anchor.realtime_at(time); }
  double seconds() const {
    return static_cast<double>(end_ns - begin_ns) * 1e-9;
  }
  // Bytes that should have been readable and were not (a torn tail is none).
  bool lost_data() const;
};

// Joins what the reader and the analysis found. `dictionary` must know every
// subject of the summary.
ReportData make_report(std::string path, RecordingInfo info, RunSummary summary,
                       const Dictionary& dictionary);

// Counts and status from the findings again; gates are not looked at.
void recount(ReportData& data);

// "pass", "warn", "fail", "inconclusive".
const char* report_status_name(ReportStatus status);

}  // namespace tidemark
