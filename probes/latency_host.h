// The host half that all latency probes share, by their skeletons.
#pragma once

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string_view>
#include <utility>

#include "probes/latency.h"
#include "probes/latency_record.h"
#include "probes/probe_host.h"

namespace tidemark {

// The kept histogram in buckets of core/base/histogram.h.
Latency latency_from(const tidemark_latency& record);

// Calls: the skeleton's own functions open, load, attach, destroy.
template <typename Skeleton, typename Calls>
class LatencyOf final : public LatencyProbe {
 public:
  static Result<std::unique_ptr<LatencyProbe>> open(std::string_view name) {
    const ProbeLog log;
    Probe probe(Calls::open());
    if (!probe) return probe_failed(name, "opening", errno, log);
    probe->rodata->pid_namespace_inode = own_pid_namespace();
    probe->rodata->ns_per_tick =
        1'000'000'000 / static_cast<uint64_t>(::sysconf(_SC_CLK_TCK));
    if (const int error = Calls::load(probe.get()); error != 0) {
      return probe_failed(name, "loading", -error, log);
    }
    if (const int error = Calls::attach(probe.get()); error != 0) {
      return probe_failed(name, "attaching", -error, log);
    }
    return std::make_unique<LatencyOf>(std::move(probe));
  }

  struct Destroy {
    void operator()(Skeleton* probe) const { Calls::destroy(probe); }
  };
  using Probe = std::unique_ptr<Skeleton, Destroy>;
  explicit LatencyOf(Probe probe) : probe_(std::move(probe)) {}

  Status keep(LatencySubject subject, uint32_t id,
              uint64_t start_ticks) override {
    const tidemark_latency_key key = key_of(subject, id);
    tidemark_latency empty{};
    empty.start_ticks = start_ticks;
    if (bpf_map_update_elem(map(), &key, &empty, BPF_NOEXIST) != 0 &&
        errno != EEXIST) {
      return fail_errno("latencies", errno);
    }
    return {};
  }

  void drop(LatencySubject subject, uint32_t id) override {
    const tidemark_latency_key key = key_of(subject, id);
    bpf_map_delete_elem(map(), &key);
  }

  Result<Latency> read(LatencySubject subject, uint32_t id) const override {
    const tidemark_latency_key key = key_of(subject, id);
    tidemark_latency record{};
    if (bpf_map_lookup_elem(map(), &key, &record) != 0) {
      return fail(ErrorKind::gone, "its latency is not kept");
    }
    return latency_from(record);
  }

 private:
  static tidemark_latency_key key_of(LatencySubject subject, uint32_t id) {
    return {static_cast<uint32_t>(subject), id};
  }
  int map() const { return bpf_map__fd(probe_->maps.latencies); }

  Probe probe_;
};

}  // namespace tidemark
