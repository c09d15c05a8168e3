// `tidemark top`: a recording on a terminal, live or as a replay.
#pragma once

#include <string>

#include "core/base/clock.h"
#include "core/base/result.h"

namespace tidemark {

struct TopOptions {
  std::string recording;  // empty: the newest one being written here
  std::string view;       // empty: overview
  std::string at;         // a time to begin at (time_target.h)
  std::string against;    // another recording to compare with
  std::string theme;      // empty: the saved one
  std::string filter;     // of processes
};

// Runs until the user quits; the terminal is as it was when this returns.
// Returns the signal that ended it, or 0. Errors: usage (no terminal, unknown
// view or time), not_found, and those of RecordingReader::open.
Result<int> run_top(const TopOptions& options, const Clock& clock);

// One view as plain text or as a picture, of width x height cells, whatever
// stdout is.
enum class PrintAs : uint8_t { text, svg };
Result<std::string> print_top(const TopOptions& options, int width, int height,
                              PrintAs as, const Clock& clock);

}  // namespace tidemark
