// How a secret in a command line is recognised: by the name it is given to, by
// its own shape, or by the option of a program that takes one. Used by
// scrub_secrets() in text.h; prefers to hide too much.
#pragma once

#include <cstddef>
#include <string_view>

namespace tidemark {

// True for names of options, variables, headers and keys that hold a secret:
// "--db-password", "PGPASSWORD", "X-Auth-Token", "requirepass", "apiKey". False
// for those that only talk about one: "--password-file", "--no-password".
bool is_secret_name(std::string_view name);

// A stretch of text that is a credential by its shape (an AWS key id, a GitHub
// token, a JSON web token, a private key): its length at the start of `text`,
// or 0.
size_t credential_length(std::string_view text);

// An option that takes a secret only in some program.
struct ProgramOption {
  enum class Hides : char {
    all = 0,
    after_colon = ':',    // user:password
    after_percent = '%',  // user%password
    after_comma = ',',    // user,password
  };
  std::string_view program;  // the start of its name
  std::string_view option;
  bool attached;  // "-pVALUE"
  bool next;      // "-p VALUE"
  Hides hides = Hides::all;
};

// The first rule for `program` (no folder before it) that `word` starts, or
// nullptr. A word that only has the option itself matches rules with `next`.
const ProgramOption* find_program_option(std::string_view program,
                                         std::string_view word);
// True when any rule is about this program.
bool has_program_options(std::string_view program);

}  // namespace tidemark
