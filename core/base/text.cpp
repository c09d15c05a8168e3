// First part: sanitizers and parsers follow.
#include "core/base/text.h"

namespace tidemark {

std::string sanitize_log(std::string_view raw) { return std::string(raw); }

}  // namespace tidemark
