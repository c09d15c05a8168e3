#include "daemon/alert_sink.h"

#include <fmt/format.h>

#include <cmath>

#include "core/base/text.h"

namespace tidemark {
namespace {

std::string quoted(std::string_view raw) {
  std::string text = "\"";
  for (const char c : sanitize_json(raw)) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + '"';
}

}  // namespace

std::string alert_json(const Alert& alert) {
  const bool has_value = alert.value && std::isfinite(*alert.value);
  return fmt::format(
      "{{\"name\":{},\"state\":\"{}\",\"text\":{},\"value\":{},"
      "\"ends_run\":{},\"time_ns\":{},\"realtime_ns\":{},\"recording\":{},"
      "\"phase\":{}}}",
      quoted(alert.name), gate_status_name(alert.state), quoted(alert.text),
      has_value ? fmt::format("{}", *alert.value) : "null", alert.ends_run,
      to_ns(alert.time), alert.realtime_ns, quoted(alert.recording),
      quoted(alert.phase));
}

}  // namespace tidemark
