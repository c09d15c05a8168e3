// The log: one line per call on stderr, time and level first. Text may hold
// foreign bytes; it is sanitized here, once.
#pragma once

#include <cstdint>
#include <string_view>

namespace tidemark {

enum class LogLevel : uint8_t { debug, info, warning, error };

// Lines below `level` are dropped. The default is warning: a tool that runs
// beside a program stays quiet unless something is wrong.
void set_log_level(LogLevel level);
// 0: warnings, 1: what happens, 2 and more: everything (-v, -vv).
void set_log_verbosity(int verbosity);

void log_debug(std::string_view text);
void log_info(std::string_view text);
void log_warning(std::string_view text);
void log_error(std::string_view text);

}  // namespace tidemark
