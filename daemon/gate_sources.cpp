#include "daemon/gate_sources.h"

#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "core/os/file.h"

namespace tidemark {

std::string gate_pack_names() {
  std::string names;
  for (const GatePack& pack : gate_packs()) {
    if (!names.empty()) names += ' ';
    names += pack.name;
  }
  return names;
}

Result<std::vector<Gate>> load_named_gates(const std::string& name) {
  const auto environment = [](const char* variable) -> const char* {
    return std::getenv(variable);
  };
  const GatePack* pack = find_gate_pack(name);
  if (pack != nullptr && ::access(name.c_str(), F_OK) != 0) {
    return load_gate_pack(*pack, environment);
  }
  std::string buffer;
  const auto text = read_file(name, buffer, 1u << 20);
  if (text) return parse_gate_file(*text, name, environment);
  std::string why = text.error().what;
  if (text.error().kind == ErrorKind::not_found) {
    why += "; packs are " + gate_pack_names();
  }
  return fail(ErrorKind::usage, std::move(why));
}

}  // namespace tidemark
