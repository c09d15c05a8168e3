#include "cli/spoken_mark.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace tidemark {
namespace {

constexpr std::array<std::string_view, 13> kVerbs = {
    "run_begin", "run_end",   "phase_begin", "phase_end", "note",
    "snapshot",  "attribute", "quiesce",     "op",        "failed",
    "counter",   "gauge",     "span"};

constexpr uint32_t kQuiesceTimeoutMs = 5000;

Status wrong(std::string what) {
  return fail(ErrorKind::usage, std::move(what));
}

Status need_name(const SpokenMark& mark) {
  return mark.name.empty() ? wrong("a name is missing") : Status();
}

Status end_run(const SpokenMark& mark, tidemark_session* session) {
  constexpr std::array<std::string_view, 4> kStatuses = {"ok", "failed",
                                                         "aborted", ""};
  const auto found = std::ranges::find(kStatuses, mark.status);
  if (found == kStatuses.end()) return wrong("not a run's status");
  const auto status = static_cast<size_t>(found - kStatuses.begin()) % 3;
  tidemark_run_end(session, static_cast<tidemark_run_status>(status));
  return {};
}

Status begin_phase(const SpokenMark& mark, tidemark_session* session) {
  TIDEMARK_CHECK(need_name(mark));
  PhaseKind kind = PhaseKind::custom;
  if (!mark.kind.empty() && !phase_kind_from_name(mark.kind.c_str(), kind)) {
    return wrong("no phase kind: " + mark.kind);
  }
  tidemark_phase_begin(session, mark.name.c_str(),
                       static_cast<tidemark_phase_kind>(kind));
  return {};
}

using Add = void (*)(tidemark_session*, tidemark_metric, uint64_t);
using Make = tidemark_metric (*)(tidemark_session*, const char*);

Status add_count(const SpokenMark& mark, tidemark_session* session, Make make,
                 Add add) {
  TIDEMARK_CHECK(need_name(mark));
  add(session, make(session, mark.name.c_str()), mark.count);
  return {};
}

Status set_gauge(const SpokenMark& mark, tidemark_session* session) {
  TIDEMARK_CHECK(need_name(mark));
  if (!std::isfinite(mark.value)) return wrong("not a finite number");
  tidemark_gauge_set(session, tidemark_gauge(session, mark.name.c_str()),
                     mark.value);
  return {};
}

Status record_span(const SpokenMark& mark, tidemark_session* session) {
  TIDEMARK_CHECK(need_name(mark));
  if (!(mark.value >= 0 && mark.value < 1e9)) return wrong("not a duration");
  const std::string& status = mark.status;
  if (!status.empty() && status != "ok" && status != "failed") {
    return wrong("ok or failed is meant");
  }
  tidemark_span_record(session, tidemark_span(session, mark.name.c_str()),
                       std::llround(mark.value * 1e9), status != "failed");
  return {};
}

Status say_text(const std::string& text, tidemark_session* session,
                void (*say)(tidemark_session*, const char*)) {
  if (text.empty()) return wrong("a text is missing");
  say(session, text.c_str());
  return {};
}

Status say_named(const SpokenMark& mark, tidemark_session* session,
                 void (*say)(tidemark_session*, const char*)) {
  TIDEMARK_CHECK(need_name(mark));
  say(session, mark.name.c_str());
  return {};
}

Status say_attribute(const SpokenMark& mark, tidemark_session* session) {
  TIDEMARK_CHECK(need_name(mark));
  tidemark_attribute(session, 0, mark.name.c_str(), mark.text.c_str());
  return {};
}

}  // namespace

std::optional<MarkVerb> mark_verb_from_name(std::string_view name) {
  const auto found = std::ranges::find(kVerbs, name);
  if (found == kVerbs.end()) return std::nullopt;
  return static_cast<MarkVerb>(found - kVerbs.begin());
}

Status speak_mark(const SpokenMark& mark, tidemark_session* session) {
  switch (mark.verb) {
    case MarkVerb::run_begin:
      return say_named(mark, session, tidemark_run_begin);
    case MarkVerb::run_end: return end_run(mark, session);
    case MarkVerb::phase_begin: return begin_phase(mark, session);
    case MarkVerb::phase_end:
      return say_named(mark, session, tidemark_phase_end_name);
    case MarkVerb::note: return say_text(mark.text, session, tidemark_note);
    case MarkVerb::snapshot: return say_named(mark, session, tidemark_snapshot);
    case MarkVerb::attribute: return say_attribute(mark, session);
    case MarkVerb::quiesce:
      tidemark_quiesce(session, kQuiesceTimeoutMs);
      return {};
    case MarkVerb::op:
      return add_count(mark, session, tidemark_op, tidemark_done);
    case MarkVerb::failed:
      return add_count(mark, session, tidemark_op, tidemark_failed);
    case MarkVerb::counter:
      return add_count(mark, session, tidemark_counter, tidemark_count);
    case MarkVerb::gauge: return set_gauge(mark, session);
    case MarkVerb::span: return record_span(mark, session);
  }
  return {};
}

}  // namespace tidemark
