#include "cli/doors/line_door.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include "cli/mark_json.h"
#include "core/base/text.h"

namespace tidemark {
namespace {

constexpr uint64_t kMostTold = 10;  // wrong lines; then only their number

// For writing too where it is a fifo: it then opens at once, and lines of many
// writers, one after another, have no end between them.
int open_input(const std::string& path) {
  struct stat status{};
  const bool fifo =
      ::stat(path.c_str(), &status) == 0 && S_ISFIFO(status.st_mode);
  return ::open(path.c_str(), (fifo ? O_RDWR : O_RDONLY) | O_CLOEXEC);
}

}  // namespace

Result<std::unique_ptr<LineDoor>> LineDoor::open(const std::string& path,
                                                 int input,
                                                 tidemark_session* session) {
  std::unique_ptr<LineDoor> door(new LineDoor(session));
  door->input_ =
      UniqueFd(path == "-" ? ::fcntl(input >= 0 ? input : STDIN_FILENO,
                                     F_DUPFD_CLOEXEC, 3)
                           : open_input(path));
  if (!door->input_.valid()) return fail_errno(path, errno);
  door->stop_ = UniqueFd(::eventfd(0, EFD_CLOEXEC));
  door->ended_ = UniqueFd(::eventfd(0, EFD_CLOEXEC));
  if (!door->stop_.valid() || !door->ended_.valid()) {
    return fail_errno("eventfd", errno);
  }
  door->thread_ = std::thread([raw = door.get()] { raw->serve(); });
  return door;
}

LineDoor::~LineDoor() {
  if (!thread_.joinable()) return;
  ::eventfd_write(stop_.get(), 1);
  thread_.join();
  if (refused_ > 0) {
    std::fprintf(stderr, "tidemark: %llu lines of marks were refused\n",
                 static_cast<unsigned long long>(refused_));
  }
}

void LineDoor::serve() {
  std::string pending;
  std::array<char, 16384> buffer;
  std::array<pollfd, 2> ready = {
      {{input_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
  while (true) {
    if (::poll(ready.data(), ready.size(), -1) < 0 && errno != EINTR) break;
    if (ready[0].revents == 0) {
      if (ready[1].revents != 0) return;
      continue;
    }
    const ssize_t n = ::read(input_.get(), buffer.data(), buffer.size());
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n <= 0) break;
    pending.append(buffer.data(), static_cast<size_t>(n));
    take(pending, false);
  }
  take(pending, true);
  ::eventfd_write(ended_.get(), 1);
}

void LineDoor::take(std::string& pending, bool at_end) {
  size_t begin = 0;
  for (size_t end = pending.find('\n'); end != std::string::npos;
       end = pending.find('\n', begin)) {
    say(pending.substr(begin, end - begin));
    begin = end + 1;
  }
  pending.erase(0, begin);
  if (at_end && !pending.empty()) say(pending);
  if (pending.size() > kLongestMarkText) {
    if (!skipping_) {
      say(pending);  // which tells that it is too long
      --line_;       // its end is still to come
    }
    skipping_ = true;
    pending.clear();
  }
}

void LineDoor::say(const std::string& line) {
  ++line_;
  if (skipping_) {
    skipping_ = false;
    return;
  }
  const Status said = line.size() > kLongestMarkText
                          ? fail(ErrorKind::usage, "the line is too long")
                          : speak_mark_text(line, session_);
  if (said || ++refused_ > kMostTold) return;
  std::fprintf(stderr, "tidemark: marks, line %llu: %s\n",
               static_cast<unsigned long long>(line_),
               sanitize_terminal(said.error().what).c_str());
}

}  // namespace tidemark
