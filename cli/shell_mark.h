// What `tidemark run`, `phase` and `mark` have in common: one mark, sent as
// the "shell" client, and the certainty that the daemon took it.
#pragma once

#include <tidemark/tidemark.h>

#include <functional>
#include <string>

#include "core/base/result.h"

namespace tidemark {

// Connects, lets `speak` make its marks, and waits (at most 2 s) until they
// are in the recording. Errors: not_found: no daemon listens, naming the
// socket and the remedy; gone: it listens but did not take the mark in time.
Status send_shell_mark(const std::function<void(tidemark_session*)>& speak);

}  // namespace tidemark
