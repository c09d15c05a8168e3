#include "daemon/service_arguments.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace tidemark {

const char* const kServiceUsage =
    R"(usage: tidemarkd [options]

Records what the host does until SIGTERM, into a folder of recordings that are
rotated and removed by size and age. SIGHUP reads the configuration again.

Options:
  --config FILE         A TOML file with these options
  --state-dir DIR       Where recordings are kept (default /var/lib/tidemark)
  --output FILE         One recording of this name instead, never rotated
  --socket PATH         Where clients connect (default /run/tidemark/client.sock)
  --interval TIME       Time between two ticks, 50ms to 60s (default 1s)
  --budget RATIO        CPU that sampling may use, of one core (default 1%)
  --watch SEL           Take full detail of these processes; may be repeated
  --role NAME=SEL       The part that a process plays; may be repeated
  --heap MODE           off, auto, probes or shim: trace allocations of what is watched
  --heap-sample SIZE    One sample in so many bytes (default 64KiB), or exact
  --heap-budget RATIO   CPU time of a traced process that probes may take
  --gates NAME          A pack or a TOML file of gates; may be repeated
  --on-alert COMMAND    Run this, without a shell, when a gate turns
  --webhook URL         Post JSON there when a gate turns
  --metrics ADDRESS     Serve figures to Prometheus, at 127.0.0.1:9435 say
  --rotate-size SIZE    Begin a new part beyond this size (default 64MiB)
  --rotate-age TIME     and at this age (default 1d)
  --keep-size SIZE      Remove the oldest parts beyond this in all (default 2GiB)
  --keep-age TIME       and those older than this (default 30d)
  --keep-free SIZE      and while less than this is free (default 1GiB)
  -v, --verbose         Say more; twice: everything
  -h, --help            Say this
  --version             Say which version this is

Each option has a TIDEMARK_... variable and a key of the TOML file.
)";

Result<ServiceArguments> parse_service_arguments(std::span<char* const> words) {
  ServiceArguments arguments;
  for (size_t i = 1; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (word == "-v" || word == "--verbose") {
      ++arguments.verbosity;
      continue;
    }
    if (word == "-h" || word == "--help" || word == "--version") {
      (word == "--version" ? arguments.version : arguments.help) = true;
      return arguments;
    }
    if (!word.starts_with("--")) {
      return fail(ErrorKind::usage, fmt::format("unknown word '{}'", word));
    }
    const size_t equals = word.find('=');
    const std::string origin(word.substr(0, equals));
    std::string value;
    if (equals != std::string_view::npos) {
      value = std::string(word.substr(equals + 1));
    } else if (i + 1 < words.size()) {
      value = words[++i];
    } else {
      return fail(ErrorKind::usage, origin + ": a value is missing");
    }
    std::string key = origin.substr(2);
    for (char& c : key) c = c == '-' ? '_' : c;
    if (key == "config") {
      arguments.config = value;
    } else {
      arguments.settings.push_back({key, value, origin});
    }
  }
  return arguments;
}

}  // namespace tidemark
