#include "cli/own_program.h"

#include <unistd.h>

#include <array>
#include <cerrno>

namespace tidemark {

Result<std::string> own_program() {
  std::array<char, 4096> path{};
  const ssize_t n = ::readlink("/proc/self/exe", path.data(), path.size());
  if (n <= 0) return fail_errno("/proc/self/exe", errno);
  return std::string(path.data(), static_cast<size_t>(n));
}

}  // namespace tidemark
