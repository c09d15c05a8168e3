// A time range, or a run, of a recording in parts, written as one file.
//
// Parts of one life of the daemon share their ids, so values go over as they
// are; marks that a part only restates are dropped by lane and sequence, and
// those in force where the range begins are told at its head.
#pragma once

#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"

namespace tidemark {

struct ExportRequest {
  std::string source;  // a folder of parts, or one recording
  std::string output;  // must not exist
  std::string from;    // as parse_instant understands it; "" = the begin
  std::string to;      // "" = the end
  std::string run;     // the newest run of this name, instead of the two
  bool without_sites = false;  // leaves out what allocation probes saw
};

struct ExportResult {
  size_t parts = 0;
  int64_t ticks = 0;
  int64_t events = 0;
  int64_t bytes = 0;
  std::vector<std::string> damaged;  // parts that could not be read whole
};

// Errors: usage: the range is empty, spans two lives of the daemon, or no run
// has the name; those of reading and of writing.
Result<ExportResult> export_recording(const ExportRequest& request);

// "2026-11-21T07:00:00Z" or "-90m" before the end. Since 1970; error usage.
Result<int64_t> parse_instant(const std::string& text, int64_t end_unix_ns);

}  // namespace tidemark
