// Who is who: selectors pick processes, role rules name the part they play.
//
//   SEL  = KIND:PATTERN | PATTERN
//   KIND = comm | exe | cmdline | cgroup | pid | client
//
// A pattern is a glob (* and ?, '*' also crosses '/'). `exe` without a '/' in
// the pattern looks at the file's name alone; `cmdline` at the words joined by
// spaces; a bare pattern at the command's name and the executable's file name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/model/subject.h"

namespace tidemark {

struct Selector {
  enum class Kind : uint8_t { name, comm, exe, cmdline, cgroup, pid, client };
  Kind kind = Kind::name;
  std::string pattern;
  int64_t pid = 0;   // Kind::pid
  std::string text;  // as the user wrote it
};

struct RoleRule {
  std::string role;
  Selector selector;
};

// Errors: usage, with the position in `text` and the nearest kind.
Result<Selector> parse_selector(std::string_view text);
// "NAME=SEL".
Result<RoleRule> parse_role(std::string_view text);

// Whether a process is meant; `client` selectors never match here.
bool selects(const Selector& selector, const Subject& process);
bool selects_client(const Selector& selector, std::string_view client_name);

// The rules of one recording; remembers which of them ever matched.
class RoleRules {
 public:
  RoleRules() = default;
  RoleRules(std::vector<RoleRule> roles, std::vector<Selector> watch);

  // Sets role (the first rule that matches) and watched.
  void classify(Subject& process);
  // The role of a client's process: the first `client` rule that matches its
  // name, else empty.
  std::string client_role(std::string_view client_name);
  // Selectors that met no process and no client so far, as written.
  std::vector<std::string> unmatched() const;

 private:
  struct Rule {
    Selector selector;
    std::string role;  // "" = a --watch
    bool matched = false;
  };
  std::vector<Rule> rules_;
};

}  // namespace tidemark
