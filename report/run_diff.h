// What differs between two instants of one recording: levels of processes,
// descriptors by type, and the call stacks that hold more or less.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/model/metric.h"
#include "core/model/site.h"

namespace tidemark {

struct Instant {
  std::string name;  // as given
  BootTime time;
  double seconds = 0;  // since the recording began
};

struct LevelDiff {
  std::string metric;
  Unit unit = Unit::none;
  std::optional<double> before, after;  // absent: not read then
  double change() const { return after.value_or(0) - before.value_or(0); }
};

struct SiteDiff {
  SiteKind kind = SiteKind::none;
  StackId stack;
  std::string title;                 // raw
  std::vector<std::string> callers;  // innermost first; raw
  double bytes_before = 0, bytes_after = 0;
  double count_before = 0, count_after = 0;
};

struct ProcessDiff {
  ProcessKey key;
  std::string role, comm;
  bool is_new = false, ended = false;  // meanwhile
  std::vector<LevelDiff> levels;       // those of kDiffMetrics that were read
  std::vector<SiteDiff> sites;         // what grew most first; only changes
};

struct RunDiff {
  Instant before, after;
  std::vector<ProcessDiff> processes;  // what grew most first
};

// `before`, `after`: the name of a snapshot ("before"; the second of its name
// "before#2"), a phase's edge ("load.begin", "load#3.end"; without a number
// its first begin and last end), "begin", "end", or a time "+90s". Errors: as
// RecordingReader::open; usage: an unknown name, with those there are; the
// instants in the wrong order, or one and the same.
Result<RunDiff> diff_run(const std::string& path, std::string_view before,
                         std::string_view after);

// At most 100 columns; `all`: what did not change, too.
std::string diff_text(const RunDiff& diff, bool all);
// One object, schema_version 1.
std::string diff_json(const RunDiff& diff);

}  // namespace tidemark
