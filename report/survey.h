// A recording surveyed without judging it: what `info`, `list` and `verify`
// say of it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/analysis/phases.h"
#include "core/base/result.h"
#include "core/model/dictionary.h"
#include "core/store/recording_reader.h"

namespace tidemark {

struct Survey {
  std::string path;
  int64_t file_bytes = 0;
  RecordingInfo info;
  Dictionary dictionary;
  BootTime begin, end;  // first and last readable item
  int64_t ticks = 0, edges = 0, events = 0, gaps = 0, missing_ticks = 0;
  int64_t chapters = 0;
  int64_t incomplete = 0;                // frames that some sensor failed
  std::map<MetricId, int64_t> readings;  // values stored per metric
  // Stacks of sites, the files they go through, the addresses with a name.
  size_t stacks = 0, modules = 0, named = 0;
  PhaseTracker phases;
  std::vector<Damage> damages;
  bool closed = false;

  int64_t begin_unix_ns() const { return info.anchor.realtime_at(begin); }
};

// Reads the whole file. Errors: as RecordingReader::open.
Result<Survey> survey(const std::string& path);

// Paths of the recordings in a folder (*.tmk), by name; a recording's own
// path gives itself. Error: not_found, permission.
Result<std::vector<std::string>> recordings_in(const std::string& path);

// "2026-11-21 01:02:03" in UTC.
std::string format_utc(int64_t unix_ns);
// "4f3c2a10-…": the usual form.
std::string format_uuid(const std::array<uint8_t, 16>& uuid);

}  // namespace tidemark
