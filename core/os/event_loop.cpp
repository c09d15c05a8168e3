#include "core/os/event_loop.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

namespace tidemark {

Result<std::unique_ptr<EventLoop>> EventLoop::create() {
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.valid()) return fail_errno("epoll_create1", errno);
  return std::unique_ptr<EventLoop>(new EventLoop(std::move(epoll)));
}

EventLoop::~EventLoop() {
  if (mask_changed_) pthread_sigmask(SIG_SETMASK, &old_mask_, nullptr);
}

Status EventLoop::watch(int fd, Handler handler) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    return fail_errno("epoll_ctl", errno);
  }
  auto entry = std::make_shared<Watch>();
  entry->handler = std::move(handler);
  watches_[fd] = std::move(entry);
  return {};
}

void EventLoop::unwatch(int fd) {
  const auto found = watches_.find(fd);
  if (found == watches_.end()) return;
  found->second->alive = false;
  watches_.erase(found);
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

Result<EventLoop::TimerId> EventLoop::add_timer(Handler handler) {
  UniqueFd fd(::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!fd.valid()) return fail_errno("timerfd_create", errno);
  const TimerId id = timers_.size();
  const int raw = fd.get();
  timers_.push_back({std::move(fd), std::move(handler)});
  const auto fire = [this, id] {
    uint64_t expirations = 0;
    // EAGAIN: it was armed again between the wake-up and this read.
    if (::read(timers_[id].fd.get(), &expirations, sizeof expirations) < 0) {
      return;
    }
    timers_[id].handler();
  };
  TIDEMARK_CHECK(watch(raw, fire));
  return id;
}

Status EventLoop::arm(TimerId timer, BootTime deadline) {
  itimerspec spec{};
  // Zero would disarm: the first nanosecond after boot is as good as any past.
  const int64_t ns = std::max<int64_t>(to_ns(deadline), 1);
  spec.it_value.tv_sec = ns / 1'000'000'000;
  spec.it_value.tv_nsec = ns % 1'000'000'000;
  if (::timerfd_settime(timers_[timer].fd.get(), TFD_TIMER_ABSTIME, &spec,
                        nullptr) != 0) {
    return fail_errno("timerfd_settime", errno);
  }
  return {};
}

Status EventLoop::disarm(TimerId timer) {
  const itimerspec spec{};
  if (::timerfd_settime(timers_[timer].fd.get(), 0, &spec, nullptr) != 0) {
    return fail_errno("timerfd_settime", errno);
  }
  return {};
}

Status EventLoop::on_signals(std::span<const int> signals,
                             SignalHandler handler) {
  sigset_t mask;
  sigemptyset(&mask);
  for (const int signal : signals) sigaddset(&mask, signal);
  if (pthread_sigmask(SIG_BLOCK, &mask, &old_mask_) != 0) {
    return fail_errno("pthread_sigmask", errno);
  }
  mask_changed_ = true;
  signals_.reset(::signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals_.valid()) return fail_errno("signalfd", errno);
  return watch(signals_.get(),
               [this, handler = std::move(handler)] { read_signals(handler); });
}

void EventLoop::read_signals(const SignalHandler& handler) {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) ==
         static_cast<ssize_t>(sizeof info)) {
    handler(info);
  }
}

Status EventLoop::run() {
  stopped_ = false;
  while (!stopped_) TIDEMARK_CHECK(run_once(Nanoseconds(-1)));
  return {};
}

Status EventLoop::run_once(Nanoseconds timeout) {
  std::array<epoll_event, 32> events{};
  const auto millis =
      timeout.count() < 0
          ? -1
          : static_cast<int>((timeout.count() + 999'999) / 1'000'000);
  const int n = ::epoll_wait(epoll_.get(), events.data(),
                             static_cast<int>(events.size()), millis);
  if (n < 0 && errno != EINTR) return fail_errno("epoll_wait", errno);
  for (int i = 0; i < n && !stopped_; ++i) {
    const auto found = watches_.find(events[static_cast<size_t>(i)].data.fd);
    if (found == watches_.end()) continue;
    const std::shared_ptr<Watch> entry = found->second;
    if (entry->alive) entry->handler();
  }
  return {};
}

}  // namespace tidemark
