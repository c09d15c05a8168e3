#include "cli/progress_line.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "core/base/text.h"

namespace tidemark {
namespace {

size_t terminal_width() {
  winsize size{};
  // Zero columns: a terminal that does not know its size.
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
    return 80;
  }
  return std::max<size_t>(size.ws_col, 20);
}

// "00:07", "1:00:00": whole seconds, so that the line does not dance.
std::string stopwatch(Nanoseconds elapsed) {
  const int64_t seconds = elapsed / std::chrono::seconds(1);
  const std::string rest =
      fmt::format("{:02}:{:02}", seconds / 60 % 60, seconds % 60);
  return seconds < 3600 ? rest : fmt::format("{}:{}", seconds / 3600, rest);
}

}  // namespace

std::string progress_text(Nanoseconds elapsed, const EngineProgress& progress,
                          size_t width) {
  std::string text = "tidemark: recording " + stopwatch(elapsed);
  if (!progress.phase.empty()) {
    text += "  " + sanitize_terminal(progress.phase);
  }
  text += fmt::format("  {} ticks  {} watched  {}", progress.ticks,
                      progress.watched,
                      format_bytes(static_cast<double>(progress.bytes)));
  if (progress.disk_full) text += "  NO SPACE LEFT";
  if (text.size() <= width) return text;
  // Not inside of a multi-byte character.
  size_t end = width;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    --end;
  }
  return text.substr(0, end);
}

std::unique_ptr<ProgressLine> ProgressLine::on_terminal(EventLoop& loop,
                                                        const Clock& clock,
                                                        const Engine& engine) {
  if (::isatty(STDERR_FILENO) == 0) return nullptr;
  return std::unique_ptr<ProgressLine>(new ProgressLine(loop, clock, engine));
}

ProgressLine::ProgressLine(EventLoop& loop, const Clock& clock,
                           const Engine& engine)
    : loop_(loop), clock_(clock), engine_(engine), begin_(clock.now()) {
  auto timer = loop_.add_timer([this] { draw(); });
  if (!timer) return;
  timer_ = *timer;
  draw();
}

ProgressLine::~ProgressLine() {
  [[maybe_unused]] const Status disarmed = loop_.disarm(timer_);
  if (drawn_) std::fputs("\r\x1b[K", stderr);
}

void ProgressLine::draw() {
  const BootTime now = clock_.now();
  const std::string text =
      progress_text(now - begin_, engine_.progress(), terminal_width() - 1);
  std::fprintf(stderr, "\r\x1b[K%s", text.c_str());
  std::fflush(stderr);
  drawn_ = true;
  [[maybe_unused]] const Status armed =
      loop_.arm(timer_, now + std::chrono::seconds(1));
}

}  // namespace tidemark
