// Which recordings of the service are kept: rotated parts go, oldest first,
// until what is left is within the limits. A part with a file NAME.tmk.pin
// beside it stays whatever the limits say; the file's text says why.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/units.h"

namespace tidemark {

struct RetentionLimits {
  int64_t keep_bytes = int64_t{2} << 30;           // of all parts
  Nanoseconds keep_age = std::chrono::hours(720);  // since the last write
  int64_t keep_free = int64_t{1} << 30;            // on their file system

  bool operator==(const RetentionLimits&) const = default;
};

struct StoredPart {
  std::string path;
  int64_t bytes = 0;
  int64_t modified_ns = 0;  // since 1970
  bool pinned = false;
};

// The parts to remove of `parts`, oldest first; the last one is being written
// and stays. Pure: `now_ns` since 1970, `free_bytes` before anything is gone.
std::vector<size_t> parts_to_remove(std::span<const StoredPart> parts,
                                    const RetentionLimits& limits,
                                    int64_t now_ns, int64_t free_bytes);

struct RetentionResult {
  size_t removed = 0;
  int64_t bytes = 0;
  // What is left is above the limits: all of it is pinned, or being written.
  bool above = false;
};

// Reads the folder, removes. Errors: the system's, of the folder; a part that
// cannot be removed is left, and named in the error.
Result<RetentionResult> apply_retention(const std::string& folder,
                                        const RetentionLimits& limits,
                                        int64_t now_ns);

// Writes the pin of a part.
Status pin_part(const std::string& path, const std::string& why);

}  // namespace tidemark
