// Where the calls of a function end: every `ret` that is reached from its
// entry, also in functions that it jumps to instead of calling them.
//
// A uprobe there sees the result of a function that may throw. A return probe
// must not: it puts itself in place of the return address, and an exception
// that comes by finds no way further and ends the program.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "probes/call_targets.h"
#include "probes/elf_file.h"

namespace tidemark {

// Where the object itself defines a function that it imports; nullopt: it
// does not.
using OwnSymbol = std::function<std::optional<uint64_t>(std::string_view)>;

// Addresses, ascending. Error unsupported: some way out cannot be followed (a
// jump through a table or to another object, too much code), so that results
// would be missed.
Result<std::vector<uint64_t>> find_returns(const ElfFile& file,
                                           const CallTargets& calls,
                                           const OwnSymbol& own_symbol,
                                           uint64_t entry);

}  // namespace tidemark
