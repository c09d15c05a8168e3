// tidemarkd: the engine as a service (daemon/service.h).
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <span>

#include "core/os/log.h"
#include "daemon/service.h"
#include "daemon/service_arguments.h"

namespace tidemark {
namespace {

constexpr int kExitUsage = 64;
constexpr int kExitInternal = 70;

int report(const Error& error) {
  log_error(error.what);
  const bool usage =
      error.kind == ErrorKind::usage || error.kind == ErrorKind::not_found;
  return usage ? kExitUsage : kExitInternal;
}

int run(std::span<char* const> words) {
  const auto arguments = parse_service_arguments(words);
  if (!arguments) return report(arguments.error());
  if (arguments->help || arguments->version) {
    std::fputs(
        arguments->help ? kServiceUsage : "tidemarkd " TIDEMARK_VERSION "\n",
        stdout);
    return 0;
  }
  set_log_verbosity(arguments->verbosity);
  Service service([&] {
    return load_options(
        arguments->config, [](const char* name) { return std::getenv(name); },
        arguments->settings);
  });
  Status status = service.begin();
  if (!status) return report(status.error());
  status = service.serve();
  const Status ended = service.end();
  if (status) status = ended;
  return status ? 0 : report(status.error());
}

}  // namespace
}  // namespace tidemark

int main(int argc, char** argv) {
  try {
    return tidemark::run({argv, static_cast<size_t>(argc)});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tidemarkd: internal error: %s\n", error.what());
    return tidemark::kExitInternal;
  }
}
