#include "cli/exit_map.h"

namespace tidemark {
namespace {

constexpr int kGateFailed = 20, kLeakConfirmed = 22, kThresholdsCrossed = 99;

}  // namespace

void add_exit_map_option(CLI::App& app, std::string& map) {
  app.add_option("--exit-map", map,
                 "Other exit codes: k6 has 99 for what failed")
      ->type_name("k6")
      ->check(CLI::IsMember({"k6"}));
}

int mapped_exit_code(int code, const std::string& map) {
  const bool failed = code >= kGateFailed && code <= kLeakConfirmed;
  return map == "k6" && failed ? kThresholdsCrossed : code;
}

}  // namespace tidemark
