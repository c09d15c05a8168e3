// One mark as a line of JSON, as the HTTP and datagram doors take it:
//
//   {"mark": "phase_begin", "name": "steady", "kind": "steady"}
//   {"mark": "op", "name": "request", "count": 10}
//   {"mark": "span", "name": "checkout", "value": 0.25, "status": "failed"}
//   {"mark": "note", "text": "half way"}
//
// "mark" is run_begin, run_end, phase_begin, phase_end, note, snapshot,
// attribute (text: the value), quiesce, op, failed, counter, gauge or span
// (value: seconds); the other members are those of SpokenMark.
#pragma once

#include <tidemark/tidemark.h>

#include <string_view>

#include "core/base/result.h"

namespace tidemark {

inline constexpr size_t kLongestMarkText = 8192;

// Error usage: what is wrong with it; nothing is said then.
Status speak_mark_json(std::string_view text, tidemark_session* session);
// A line of JSON, or one of the line protocol (cli/mark_line.h).
Status speak_mark_text(std::string_view text, tidemark_session* session);

}  // namespace tidemark
