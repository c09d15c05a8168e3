#include "core/base/text.h"

namespace tidemark {

std::string scrub_secrets(std::string_view argv) { return std::string(argv); }

}  // namespace tidemark
