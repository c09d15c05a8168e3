#include "core/os/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <string>

#include "core/base/text.h"

namespace tidemark {
namespace {

spdlog::logger& logger() {
  static spdlog::logger& instance = [] -> spdlog::logger& {
    static spdlog::logger made(
        "tidemark", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made.set_pattern("tidemark %H:%M:%S.%e %l: %v");
    made.set_level(spdlog::level::warn);
    return made;
  }();
  return instance;
}

void write(spdlog::level::level_enum level, std::string_view text) {
  if (!logger().should_log(level)) return;
  logger().log(level, "{}", sanitize_log(text));
}

}  // namespace

void set_log_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return logger().set_level(spdlog::level::debug);
    case LogLevel::info: return logger().set_level(spdlog::level::info);
    case LogLevel::warning: return logger().set_level(spdlog::level::warn);
    case LogLevel::error: return logger().set_level(spdlog::level::err);
  }
}

void set_log_verbosity(int verbosity) {
  if (verbosity <= 0) return set_log_level(LogLevel::warning);
  set_log_level(verbosity == 1 ? LogLevel::info : LogLevel::debug);
}

void log_debug(std::string_view text) { write(spdlog::level::debug, text); }
void log_info(std::string_view text) { write(spdlog::level::info, text); }
void log_warning(std::string_view text) { write(spdlog::level::warn, text); }
void log_error(std::string_view text) { write(spdlog::level::err, text); }

}  // namespace tidemark
