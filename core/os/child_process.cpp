#include "core/os/child_process.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace tidemark {
namespace {

bool is_regular(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

Status check_executable(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return fail_errno(path, errno);
  if (S_ISDIR(status.st_mode)) {
    return fail(ErrorKind::permission, path + ": is a directory");
  }
  if (::access(path.c_str(), X_OK) != 0) {
    return fail(ErrorKind::permission, path + ": not executable", errno);
  }
  return {};
}

struct Pipe {
  UniqueFd read, write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno("pipe2", errno);
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

void default_signals() {
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

// In the child. Never returns.
[[noreturn]] void run_child(
    const Pipe& go, const Pipe& failed, char* const* argv,
    const std::vector<std::pair<std::string, std::string>>& environment) {
  char byte = 0;
  ssize_t n = 0;
  do {
    n = ::read(go.read.get(), &byte, 1);
  } while (n < 0 && errno == EINTR);
  if (n != 1) _exit(127);
  for (const auto& [name, value] : environment) {
    ::setenv(name.c_str(), value.c_str(), 1);
  }
  default_signals();
  ::execvp(argv[0], argv);
  const int why = errno;
  // Nobody is left to tell when this fails too.
  [[maybe_unused]] const ssize_t told =
      ::write(failed.write.get(), &why, sizeof why);
  _exit(127);
}

}  // namespace

Result<std::string> find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    TIDEMARK_CHECK(check_executable(name));
    return name;
  }
  const char* path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "/usr/bin:/bin";
  std::string refused;
  while (!name.empty() && !rest.empty()) {
    const size_t colon = rest.find(':');
    const std::string_view folder = rest.substr(0, colon);
    rest.remove_prefix(colon == std::string_view::npos ? rest.size()
                                                       : colon + 1);
    const std::string candidate =
        std::string(folder.empty() ? "." : folder) + "/" + name;
    if (!is_regular(candidate)) continue;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    refused = candidate;
  }
  if (!refused.empty()) {
    return fail(ErrorKind::permission, refused + ": not executable", EACCES);
  }
  return fail(ErrorKind::not_found, "'" + name + "': command not found");
}

Result<ChildProcess> ChildProcess::hold(
    const std::vector<std::string>& argv,
    const std::vector<std::pair<std::string, std::string>>& environment) {
  TIDEMARK_TRY(Pipe go, make_pipe());
  TIDEMARK_TRY(Pipe failed, make_pipe());
  std::vector<char*> words;
  words.reserve(argv.size() + 1);
  for (const std::string& word : argv) {
    words.push_back(const_cast<char*>(word.c_str()));
  }
  words.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) return fail_errno("fork", errno);
  if (pid == 0) {
    go.write.reset();
    failed.read.reset();
    run_child(go, failed, words.data(), environment);
  }
  ChildProcess child;
  child.pid_ = Pid{pid};
  child.name_ = argv.front();
  child.go_ = std::move(go.write);
  child.failed_ = std::move(failed.read);
  return child;
}

Status ChildProcess::release() {
  const char byte = 1;
  if (::write(go_.get(), &byte, 1) != 1) {
    return fail_errno("starting " + name_, errno);
  }
  go_.reset();
  int why = 0;
  ssize_t n = 0;
  do {
    n = ::read(failed_.get(), &why, sizeof why);
  } while (n < 0 && errno == EINTR);
  failed_.reset();
  if (n == static_cast<ssize_t>(sizeof why)) return fail_errno(name_, why);
  return {};
}

Status ChildProcess::signal(int number) {
  if (reaped_) return fail(ErrorKind::gone, name_ + " has ended");
  if (::kill(pid_.value, number) != 0) return fail_errno("kill", errno);
  return {};
}

}  // namespace tidemark
