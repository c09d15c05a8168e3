// tidemark doors: ways in for marks, beside a daemon that runs already.
#include "cli/doors/doors.h"

#include <array>
#include <csignal>
#include <memory>

#include "cli/command.h"
#include "core/os/event_loop.h"

namespace tidemark {
namespace {

constexpr uint32_t kFlushMs = 2000;

Status serve(const DoorSettings& settings) {
  if (!settings.any()) {
    return fail(ErrorKind::usage,
                "name a door: --marks-from, --marks-datagram, --marks-http or "
                "--perfmon");
  }
  TIDEMARK_TRY(auto loop, EventLoop::create());
  constexpr std::array<int, 3> kSignals = {SIGINT, SIGTERM, SIGHUP};
  TIDEMARK_CHECK(loop->on_signals(
      kSignals, [&](const signalfd_siginfo&) { loop->stop(); }));
  TIDEMARK_TRY(const auto doors, Doors::open(settings));
  if (tidemark_connected(doors->session()) == 0) {
    return fail(ErrorKind::not_found,
                "no daemon listens; start tidemarkd, or set TIDEMARK_SOCKET");
  }
  if (doors->lines_ended() >= 0) {
    TIDEMARK_CHECK(loop->watch(doors->lines_ended(), [&] { loop->stop(); }));
  }
  const Status status = loop->run();
  tidemark_flush(doors->session(), kFlushMs);
  return status;
}

}  // namespace

void add_doors(CLI::App& app, CommandContext& context) {
  auto settings = std::make_shared<DoorSettings>();
  add_door_options(app, *settings);
  app.footer(
      "A mark over HTTP or by datagram is one line of JSON, or a line as of\n"
      "`tidemark marks`:\n"
      "  {\"mark\": \"phase_begin\", \"name\": \"steady\", \"kind\": "
      "\"steady\"}\n"
      "  {\"mark\": \"span\", \"name\": \"checkout\", \"value\": 0.25}\n"
      "All doors are on this host only. It ends with SIGINT, SIGTERM, or the\n"
      "end of --marks-from.");
  app.callback([settings, &context] {
    const Status done = serve(*settings);
    if (!done) context.exit_code = report_error("doors", done.error());
  });
}

}  // namespace tidemark
