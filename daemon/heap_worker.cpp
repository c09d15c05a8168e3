#include "daemon/heap_worker.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <utility>

namespace tidemark {
namespace {

// A held process may wait this long for its probes.
constexpr Nanoseconds kLongestHold = std::chrono::seconds(5);
constexpr int kLookForNames = 10;  // ms, while some are on their way

}  // namespace

Result<std::unique_ptr<HeapWorker>> HeapWorker::start(std::string proc,
                                                      HeapSettings settings,
                                                      const Clock& clock,
                                                      Symbolizer& symbolizer) {
  HeapTracerOptions options;
  if (settings.sample_bytes == HeapTracer::kExact) {
    options.live_blocks = 1u << 20;
  }
  TIDEMARK_TRY(auto tracer, HeapTracer::open(options));
  UniqueFd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.valid()) return fail_errno("eventfd", errno);
  std::unique_ptr<HeapWorker> worker(
      new HeapWorker(std::move(tracer), std::move(wake)));
  // Signals are the loop's.
  sigset_t all, before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  worker->thread_ =
      std::thread(&HeapWorker::run, worker.get(), std::move(proc), settings,
                  std::cref(clock), std::ref(symbolizer));
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return worker;
}

HeapWorker::HeapWorker(std::unique_ptr<HeapTracer> tracer, UniqueFd wake)
    : tracer_(std::move(tracer)), wake_(std::move(wake)) {}

HeapWorker::~HeapWorker() {
  if (!thread_.joinable()) return;
  {
    const std::scoped_lock lock(mutex_);
    stop_ = true;
  }
  ::eventfd_write(wake_.get(), 1);
  thread_.join();
}

void HeapWorker::post(Work work) {
  {
    const std::scoped_lock lock(mutex_);
    works_.push_back(std::move(work));
    ++posted_;
  }
  ::eventfd_write(wake_.get(), 1);
}

void HeapWorker::attach(Pid pid) {
  post([pid](HeapTargets& targets, HeapOutput& output) {
    targets.attach(pid, output);
  });
}

void HeapWorker::attach_held(Pid pid) {
  post([pid](HeapTargets& targets, HeapOutput& output) {
    targets.attach_held(pid, output);
  });
  wait_for(posted_, kLongestHold);
}

void HeapWorker::detach(Pid pid, std::string why) {
  post([pid, why = std::move(why)](HeapTargets& targets, HeapOutput& output) {
    targets.detach(pid, why, output);
  });
}

void HeapWorker::purge(HeapLife life) {
  post([life](HeapTargets& targets, HeapOutput&) { targets.purge(life); });
}

void HeapWorker::wait_for(uint64_t ticket, Nanoseconds limit) {
  std::unique_lock lock(mutex_);
  progress_.wait_for(lock, limit, [&] { return done_ >= ticket; });
}

void HeapWorker::settle(Nanoseconds limit) {
  post([](HeapTargets& targets, HeapOutput& output) { targets.drain(output); });
  std::unique_lock lock(mutex_);
  const uint64_t ticket = posted_;
  progress_.wait_for(lock, limit,
                     [&] { return done_ >= ticket && all_named_; });
}

HeapOutput HeapWorker::take() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(output_, {});
}

void HeapWorker::hand_over(HeapOutput& output, uint64_t done) {
  {
    const std::scoped_lock lock(mutex_);
    output_.append(output);
    done_ += done;
  }
  progress_.notify_all();
}

// False: no more.
bool HeapWorker::wait(bool busy, const HeapTargets& targets) {
  std::array<pollfd, 2> fds = {
      {{tracer_->fd(), POLLIN, 0}, {wake_.get(), POLLIN, 0}}};
  const auto period = std::chrono::duration_cast<std::chrono::milliseconds>(
      HeapTargets::kPeriod);
  const int limit = busy              ? kLookForNames
                    : targets.empty() ? -1
                                      : static_cast<int>(period.count());
  ::poll(fds.data(), fds.size(), limit);
  eventfd_t count = 0;
  ::eventfd_read(wake_.get(), &count);
  const std::scoped_lock lock(mutex_);
  return !stop_;
}

void HeapWorker::run(std::string proc, HeapSettings settings,
                     const Clock& clock, Symbolizer& symbolizer) {
  HeapTargets targets(std::move(proc), settings, *tracer_, clock, symbolizer);
  HeapOutput output;
  bool busy = false;
  while (wait(busy, targets)) {
    std::vector<Work> works;
    {
      const std::scoped_lock lock(mutex_);
      works.swap(works_);
    }
    targets.drain(output);
    for (const Work& work : works) work(targets, output);
    targets.look_if_due(output);
    busy = targets.take_names(output);
    {
      const std::scoped_lock lock(mutex_);
      all_named_ = !busy;
    }
    hand_over(output, works.size());
  }
}

}  // namespace tidemark
