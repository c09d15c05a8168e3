#include "report/browser_print.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "core/os/child_process.h"
#include "core/os/file.h"
#include "report/report.h"

namespace tidemark {
namespace {

constexpr int kMostMilliseconds = 60'000;
constexpr size_t kMostBytes = 256u << 20;

// A folder of our own that is gone with everything in it.
class Folder {
 public:
  static Result<Folder> make() {
    std::error_code ignored;
    std::string path =
        std::filesystem::temp_directory_path(ignored) / "tidemark-XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) return fail_errno(path, errno);
    return Folder(std::move(path));
  }
  Folder(Folder&& other) noexcept : path_(std::move(other.path_)) {
    other.path_.clear();
  }
  ~Folder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  std::string operator/(const std::string& name) const {
    return path_ + "/" + name;
  }

 private:
  explicit Folder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

Result<std::string> find_browser() {
  for (const char* name : {"chromium", "chromium-browser", "google-chrome"}) {
    if (auto found = find_program(name)) return found;
  }
  return fail(ErrorKind::not_found,
              "no chromium in PATH: install it (apt-get install chromium), or "
              "open the html page in a browser and print it");
}

// Its wait status; io when it took too long.
Result<int> wait_for(ChildProcess& child) {
  const UniqueFd exited(
      static_cast<int>(::syscall(SYS_pidfd_open, child.pid().value, 0)));
  if (!exited.valid()) return fail_errno("pidfd_open", errno);
  pollfd poll_for{exited.get(), POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&poll_for, 1, kMostMilliseconds);
  } while (ready < 0 && errno == EINTR);
  if (ready <= 0) {
    (void)child.signal(SIGKILL);
  }
  int status = 0;
  ::waitpid(child.pid().value, &status, 0);
  child.reaped();
  if (ready <= 0) return fail(ErrorKind::io, "the browser took too long");
  return status;
}

}  // namespace

Result<std::string> print_with_browser(const std::string& page,
                                       const std::string& name,
                                       const BrowserPrint& print) {
  TIDEMARK_TRY(const std::string browser, find_browser());
  TIDEMARK_TRY(const Folder folder, Folder::make());
  const std::string source = folder / name;
  const std::string result = folder / print.result;
  TIDEMARK_CHECK(write_whole(source, page));
  // The shell takes away what the browser says of its own affairs.
  std::vector<std::string> words = {
      "/bin/sh",
      "-c",
      "exec \"$0\" \"$@\" >/dev/null 2>&1",
      browser,
      "--headless=new",
      "--disable-gpu",
      "--no-first-run",
      "--disable-sync",
      "--disable-extensions",
      "--disable-background-networking",
      "--disable-component-update",
      "--hide-scrollbars",
      "--no-pdf-header-footer",
      "--user-data-dir=" + (folder / "profile"),
      fmt::format("--window-size={},{}", print.width, print.height),
      std::string(print.option) + "=" + result};
  // Its sandbox refuses root. The page is ours and its policy lets nothing in.
  if (::geteuid() == 0) words.push_back("--no-sandbox");
  words.push_back("file://" + source);
  TIDEMARK_TRY(ChildProcess child, ChildProcess::hold(words, {}));
  TIDEMARK_CHECK(child.release());
  TIDEMARK_TRY(const int status, wait_for(child));
  std::string bytes;
  if (status == 0) {
    TIDEMARK_TRY(const std::string_view read,
                 read_file(result, bytes, kMostBytes));
    if (!read.empty()) return std::string(read);
  }
  return fail(ErrorKind::io, browser + " printed nothing");
}

}  // namespace tidemark
