// A recording of several files, as the service makes it: a folder with
//   20261121T070725Z-0001.tmk  20261121T070725Z-0002.tmk  ...
// where the first word is when the daemon began (UTC), and a number says which
// part it is. Each part can be read alone; the next one is there before the one
// before it has its END, so a reader that meets END looks for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace tidemark {

struct SeriesPart {
  std::string folder;  // "" = none was written
  std::string begun;   // "20261121T070725Z"
  uint32_t number = 0;

  std::string path() const;
  SeriesPart next() const { return {folder, begun, number + 1}; }
};

// A file's path taken apart; nullopt: it is no part of a series.
std::optional<SeriesPart> parse_series_part(std::string_view path);

// The part that follows `path`, when it is a part and that file exists.
std::optional<std::string> next_part(const std::string& path);

// The first part of a series begun at this time, with a name that no file in
// `folder` has. `realtime_ns` since 1970.
SeriesPart first_part(const std::string& folder, int64_t realtime_ns);

// All parts in a folder, by beginning and number. Error: the system's.
Result<std::vector<SeriesPart>> series_parts(const std::string& folder);

}  // namespace tidemark
