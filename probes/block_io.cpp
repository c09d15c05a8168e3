#include "block_io.skel.h"
#include "probes/latency_host.h"

namespace tidemark {
namespace {

struct BlockIoCalls {
  static block_io_bpf* open() { return block_io_bpf__open(); }
  static int load(block_io_bpf* probe) { return block_io_bpf__load(probe); }
  static int attach(block_io_bpf* probe) { return block_io_bpf__attach(probe); }
  static void destroy(block_io_bpf* probe) { block_io_bpf__destroy(probe); }
};

}  // namespace

Result<std::unique_ptr<LatencyProbe>> LatencyProbe::open_block_io() {
  return LatencyOf<block_io_bpf, BlockIoCalls>::open("block_io");
}

Status check_block_io() {
  TIDEMARK_TRY(const auto probe, LatencyProbe::open_block_io());
  return {};
}

}  // namespace tidemark
