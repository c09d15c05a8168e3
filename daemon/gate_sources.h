// Where gates come from by name: a pack, or a TOML file.
#pragma once

#include <string>
#include <vector>

#include "core/analysis/gate_file.h"
#include "core/base/result.h"

namespace tidemark {

// "default sla ci": for people.
std::string gate_pack_names();

// A pack's name, unless a file is called so. Error usage: neither; or what is
// wrong in it, and where.
Result<std::vector<Gate>> load_named_gates(const std::string& name);

}  // namespace tidemark
