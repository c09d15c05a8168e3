#include "daemon/alert_courier.h"

#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>
#include <vector>

#include "core/base/text.h"
#include "core/os/log.h"

extern char** environ;

namespace tidemark {
namespace {

// The value of a member of our own flat JSON, without quotes; escapes of \ and
// " are taken back.
std::string member(std::string_view json, std::string_view name) {
  const std::string key = fmt::format("\"{}\":", name);
  const size_t at = json.find(key);
  if (at == std::string_view::npos) return {};
  std::string_view rest = json.substr(at + key.size());
  if (!rest.starts_with('"')) {
    return std::string(rest.substr(0, rest.find_first_of(",}")));
  }
  std::string value;
  for (size_t i = 1; i < rest.size() && rest[i] != '"'; ++i) {
    if (rest[i] == '\\' && i + 1 < rest.size()) ++i;
    value += rest[i];
  }
  return value;
}

std::vector<std::string> environment_of(std::string_view json) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    all.emplace_back(*entry);
  }
  constexpr std::array<std::array<const char*, 2>, 6> kNames = {{
      {"NAME", "name"},
      {"STATE", "state"},
      {"TEXT", "text"},
      {"VALUE", "value"},
      {"RECORDING", "recording"},
      {"PHASE", "phase"},
  }};
  for (const auto& [variable, name] : kNames) {
    std::string value = member(json, name);
    std::erase(value, '\0');
    all.push_back(fmt::format("TIDEMARK_ALERT_{}={}", variable, value));
  }
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  result.reserve(words.size() + 1);
  for (std::string& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

// A file in memory that a child reads from its begin.
Result<UniqueFd> as_file(std::string_view text) {
  UniqueFd file(::memfd_create("tidemark-alert", MFD_CLOEXEC));
  if (!file.valid()) return fail_errno("memfd_create", errno);
  const std::string line = std::string(text) + "\n";
  if (::write(file.get(), line.data(), line.size()) !=
          static_cast<ssize_t>(line.size()) ||
      ::lseek(file.get(), 0, SEEK_SET) != 0) {
    return fail_errno("writing an alert", errno);
  }
  return file;
}

class Spawn {
 public:
  explicit Spawn(int stdin_fd) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_adddup2(&actions_, stdin_fd, STDIN_FILENO);
    ::posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK |
                                                 POSIX_SPAWN_SETSIGDEF |
                                                 POSIX_SPAWN_SETPGROUP);
  }
  ~Spawn() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  Spawn(const Spawn&) = delete;
  Spawn& operator=(const Spawn&) = delete;

  Result<pid_t> run(std::vector<std::string> argv,
                    std::vector<std::string> environment) {
    pid_t pid = 0;
    const int error =
        ::posix_spawnp(&pid, argv[0].c_str(), &actions_, &attributes_,
                       pointers(argv).data(), pointers(environment).data());
    if (error != 0) return fail_errno(argv[0], error);
    return pid;
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

void AlertCourier::carry(std::string_view json) {
  if (!targets_.command.empty()) {
    if (const Status status = run_command(json); !status) {
      log_warning("on_alert: " + status.error().what);
    }
  }
  if (!targets_.webhook.empty()) {
    const Status status = post_json(targets_.webhook, json, targets_.timeout);
    if (!status) log_warning("webhook: " + status.error().what);
  }
}

Status AlertCourier::run_command(std::string_view json) {
  TIDEMARK_TRY(const UniqueFd file, as_file(json));
  Spawn spawn(file.get());
  TIDEMARK_TRY(const pid_t pid,
               spawn.run(targets_.command, environment_of(json)));
  const UniqueFd ended(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  pollfd wait{ended.get(), POLLIN, 0};
  const auto milliseconds =
      static_cast<int>(targets_.timeout.count() / 1'000'000);
  const bool in_time = ended.valid() && ::poll(&wait, 1, milliseconds) > 0;
  // The group it leads: what it began ends with it.
  if (!in_time) ::kill(-pid, SIGKILL);
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (!in_time) {
    return fail(ErrorKind::io,
                fmt::format("{} took longer than {} and was killed",
                            targets_.command.front(),
                            format_duration(targets_.timeout)));
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return fail(
      ErrorKind::io,
      fmt::format("{} {} {}", targets_.command.front(),
                  WIFEXITED(status) ? "exited with" : "died of signal",
                  WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status)));
}

}  // namespace tidemark
