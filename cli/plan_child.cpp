#include "cli/plan_child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "core/base/text.h"

namespace tidemark {
namespace {

constexpr size_t kKept = 1 << 20;  // of the output

struct Pipe {
  UniqueFd read, write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return fail_errno("pipe", errno);
  }
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

Result<const passwd*> find_user(const std::string& name) {
  if (name.empty()) return nullptr;
  errno = 0;
  const passwd* user = ::getpwnam(name.c_str());
  if (user != nullptr) return user;
  return fail(ErrorKind::usage, "there is no user '" + name + "'");
}

// In the child: returns the errno of what failed.
int become(const PlanCommand& command, const passwd* user) {
  if (user != nullptr && user->pw_uid != ::geteuid() &&
      (::initgroups(user->pw_name, user->pw_gid) != 0 ||
       ::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0)) {
    return errno;
  }
  // Behind the change of user, which clears it.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (!command.directory.empty() && ::chdir(command.directory.c_str()) != 0) {
    return errno;
  }
  for (const auto& [name, value] : command.environment) {
    ::setenv(name.c_str(), value.c_str(), 1);
  }
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  return 0;
}

[[noreturn]] void run_child(const PlanCommand& command, const passwd* user,
                            int output, int failed, std::vector<char*>& words) {
  ::setpgid(0, 0);
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  int why = become(command, user);
  if (why == 0) {
    ::execvp(words[0], words.data());
    why = errno;
  }
  // Nobody is left to tell when this fails too.
  [[maybe_unused]] const ssize_t told = ::write(failed, &why, sizeof why);
  ::_exit(127);
}

}  // namespace

Result<PlanChild> PlanChild::start(const PlanCommand& command) {
  TIDEMARK_TRY(const passwd* user, find_user(command.user));
  TIDEMARK_TRY(Pipe output, make_pipe());
  TIDEMARK_TRY(Pipe failed, make_pipe());
  std::vector<char*> words;
  for (const std::string& word : command.argv) {
    words.push_back(const_cast<char*>(word.c_str()));
  }
  words.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) return fail_errno("fork", errno);
  if (pid == 0) {
    run_child(command, user, output.write.get(), failed.write.get(), words);
  }
  ::setpgid(pid, pid);  // whoever is first
  failed.write.reset();
  output.write.reset();
  ::fcntl(output.read.get(), F_SETFL, O_NONBLOCK);
  PlanChild child(pid, std::move(output.read));
  int why = 0;
  ssize_t n = 0;
  do {
    n = ::read(failed.read.get(), &why, sizeof why);
  } while (n < 0 && errno == EINTR);
  if (n != static_cast<ssize_t>(sizeof why)) return child;
  child.finish();
  return fail_errno(command.argv.front(), why);
}

PlanChild::PlanChild(PlanChild&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      output_(std::move(other.output_)),
      text_(std::move(other.text_)),
      status_(other.status_) {}

PlanChild::~PlanChild() {
  if (pid_ > 0) finish();
}

void PlanChild::read_output() {
  std::array<char, 16384> buffer;
  ssize_t n = 0;
  while (output_.valid() &&
         (n = ::read(output_.get(), buffer.data(), buffer.size())) > 0) {
    text_.append(buffer.data(), static_cast<size_t>(n));
    if (text_.size() > 2 * kKept) text_.erase(0, text_.size() - kKept);
  }
  // Closed by all who had it: no more to poll for.
  if (n == 0) output_.reset();
}

std::string PlanChild::last_words() const {
  const size_t end = text_.find_last_not_of("\r\n \t");
  if (end == text_.npos) return {};
  const size_t begin = text_.find_last_of("\r\n", end);
  return text_.substr(begin == text_.npos ? 0 : begin + 1,
                      end - (begin == text_.npos ? 0 : begin + 1) + 1);
}

std::optional<int> PlanChild::ended() {
  if (status_ || pid_ <= 0) return status_;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) == pid_) {
    status_ = status;
    read_output();
  }
  return status_;
}

void PlanChild::signal(int number) {
  if (pid_ > 0 && !status_) ::kill(-pid_, number);
}

// The group's number stays its own as long as a member lives; before its
// leader is reaped nobody else can have it.
void PlanChild::finish() {
  if (!status_) {
    ::kill(-pid_, SIGKILL);
    int status = 0;
    if (::waitpid(pid_, &status, 0) == pid_) status_ = status;
  }
  read_output();
  pid_ = -1;
}

std::string wait_status_text(int status) {
  if (WIFEXITED(status)) {
    return fmt::format("exited with {}", WEXITSTATUS(status));
  }
  return fmt::format("died of signal {} ({})", WTERMSIG(status),
                     ::strsignal(WTERMSIG(status)));
}

}  // namespace tidemark
