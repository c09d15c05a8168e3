#include "probes/latency_host.h"
#include "run_queue.skel.h"

namespace tidemark {
namespace {

struct RunQueueCalls {
  static run_queue_bpf* open() { return run_queue_bpf__open(); }
  static int load(run_queue_bpf* probe) { return run_queue_bpf__load(probe); }
  static int attach(run_queue_bpf* probe) {
    return run_queue_bpf__attach(probe);
  }
  static void destroy(run_queue_bpf* probe) { run_queue_bpf__destroy(probe); }
};

}  // namespace

Result<std::unique_ptr<LatencyProbe>> LatencyProbe::open_run_queue() {
  return LatencyOf<run_queue_bpf, RunQueueCalls>::open("run_queue");
}

Status check_run_queue() {
  TIDEMARK_TRY(const auto probe, LatencyProbe::open_run_queue());
  return {};
}

}  // namespace tidemark
