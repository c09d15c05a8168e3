#include "cli/doors/doors.h"

#include <sys/eventfd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>

#include "core/base/text.h"
#include "core/os/log.h"

namespace tidemark {
namespace {

constexpr int kMostTold = 10;

}  // namespace

void Refusals::tell(const std::string& why) {
  if (++told_ > kMostTold) return;
  std::fprintf(stderr, "tidemark: %s mark refused: %s%s\n", door_,
               sanitize_terminal(why).c_str(),
               told_ == kMostTold ? " (no more are told)" : "");
}

void add_door_options(CLI::App& app, DoorSettings& settings) {
  app.add_option("--marks-from", settings.lines,
                 "Lines of marks (see `tidemark marks`) from a file, a fifo, "
                 "or - for standard input");
  app.add_option("--marks-datagram", settings.datagram,
                 "Take one mark per datagram on a socket at this path");
  app.add_option("--marks-http", settings.http,
                 "Take POST /v1/mark on this loopback port");
  app.add_option("--perfmon", settings.perfmon,
                 "Answer JMeter's PerfMon listener on this loopback port "
                 "(JMeter asks 4444)");
}

Result<std::unique_ptr<Doors>> Doors::open(const DoorSettings& settings) {
  std::unique_ptr<Doors> doors(new Doors);
  doors->session_ = tidemark_open("marks", 0);
  if (doors->session_ == nullptr) return fail_errno("shared memory", errno);
  TIDEMARK_CHECK(doors->open_sockets(settings));
  if (!settings.lines.empty()) {
    TIDEMARK_TRY(doors->lines_, LineDoor::open(settings.lines, settings.input,
                                               doors->session_));
  }
  return doors;
}

Status Doors::open_sockets(const DoorSettings& settings) {
  if (settings.datagram.empty() && settings.http.empty() &&
      settings.perfmon.empty()) {
    return {};
  }
  TIDEMARK_TRY(loop_, EventLoop::create());
  stop_ = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stop_.valid()) return fail_errno("eventfd", errno);
  TIDEMARK_CHECK(loop_->watch(stop_.get(), [this] { loop_->stop(); }));
  const DoorContext context{*loop_, session_};
  const auto add = [&](const std::string& where, auto make) -> Status {
    if (where.empty()) return {};
    TIDEMARK_TRY(auto door, make(where, context));
    doors_.push_back(std::move(door));
    return {};
  };
  TIDEMARK_CHECK(add(settings.datagram, open_datagram_door));
  TIDEMARK_CHECK(add(settings.http, open_http_door));
  TIDEMARK_CHECK(add(settings.perfmon, open_perfmon_door));
  thread_ = std::thread([this] {
    if (const Status status = loop_->run(); !status) {
      log_error(status.error().what);
    }
  });
  return {};
}

Doors::~Doors() {
  lines_.reset();
  if (thread_.joinable()) {
    ::eventfd_write(stop_.get(), 1);
    thread_.join();
  }
  doors_.clear();
  tidemark_close(session_);
}

}  // namespace tidemark
