// The sites of a recording as a list for people: what holds memory, most first.
#pragma once

#include <cstddef>
#include <string>

#include "core/base/ids.h"
#include "core/base/result.h"

namespace tidemark {

// The `most` sites with most live bytes, of all processes, by their last
// reading; each with its error of sampling and the frames that lead to it. Also
// what the probes cost, and what befell them. Errors: those of the reader.
Result<std::string> list_sites(const std::string& recording, size_t most);

// The same of one process, as its sites are at the end of what is written;
// without what befell the probes.
Result<std::string> list_sites_of(const std::string& recording,
                                  ProcessKey process, size_t most);

}  // namespace tidemark
