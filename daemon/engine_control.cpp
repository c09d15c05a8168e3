// What is asked of the engine through the control socket: to trace the heap of
// a process for a while, and to tell what holds its memory.
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "core/base/text.h"
#include "core/os/log.h"
#include "daemon/engine_impl.h"

namespace tidemark {
namespace {

// Between two looks whether somebody who asked has gone.
constexpr Nanoseconds kLook = std::chrono::milliseconds(250);
// The writer is behind the loop by less than this, and names by more.
constexpr Nanoseconds kWritten = std::chrono::seconds(1);
constexpr size_t kMostTraces = 16;

bool is_there(const Roots& roots, Pid pid) {
  return ::access((roots.proc + "/" + std::to_string(pid.value)).c_str(),
                  F_OK) == 0;
}

}  // namespace

// Without it nobody is traced by request: said, not fatal.
void Engine::Impl::open_control() {
  if (options.control.empty()) return;
  auto desk = ControlDesk::open(options.control);
  Status status = desk ? Status() : std::unexpected(desk.error());
  if (status) {
    control = std::move(*desk);
    status = loop.watch(control->fd(), [this] { on_control(); });
  }
  if (status) {
    auto timer = loop.add_timer([this] { on_control_timer(); });
    if (timer) control_timer = *timer;
    if (!timer) status = std::unexpected(timer.error());
  }
  if (status) return;
  control.reset();
  add_event(EventKind::degraded, clock.now(), "control", status.error().what);
}

void Engine::Impl::on_control() {
  control->service(clock.now());
  const BootTime patience = clock.now() + 2 * schedule->interval();
  for (const ControlRequest& request : control->take()) {
    answer(request, patience);
  }
  end_left_traces();
}

// A process that has just begun is met by the next scan.
void Engine::Impl::answer(const ControlRequest& request, BootTime patience) {
  if (processes.find_pid(request.pid) == nullptr && clock.now() < patience &&
      is_there(options.roots, request.pid)) {
    early_requests.push_back({request, patience});
    arm_control();
    return;
  }
  if (const Status begun = begin_trace(request); !begun) {
    control->refuse(request.connection, begun.error().what);
  }
}

Status Engine::Impl::begin_trace(const ControlRequest& request) {
  const Subject* process = processes.find_pid(request.pid);
  const std::string pid = std::to_string(request.pid.value);
  if (process == nullptr) {
    return fail(ErrorKind::not_found, pid + ": no such process");
  }
  const ProcessKey key = process->process;
  TIDEMARK_CHECK(may_ask_about(request.peer, options.roots, key));
  const bool traced = std::ranges::any_of(
      traces, [&](const Trace& each) { return each.process == key; });
  if (traced) return fail(ErrorKind::full, pid + ": it is being traced");
  if (traces.size() >= kMostTraces) {
    return fail(ErrorKind::full, "too many processes are being traced");
  }
  if (!lister) {
    TIDEMARK_TRY(lister, SiteLister::start());
    TIDEMARK_CHECK(loop.watch(lister->fd(), [this] { on_listings(); }));
  }
  TIDEMARK_CHECK(sampler.trace(key, true));
  traces.push_back({request.connection, key, clock.now() + request.length});
  log_info("control: user " + std::to_string(request.peer.uid) + " traces " +
           pid);
  arm_control();
  return {};
}

// Times that are over, and whoever went away meanwhile.
void Engine::Impl::on_control_timer() {
  const BootTime now = clock.now();
  end_left_traces();
  for (const EarlyRequest& each : std::exchange(early_requests, {})) {
    if (control->waits(each.request.connection)) {
      answer(each.request, each.patience);
    }
  }
  for (Trace& trace : traces) {
    if (trace.asked || now < trace.end + kWritten) continue;
    trace.asked = true;
    lister->ask(trace.connection, recording_path(), trace.process);
  }
  if (!traces.empty() || !early_requests.empty()) arm_control();
}

void Engine::Impl::arm_control() {
  if (const auto armed = loop.arm(control_timer, clock.now() + kLook); !armed) {
    log_error(armed.error().what);
  }
}

void Engine::Impl::end_left_traces() {
  std::erase_if(traces, [this](const Trace& trace) {
    if (control->waits(trace.connection)) return false;
    static_cast<void>(sampler.trace(trace.process, false));
    return true;
  });
}

void Engine::Impl::on_listings() {
  for (SiteLister::Listing& listing : lister->take()) {
    if (listing.text) {
      control->tell(listing.token, *listing.text);
      control->finish(listing.token);
    } else {
      control->refuse(listing.token, listing.text.error().what);
    }
  }
  end_left_traces();
}

// What befalls a trace is said to who asked for it, too.
void Engine::Impl::tell_tracer(const Event& event) {
  for (const Trace& trace : traces) {
    const Subject* process = processes.find(trace.process);
    if (process == nullptr || process->id != event.subject) continue;
    control->tell(trace.connection, sanitize_terminal(event.text) + "\n");
  }
}

}  // namespace tidemark
