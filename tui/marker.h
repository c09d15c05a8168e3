// Marks typed on the screen: they go the way of every other client's.
#pragma once

#include <string>

#include "core/base/result.h"

namespace tidemark {

// Notes `text` in what is recorded behind `socket` (empty: $TIDEMARK_SOCKET,
// else the service's) and waits at most 2 s until it was taken. Errors:
// not_found: nobody listens there; gone: it was not taken in time.
Status write_mark(const std::string& socket, const std::string& text);

}  // namespace tidemark
