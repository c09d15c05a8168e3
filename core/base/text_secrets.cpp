// Takes secrets out of a command line before anything is written. A word is
// looked at in this order: after an option that names a secret; as an option
// or assignment of its own; as text that may hold credentials, addresses with
// passwords, or a whole script.
#include <algorithm>
#include <vector>

#include "core/base/secret_words.h"
#include "core/base/text.h"

namespace tidemark {
namespace {

using std::string_view;
using Words = std::vector<string_view>;

constexpr string_view kHidden = "***";
constexpr int kDeepestScript = 3;  // sh -c "bash -c 'mysql ...'"

bool is_name_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
         (c >= 'A' && c <= 'Z') || c == '_' || c == '-' || c == '.';
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n'; }

bool equals_ignoring_case(string_view a, string_view b) {
  return std::ranges::equal(
      a, b, [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

string_view base_name(string_view path) {
  return path.substr(path.rfind('/') + 1);
}

Words split_at_nul(string_view argv) {
  Words words;
  while (!argv.empty()) {
    const size_t end = std::min(argv.find('\0'), argv.size());
    words.push_back(argv.substr(0, end));
    argv.remove_prefix(std::min(end + 1, argv.size()));
  }
  return words;
}

// The words of a script, quotes taken off; good enough to find options in it.
Words split_like_shell(string_view script) {
  Words words;
  size_t at = 0;
  while (at < script.size()) {
    const char c = script[at];
    if (is_space(c) || c == ';' || c == '|') {
      ++at;
      continue;
    }
    const bool quoted = c == '"' || c == '\'';
    const size_t begin = quoted ? at + 1 : at;
    const size_t end =
        quoted ? script.find(c, begin) : script.find_first_of(" \t\n;|", begin);
    const size_t stop = std::min(end, script.size());
    words.push_back(script.substr(begin, stop - begin));
    at = quoted ? stop + 1 : stop;
  }
  return words;
}

class Scrubber {
 public:
  explicit Scrubber(string_view argv) : argv_(argv) {}

  std::string run() {
    scrub_words(split_at_nul(argv_), 0);
    return rebuilt();
  }

 private:
  void hide(string_view part) {
    if (!part.empty()) hidden_.push_back(part);
  }

  void scrub_words(const Words& words, int depth) {
    string_view program;
    for (size_t i = 0; i < words.size(); ++i) {
      const string_view word = words[i];
      const string_view next = i + 1 < words.size() ? words[i + 1] : "";
      if (has_program_options(base_name(word))) program = base_name(word);
      const ProgramOption* option = find_program_option(program, word);
      if (option != nullptr) {
        scrub_option(*option, word, next);
      } else if (names_next(words, i)) {
        if (!looks_like_option(next)) hide(next);
      } else if (!scrub_assignment(word)) {
        scrub_text(word, depth);
      }
    }
  }

  // "-pVALUE" and "-p VALUE" of a known program.
  void scrub_option(const ProgramOption& rule, string_view word,
                    string_view next) {
    string_view value = word.size() > rule.option.size()
                            ? word.substr(rule.option.size())
                            : next;
    if (rule.hides != ProgramOption::Hides::all) {
      const size_t mark = value.find(static_cast<char>(rule.hides));
      value = mark == string_view::npos ? "" : value.substr(mark + 1);
    }
    hide(value);
  }

  // True when the next word is the secret of this one: --password X,
  // requirepass X, SQL's PASSWORD 'X' and IDENTIFIED BY 'X', Bearer X.
  static bool names_next(const Words& words, size_t i) {
    const string_view word = words[i];
    if (word.starts_with('-')) {
      return std::ranges::all_of(word, is_name_char) && is_secret_name(word);
    }
    for (const string_view name :
         {"password", "passphrase", "requirepass", "masterauth", "bearer"}) {
      if (i > 0 && equals_ignoring_case(word, name)) return true;
    }
    return i > 0 && equals_ignoring_case(word, "by") &&
           equals_ignoring_case(words[i - 1], "identified");
  }

  static bool looks_like_option(string_view word) {
    return word.starts_with("--") || (word.starts_with('-') && word.size() < 3);
  }

  // A whole word "NAME=VALUE" or "Name: value" whose name is a secret's.
  bool scrub_assignment(string_view word) {
    const size_t mark = word.find_first_of("=:");
    if (mark == string_view::npos || mark == 0) return false;
    const string_view name = word.substr(0, mark);
    if (!std::ranges::all_of(name, is_name_char)) return false;
    string_view value = word.substr(mark + 1);
    if (!is_secret_name(name) || value.starts_with("//")) return false;
    while (value.starts_with(' ')) value.remove_prefix(1);
    if (value.starts_with('"') || value.starts_with('\'')) {
      const size_t end = value.find(value[0], 1);
      value = value.substr(1, end == string_view::npos ? end : end - 1);
    }
    hide(value);
    return true;
  }

  void scrub_text(string_view word, int depth) {
    scrub_credentials(word);
    scrub_pairs(word);
    scrub_addresses(word);
    scrub_bare_address(word);
    if (depth < kDeepestScript && std::ranges::any_of(word, is_space)) {
      scrub_words(split_like_shell(word), depth + 1);
    }
  }

  void scrub_credentials(string_view word) {
    for (size_t at = 0; at < word.size(); ++at) {
      if (at > 0 && is_name_char(word[at - 1])) continue;
      const size_t length = credential_length(word.substr(at));
      hide(word.substr(at, length));
      at += length;
    }
  }

  // name=value and "name": "value" anywhere inside: queries, connection
  // strings, JSON.
  void scrub_pairs(string_view word) {
    for (size_t mark = word.find_first_of("=:"); mark != string_view::npos;
         mark = word.find_first_of("=:", mark + 1)) {
      size_t end = mark;
      while (end > 0 && (is_space(word[end - 1]) || word[end - 1] == '"' ||
                         word[end - 1] == '\'')) {
        --end;
      }
      size_t begin = end;
      while (begin > 0 && is_name_char(word[begin - 1])) --begin;
      if (begin == end) continue;
      if (is_secret_name(word.substr(begin, end - begin))) {
        hide(value_at(word.substr(mark + 1)));
      }
    }
  }

  static string_view value_at(string_view rest) {
    while (!rest.empty() && is_space(rest[0])) rest.remove_prefix(1);
    if (rest.starts_with("//")) return "";  // "token://": a scheme
    if (rest.starts_with('"') || rest.starts_with('\'')) {
      const char quote = rest[0];
      rest.remove_prefix(1);
      return rest.substr(0, rest.find(quote));
    }
    return rest.substr(0, rest.find_first_of("&;, \t\n\"'#"));
  }

  // scheme://user:password@host, and scheme://token@host on the web.
  void scrub_addresses(string_view word) {
    constexpr string_view kMark = "://";
    for (size_t mark = word.find(kMark); mark != string_view::npos;
         mark = word.find(kMark, mark + 1)) {
      const string_view rest = word.substr(mark + kMark.size());
      const string_view whole = rest.substr(0, rest.find_first_of(" \t\n\"'"));
      string_view authority = whole.substr(0, whole.find_first_of("/?#"));
      size_t at = authority.rfind('@');
      const size_t colon = authority.find(':');
      if (at == string_view::npos && colon != string_view::npos &&
          !is_port(authority.substr(colon + 1))) {
        // A password with a bare '/', '?' or '#' in it.
        at = whole.rfind('@');
        authority = whole;
      }
      if (at == string_view::npos) continue;
      if (colon != string_view::npos && colon < at) {
        hide(authority.substr(colon + 1, at - colon - 1));
      } else if (word.substr(0, mark).contains("http")) {
        hide(authority.substr(0, at));
      }
    }
  }

  static bool is_port(string_view text) {
    return std::ranges::all_of(text,
                               [](char c) { return c >= '0' && c <= '9'; });
  }

  // user:password@host without a scheme; not image:tag@sha256:...
  void scrub_bare_address(string_view word) {
    const size_t colon = word.find(':');
    const size_t at = word.rfind('@');
    if (colon == string_view::npos || at == string_view::npos || at < colon ||
        colon == 0 || word.substr(colon).starts_with("://")) {
      return;
    }
    const bool user = std::ranges::all_of(word.substr(0, colon), is_name_char);
    const string_view password = word.substr(colon + 1, at - colon - 1);
    if (user && !word.substr(at).starts_with("@sha256") &&
        std::ranges::none_of(password, is_space)) {
      hide(password);
    }
  }

  std::string rebuilt() {
    std::ranges::sort(hidden_, std::less<>{}, &string_view::data);
    std::string out;
    const char* at = argv_.data();
    for (const string_view part : hidden_) {
      const char* end = part.data() + part.size();
      if (part.data() >= at) {
        out.append(at, part.data());
        out += kHidden;
      }
      at = std::max(at, end);
    }
    return out.append(at, argv_.data() + argv_.size());
  }

  string_view argv_;
  Words hidden_;  // parts of argv_, may overlap
};

}  // namespace

std::string scrub_secrets(string_view argv) {
  argv = argv.substr(0, kLongestCommandLine);
  return argv.empty() ? std::string() : Scrubber(argv).run();
}

}  // namespace tidemark
