#include "probes/latency_host.h"
#include "reclaim.skel.h"

namespace tidemark {
namespace {

struct ReclaimCalls {
  static reclaim_bpf* open() { return reclaim_bpf__open(); }
  static int load(reclaim_bpf* probe) { return reclaim_bpf__load(probe); }
  static int attach(reclaim_bpf* probe) { return reclaim_bpf__attach(probe); }
  static void destroy(reclaim_bpf* probe) { reclaim_bpf__destroy(probe); }
};

}  // namespace

Result<std::unique_ptr<LatencyProbe>> LatencyProbe::open_reclaim() {
  return LatencyOf<reclaim_bpf, ReclaimCalls>::open("reclaim");
}

Status check_reclaim() {
  TIDEMARK_TRY(const auto probe, LatencyProbe::open_reclaim());
  return {};
}

}  // namespace tidemark
