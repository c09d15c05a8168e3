// Small files read whole: /proc and /sys text, configuration.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/os/unique_fd.h"

namespace tidemark {

// Opens for reading, O_CLOEXEC. Error: errno with the path.
Result<UniqueFd> open_read(const std::string& path);
// Reads a whole file into `buffer` (reused, grown as needed, at most `limit`
// bytes; more is error `full`) and returns the part read.
Result<std::string_view> read_file(const std::string& path, std::string& buffer,
                                   size_t limit = 16u << 20);
// The same by pread(2) from offset 0 of an open fd, for kept /proc files. A
// process that ended answers ESRCH: error `gone`.
Result<std::string_view> read_fd(int fd, std::string& buffer,
                                 size_t limit = 16u << 20);

}  // namespace tidemark
