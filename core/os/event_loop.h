// One thread's event loop: file descriptors, absolute timers, signals.
//
// epoll(7), timerfd_create(2) on CLOCK_BOOTTIME, signalfd(2). A handler runs on
// the thread that called run(); none may block. Not thread-safe: other threads
// talk to the loop through a file descriptor.
#pragma once

#include <sys/signalfd.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <unordered_map>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/os/unique_fd.h"

namespace tidemark {

class EventLoop {
 public:
  using Handler = std::function<void()>;
  using SignalHandler = std::function<void(const signalfd_siginfo&)>;

  // Error: errno of the system call that failed.
  static Result<std::unique_ptr<EventLoop>> create();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  ~EventLoop();  // restores the signal mask it changed

  // Calls `handler` whenever `fd` is readable or hung up (level-triggered).
  // The fd stays the caller's, who unwatches it before closing it.
  Status watch(int fd, Handler handler);
  void unwatch(int fd);

  // A one-shot timer; nothing happens until it is armed.
  using TimerId = size_t;
  Result<TimerId> add_timer(Handler handler);
  // Fires once at `deadline`, at once when it has passed. Arming again moves
  // it. The error is the system's and cannot happen for a valid id.
  Status arm(TimerId timer, BootTime deadline);
  Status disarm(TimerId timer);

  // Blocks these signals for this thread (threads started afterwards inherit
  // that) and hands them to `handler`. Call once, before other threads start.
  Status on_signals(std::span<const int> signals, SignalHandler handler);

  // Serves until stop(). Error: epoll_wait failed.
  Status run();
  // Serves what is ready now or becomes so within `timeout`; one round.
  Status run_once(Nanoseconds timeout);
  void stop() { stopped_ = true; }

 private:
  struct Timer {
    UniqueFd fd;
    Handler handler;
  };
  // Kept by pointer in the map so that a handler may unwatch any fd, also its
  // own, while it runs: the entry dies at the end of the round.
  struct Watch {
    Handler handler;
    bool alive = true;
  };

  explicit EventLoop(UniqueFd epoll) : epoll_(std::move(epoll)) {}
  void read_signals(const SignalHandler& handler);

  UniqueFd epoll_;
  UniqueFd signals_;
  sigset_t old_mask_{};
  bool mask_changed_ = false;
  bool stopped_ = false;
  std::unordered_map<int, std::shared_ptr<Watch>> watches_;
  std::deque<Timer> timers_;  // handlers may add timers: addresses stay
};

}  // namespace tidemark
