#include "cli/mark_line.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>

#include "core/model/event.h"

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

Status no_more(const Words& words) {
  if (words.empty()) return {};
  return wrong("words too many");
}

Status named(Words& words, std::string& name) {
  name = words.next();
  if (name.empty()) return wrong("a name is missing");
  return {};
}

Status say_run(Words& words, tidemark_session* session) {
  const std::string verb = words.next();
  if (verb == "begin") {
    const std::string name = words.all();
    if (name.empty()) return wrong("a name is missing");
    tidemark_run_begin(session, name.c_str());
    return {};
  }
  if (verb != "end") return wrong("run begin or run end is meant");
  constexpr std::array<std::string_view, 4> kStatuses = {"ok", "failed",
                                                         "aborted", ""};
  const auto found = std::ranges::find(kStatuses, words.next());
  if (found == kStatuses.end()) return wrong("not a run's status");
  TIDEMARK_CHECK(no_more(words));
  const auto status = static_cast<size_t>(found - kStatuses.begin()) % 3;
  tidemark_run_end(session, static_cast<tidemark_run_status>(status));
  return {};
}

Status say_phase(Words& words, tidemark_session* session) {
  const std::string verb = words.next();
  std::string name;
  TIDEMARK_CHECK(named(words, name));
  const std::string kind_word = words.next();
  TIDEMARK_CHECK(no_more(words));
  if (verb == "end" && kind_word.empty()) {
    tidemark_phase_end_name(session, name.c_str());
    return {};
  }
  if (verb != "begin") return wrong("phase begin or phase end is meant");
  PhaseKind kind = PhaseKind::custom;
  if (!kind_word.empty() && !phase_kind_from_name(kind_word.c_str(), kind)) {
    return wrong("no phase kind: " + kind_word);
  }
  tidemark_phase_begin(session, name.c_str(),
                       static_cast<tidemark_phase_kind>(kind));
  return {};
}

using Add = void (*)(tidemark_session*, tidemark_metric, uint64_t);
using Make = tidemark_metric (*)(tidemark_session*, const char*);

Status say_count(Words& words, tidemark_session* session, Make make, Add add) {
  std::string name;
  TIDEMARK_CHECK(named(words, name));
  uint64_t count = 1;
  if (!words.empty()) TIDEMARK_CHECK(parse(words.next(), count));
  TIDEMARK_CHECK(no_more(words));
  add(session, make(session, name.c_str()), count);
  return {};
}

Status say_gauge(Words& words, tidemark_session* session) {
  std::string name;
  TIDEMARK_CHECK(named(words, name));
  double value = 0;
  TIDEMARK_CHECK(parse(words.next(), value));
  TIDEMARK_CHECK(no_more(words));
  if (!std::isfinite(value)) return wrong("not a finite number");
  tidemark_gauge_set(session, tidemark_gauge(session, name.c_str()), value);
  return {};
}

Status say_span(Words& words, tidemark_session* session) {
  std::string name;
  TIDEMARK_CHECK(named(words, name));
  double seconds = 0;
  TIDEMARK_CHECK(parse(words.next(), seconds));
  const std::string status = words.next();
  TIDEMARK_CHECK(no_more(words));
  if (!(seconds >= 0 && seconds < 1e9)) return wrong("not a duration");
  if (!status.empty() && status != "ok" && status != "failed") {
    return wrong("ok or failed is meant");
  }
  tidemark_span_record(session, tidemark_span(session, name.c_str()),
                       std::llround(seconds * 1e9), status != "failed");
  return {};
}

Status say_text(Words& words, tidemark_session* session,
                void (*say)(tidemark_session*, const char*)) {
  const std::string text = words.all();
  if (text.empty()) return wrong("a text is missing");
  say(session, text.c_str());
  return {};
}

Status say_attribute(Words& words, tidemark_session* session) {
  std::string key;
  TIDEMARK_CHECK(named(words, key));
  tidemark_attribute(session, 0, key.c_str(), words.all().c_str());
  return {};
}

Status say_quiesce(Words& words, tidemark_session* session) {
  TIDEMARK_CHECK(no_more(words));
  constexpr uint32_t kTimeoutMs = 5000;
  tidemark_quiesce(session, kTimeoutMs);
  return {};
}

}  // namespace

Status speak_mark_line(std::string_view line, tidemark_session* session) {
  Words words(line);
  if (words.empty() || line.starts_with('#')) return {};
  const std::string verb = words.next();
  if (verb == "run") return say_run(words, session);
  if (verb == "phase") return say_phase(words, session);
  if (verb == "note") return say_text(words, session, tidemark_note);
  if (verb == "snapshot") return say_text(words, session, tidemark_snapshot);
  if (verb == "attribute") return say_attribute(words, session);
  if (verb == "quiesce") return say_quiesce(words, session);
  if (verb == "gauge") return say_gauge(words, session);
  if (verb == "span") return say_span(words, session);
  if (verb == "op")
    return say_count(words, session, tidemark_op, tidemark_done);
  if (verb == "failed") {
    return say_count(words, session, tidemark_op, tidemark_failed);
  }
  if (verb == "counter") {
    return say_count(words, session, tidemark_counter, tidemark_count);
  }
  return wrong("no such mark: " + verb);
}

}  // namespace tidemark
