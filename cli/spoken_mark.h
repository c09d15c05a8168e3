// A mark as text says it, by a line or by JSON, before it is said to a session.
#pragma once

#include <tidemark/tidemark.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/model/event.h"

namespace tidemark {

enum class MarkVerb : uint8_t {
  run_begin,
  run_end,
  phase_begin,
  phase_end,
  note,
  snapshot,
  attribute,
  quiesce,
  op,
  failed,
  counter,
  gauge,
  span,
};
// "run_begin", "op", ...
std::optional<MarkVerb> mark_verb_from_name(std::string_view name);

struct SpokenMark {
  MarkVerb verb = MarkVerb::note;
  std::string name;  // of a run, phase, snapshot or metric; an attribute's key
  std::string text;  // a note's; an attribute's value
  std::string kind;  // of a phase; "" = custom
  std::string status;  // of a run: ok, failed, aborted; of a span: ok, failed
  uint64_t count = 1;  // op, failed, counter
  double value = 0;    // gauge; span: seconds
};

// Checks it, then says it to the session (which may be null). Error usage: what
// is wrong; nothing is said then.
Status speak_mark(const SpokenMark& mark, tidemark_session* session);

}  // namespace tidemark
