// Result<T>: a value, or an Error that says what failed and why.
//
// Functions that can fail for a reason outside the program return Result;
// assertions are for our own bugs and never judge foreign bytes. An Error
// gains context as it rises: fail(...) at the bottom, context("...") above.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace tidemark {

enum class ErrorKind : uint8_t {
  usage,        // the caller's words are wrong: exit 64
  not_found,    // the thing does not exist
  permission,   // the kernel refused
  unsupported,  // this kernel or this build cannot
  malformed,    // foreign bytes that break their format
  io,           // read or write failed
  full,         // no space, no slot, no memory left in a bounded place
  gone,         // it existed and ended (a process, a peer)
  internal,     // our own bug: exit 70
};

struct Error {
  ErrorKind kind = ErrorKind::internal;
  int errno_value = 0;  // 0 when no system call is to blame
  std::string what;

  // The same error, told from one level up: "opening run.tmk: no such file".
  Error context(std::string_view where) && {
    what.insert(0, std::string(where) + ": ");
    return std::move(*this);
  }
};

template <typename T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

inline std::unexpected<Error> fail(ErrorKind kind, std::string what,
                                   int errno_value = 0) {
  return std::unexpected(Error{kind, errno_value, std::move(what)});
}

// fail() with the system's words for errno_value appended; maps EACCES and
// EPERM to permission, ENOENT to not_found, ENOSPC and EDQUOT to full, ESRCH
// to gone, the rest to io.
std::unexpected<Error> fail_errno(std::string what, int errno_value);

// Passes an error up, with context.
inline std::unexpected<Error> raise(Error error, std::string_view where) {
  return std::unexpected(std::move(error).context(where));
}

}  // namespace tidemark

// TIDEMARK_TRY(auto x, f()): x, or return f's error as it is.
#define TIDEMARK_TRY_CAT2(a, b) a##b
#define TIDEMARK_TRY_CAT(a, b) TIDEMARK_TRY_CAT2(a, b)
#define TIDEMARK_TRY_IMPL(tmp, declaration, expression)     \
  auto tmp = (expression);                                  \
  if (!tmp) return std::unexpected(std::move(tmp).error()); \
  declaration = std::move(*tmp)
#define TIDEMARK_TRY(declaration, expression)                               \
  TIDEMARK_TRY_IMPL(TIDEMARK_TRY_CAT(tidemark_try_, __LINE__), declaration, \
                    expression)
// TIDEMARK_CHECK(f()): go on, or return f's error as it is.
#define TIDEMARK_CHECK(expression)                                      \
  do {                                                                  \
    auto tidemark_check_status = (expression);                          \
    if (!tidemark_check_status)                                         \
      return std::unexpected(std::move(tidemark_check_status).error()); \
  } while (false)
