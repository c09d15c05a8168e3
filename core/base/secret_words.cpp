#include "core/base/secret_words.h"

#include <algorithm>
#include <array>
#include <string>

namespace tidemark {
namespace {

using std::string_view;

// Names are compared without case and separators: "api-key" is "apikey".
constexpr std::array<string_view, 17> kAnywhere = {
    "password",      "passwd",     "passphrase", "secret",     "apikey",
    "accesskey",     "privatekey", "privkey",    "credential", "authkey",
    "accountkey",    "masterkey",  "signingkey", "licensekey", "storagekey",
    "encryptionkey", "sharedkey"};
constexpr std::array<string_view, 7> kAtEnd = {
    "token", "pwd", "pass", "auth", "authorization", "signature", "jwt"};
constexpr std::array<string_view, 11> kWhole = {
    "bearer", "cookie", "setcookie", "session", "sessionid", "sid",
    "sig",    "pin",    "otp",       "passin",  "passout"};
// They say where a secret is or how to ask for it, not what it is.
constexpr std::array<string_view, 10> kHarmlessEnd = {
    "file",   "path", "dir",    "stdin",   "prompt",
    "length", "type", "policy", "timeout", "bypass"};

struct Shape {
  string_view prefix;
  size_t least;  // characters that must follow
};

constexpr std::array kShapes = {
    Shape{"AKIA", 16},     Shape{"ASIA", 16},     Shape{"AIza", 30},
    Shape{"ghp_", 20},     Shape{"gho_", 20},     Shape{"ghu_", 20},
    Shape{"ghs_", 20},     Shape{"ghr_", 20},     Shape{"github_pat_", 20},
    Shape{"glpat-", 16},   Shape{"xoxb-", 10},    Shape{"xoxp-", 10},
    Shape{"xoxa-", 10},    Shape{"xoxr-", 10},    Shape{"xoxs-", 10},
    Shape{"xapp-", 10},    Shape{"sk_live_", 10}, Shape{"sk_test_", 10},
    Shape{"rk_live_", 10}, Shape{"sk-", 20},      Shape{"npm_", 30},
    Shape{"pypi-", 30},    Shape{"dop_v1_", 30},  Shape{"SG.", 30},
    Shape{"hvs.", 20},     Shape{"ya29.", 20},    Shape{"eyJ", 20},
};

using Hides = ProgramOption::Hides;
constexpr std::array kProgramOptions = {
    ProgramOption{"mysql", "-p", true, false},
    ProgramOption{"mariadb", "-p", true, false},
    ProgramOption{"sshpass", "-p", true, true},
    ProgramOption{"redis-", "-a", true, true},
    ProgramOption{"mongo", "-p", true, true},
    ProgramOption{"ldap", "-w", true, true},
    ProgramOption{"curl", "--user", false, true, Hides::after_colon},
    ProgramOption{"curl", "--proxy-user", false, true, Hides::after_colon},
    ProgramOption{"curl", "-u", true, true, Hides::after_colon},
    ProgramOption{"curl", "-U", true, true, Hides::after_colon},
    ProgramOption{"curl", "-b", true, true},
    ProgramOption{"lftp", "-u", true, true, Hides::after_comma},
    ProgramOption{"smbclient", "-U", true, true, Hides::after_percent},
    ProgramOption{"rpcclient", "-U", true, true, Hides::after_percent},
    ProgramOption{"login", "-p", true, true},  // docker login, az login
    ProgramOption{"zip", "-P", true, true},
    ProgramOption{"unzip", "-P", true, true},
    ProgramOption{"7z", "-p", true, false},
    ProgramOption{"ssh-keygen", "-N", true, true},
    ProgramOption{"ssh-keygen", "-P", true, true},
    ProgramOption{"openssl", "-k", false, true},
    ProgramOption{"openssl", "-K", false, true},
    ProgramOption{"mosquitto", "-P", true, true},
    ProgramOption{"ipmitool", "-P", true, true},
    ProgramOption{"snmp", "-A", true, true},
    ProgramOption{"snmp", "-X", true, true},
};

bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
         (c >= 'A' && c <= 'Z');
}

// Lower case letters and digits of a name; nothing else.
std::string folded(string_view name) {
  std::string out;
  for (const char c : name) {
    if (!is_alnum(c)) continue;
    const bool upper = c >= 'A' && c <= 'Z';
    out += upper ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

// "--no-password", "no_auth"; not "notetoken".
bool is_negated(string_view name) {
  const size_t start = name.find_first_not_of('-');
  if (start == string_view::npos) return false;
  name.remove_prefix(start);
  return name.starts_with("no-") || name.starts_with("no_");
}

constexpr string_view kKeyBegin = "-----BEGIN ";

}  // namespace

bool is_secret_name(string_view name) {
  const std::string word = folded(name);
  const auto in_word = [&](string_view s) { return word.contains(s); };
  const auto ends_word = [&](string_view s) { return word.ends_with(s); };
  if (is_negated(name) || std::ranges::any_of(kHarmlessEnd, ends_word)) {
    return false;
  }
  return std::ranges::any_of(kAnywhere, in_word) ||
         std::ranges::any_of(kAtEnd, ends_word) ||
         std::ranges::find(kWhole, word) != kWhole.end();
}

size_t credential_length(string_view text) {
  if (text.starts_with(kKeyBegin) && text.contains("PRIVATE KEY-----")) {
    return text.size();
  }
  for (const Shape& shape : kShapes) {
    if (!text.starts_with(shape.prefix)) continue;
    size_t length = shape.prefix.size();
    while (length < text.size() &&
           (is_alnum(text[length]) ||
            string_view("_-.+/=").contains(text[length]))) {
      ++length;
    }
    if (length >= shape.prefix.size() + shape.least) return length;
  }
  return 0;
}

const ProgramOption* find_program_option(string_view program,
                                         string_view word) {
  const auto applies = [&](const ProgramOption& rule) {
    if (!program.starts_with(rule.program)) return false;
    if (word == rule.option) return rule.next;
    return rule.attached && word.starts_with(rule.option);
  };
  const auto* found = std::ranges::find_if(kProgramOptions, applies);
  return found == kProgramOptions.end() ? nullptr : found;
}

bool has_program_options(string_view program) {
  return std::ranges::any_of(kProgramOptions, [&](const ProgramOption& rule) {
    return program.starts_with(rule.program);
  });
}

}  // namespace tidemark
