// The command line of tidemarkd: --KEY VALUE or --KEY=VALUE, the keys being
// those of daemon/options.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "daemon/options.h"

namespace tidemark {

struct ServiceArguments {
  std::string config;  // "" = TIDEMARK_CONFIG or none
  std::vector<Setting> settings;
  int verbosity = 1;
  bool help = false;
  bool version = false;
};

extern const char* const kServiceUsage;

// Error usage: the word, and what is wrong with it. Whether a key is known is
// for load_options to say.
Result<ServiceArguments> parse_service_arguments(std::span<char* const> words);

}  // namespace tidemark
