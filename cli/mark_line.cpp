#include "cli/mark_line.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "cli/spoken_mark.h"

namespace tidemark {
namespace {

// The words of a line, taken from its front.
class Words {
 public:
  explicit Words(std::string_view line) : rest_(line) { skip(); }

  std::string next() {
    const size_t length = std::min(rest_.find_first_of(" \t"), rest_.size());
    std::string word(rest_.substr(0, length));
    rest_.remove_prefix(length);
    skip();
    return word;
  }
  std::string all() {
    std::string text(rest_);
    rest_ = {};
    return text;
  }
  bool empty() const { return rest_.empty(); }

 private:
  void skip() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size()));
  }
  std::string_view rest_;
};

Status wrong(std::string what) {
  return fail(ErrorKind::usage, std::move(what));
}

template <typename Number>
Status parse(const std::string& word, Number& number) {
  const char* end = word.data() + word.size();
  const auto [at, error] = std::from_chars(word.data(), end, number);
  if (error == std::errc() && at == end) return {};
  return wrong("not a number: " + word);
}

// "run begin" is the verb "run_begin".
Status read_verb(Words& words, SpokenMark& mark) {
  const std::string first = words.next();
  std::string verb = first;
  if (first == "run" || first == "phase") verb += "_" + words.next();
  const auto known = mark_verb_from_name(verb);
  if (known && first.find('_') == std::string::npos) {
    mark.verb = *known;
    return {};
  }
  if (verb != first)
    return wrong(first + " begin or " + first + " end is meant");
  return wrong("no such mark: " + first);
}

Status read_rest(Words& words, SpokenMark& mark) {
  switch (mark.verb) {
    case MarkVerb::run_begin:
    case MarkVerb::snapshot: mark.name = words.all(); return {};
    case MarkVerb::run_end: mark.status = words.next(); return {};
    case MarkVerb::note: mark.text = words.all(); return {};
    case MarkVerb::quiesce: return {};
    default: break;
  }
  mark.name = words.next();
  switch (mark.verb) {
    case MarkVerb::phase_begin: mark.kind = words.next(); return {};
    case MarkVerb::attribute: mark.text = words.all(); return {};
    case MarkVerb::op:
    case MarkVerb::failed:
    case MarkVerb::counter:
      return words.empty() ? Status() : parse(words.next(), mark.count);
    case MarkVerb::gauge: return parse(words.next(), mark.value);
    case MarkVerb::span:
      TIDEMARK_CHECK(parse(words.next(), mark.value));
      mark.status = words.next();
      return {};
    default: return {};
  }
}

}  // namespace

Status speak_mark_line(std::string_view line, tidemark_session* session) {
  Words words(line);
  if (words.empty() || line.starts_with('#')) return {};
  SpokenMark mark;
  TIDEMARK_CHECK(read_verb(words, mark));
  TIDEMARK_CHECK(read_rest(words, mark));
  if (!words.empty()) return wrong("words too many");
  return speak_mark(mark, session);
}

}  // namespace tidemark
