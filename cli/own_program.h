// The path of the program that runs, to run it again as another's command.
#pragma once

#include <string>

#include "core/base/result.h"

namespace tidemark {

Result<std::string> own_program();

}  // namespace tidemark
