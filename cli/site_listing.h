// The sites of a recording as a list for people: what holds memory, most first.
#pragma once

#include <cstddef>
#include <string>

#include "core/base/result.h"

namespace tidemark {

// The `most` sites with most live bytes, of all processes, by their last
// reading; each with its error of sampling and the frames that lead to it. Also
// what the probes cost, and what befell them. Errors: those of the reader.
Result<std::string> list_sites(const std::string& recording, size_t most);

}  // namespace tidemark
