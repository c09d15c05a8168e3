#include <bpf/libbpf.h>

#include <cerrno>
#include <utility>

#include "probes/latency.h"
#include "probes/probe_host.h"
#include "tcp_retransmit.skel.h"

namespace tidemark {
namespace {

struct Destroy {
  void operator()(tcp_retransmit_bpf* probe) const {
    tcp_retransmit_bpf__destroy(probe);
  }
};
using Probe = std::unique_ptr<tcp_retransmit_bpf, Destroy>;

class Retransmits final : public RetransmitProbe {
 public:
  explicit Retransmits(Probe probe) : probe_(std::move(probe)) {}
  int64_t count() const override {
    return static_cast<int64_t>(probe_->bss->retransmitted);
  }

 private:
  Probe probe_;
};

}  // namespace

Result<std::unique_ptr<RetransmitProbe>> RetransmitProbe::open() {
  constexpr std::string_view kName = "tcp_retransmit";
  const ProbeLog log;
  Probe probe(tcp_retransmit_bpf__open());
  if (!probe) return probe_failed(kName, "opening", errno, log);
  if (const int error = tcp_retransmit_bpf__load(probe.get()); error != 0) {
    return probe_failed(kName, "loading", -error, log);
  }
  if (const int error = tcp_retransmit_bpf__attach(probe.get()); error != 0) {
    return probe_failed(kName, "attaching", -error, log);
  }
  return std::make_unique<Retransmits>(std::move(probe));
}

Status check_tcp_retransmit() {
  TIDEMARK_TRY(const auto probe, RetransmitProbe::open());
  return {};
}

}  // namespace tidemark
