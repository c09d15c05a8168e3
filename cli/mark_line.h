// The line protocol of `record --marks-from`: one mark per line.
//
//   run begin NAME            run end [ok|failed|aborted]
//   phase begin NAME [KIND]   phase end NAME
//   note TEXT                 snapshot NAME
//   attribute KEY VALUE       quiesce
//   op NAME [COUNT]           failed NAME [COUNT]
//   counter NAME [COUNT]      gauge NAME VALUE
//   span NAME SECONDS [ok|failed]
//
// A NAME has no spaces; the text of a note goes to the end of the line. Empty
// lines and lines that begin with # say nothing.
#pragma once

#include <tidemark/tidemark.h>

#include <string_view>

#include "core/base/result.h"

namespace tidemark {

// Says the line's mark to the session (which may be null). Errors: usage, what
// is wrong with the line; nothing is said then.
Status speak_mark_line(std::string_view line, tidemark_session* session);

}  // namespace tidemark
