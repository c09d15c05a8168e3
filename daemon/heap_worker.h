// The heap tracer's thread: attaching, unwinding and naming take their time,
// and the loop has none.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/os/unique_fd.h"
#include "daemon/heap_output.h"
#include "daemon/heap_settings.h"
#include "daemon/heap_targets.h"
#include "probes/heap_tracer.h"

namespace tidemark {

class HeapWorker {
 public:
  // Opens the tracer and starts the thread. Error: as HeapTracer::open().
  // `symbolizer`: may be shared, outlives this.
  static Result<std::unique_ptr<HeapWorker>> start(std::string proc,
                                                   HeapSettings settings,
                                                   const Clock& clock,
                                                   Symbolizer& symbolizer);
  ~HeapWorker();  // takes all probes away
  HeapWorker(const HeapWorker&) = delete;
  HeapWorker& operator=(const HeapWorker&) = delete;

  void attach(Pid pid);
  // Returns when it is done, so that the process may begin to run.
  void attach_held(Pid pid);
  void detach(Pid pid, std::string why);
  void purge(HeapLife life);
  // Waits until all that happened before the call is in take(), names of
  // addresses too, but no longer than `limit`.
  void settle(Nanoseconds limit);
  // What was found out since the last call.
  HeapOutput take();

  // For reading rows and counts and for setting the cohort: any thread.
  HeapTracer& tracer() { return *tracer_; }

 private:
  using Work = std::function<void(HeapTargets&, HeapOutput&)>;

  HeapWorker(std::unique_ptr<HeapTracer> tracer, UniqueFd wake);
  void post(Work work);
  void wait_for(uint64_t ticket, Nanoseconds limit);
  void run(std::string proc, HeapSettings settings, const Clock& clock,
           Symbolizer& symbolizer);
  bool wait(bool busy, const HeapTargets& targets);
  void hand_over(HeapOutput& output, uint64_t done);

  std::unique_ptr<HeapTracer> tracer_;
  UniqueFd wake_;  // eventfd
  std::mutex mutex_;
  std::condition_variable progress_;
  std::vector<Work> works_;
  HeapOutput output_;
  uint64_t posted_ = 0, done_ = 0;
  bool all_named_ = true;
  bool stop_ = false;
  std::thread thread_;  // last: it uses the rest
};

}  // namespace tidemark
