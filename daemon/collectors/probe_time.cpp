// What the programs of the probes took, by probe: counted one tick in ten, as
// counting makes each run of a program dearer, and taken for the others.
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "daemon/collector.h"
#include "probes/program_times.h"

namespace tidemark {
namespace {

constexpr MetricSpec kTime = {
    "self.probe_time", SubjectKind::self, MetricKind::counter,
    Unit::nanoseconds,
    "Time the kernel ran a probe's programs; one tick in ten is counted."};
constexpr int kEvery = 10;  // collections

class ProbeTime final : public Collector {
 public:
  Result<std::string> start(const CollectorContext& context) override {
    // Tried with the real object; the programs are loaded by the others.
    TIDEMARK_CHECK(count_program_times());
    definer_ = &context.definer;
    clock_ = &context.clock;
    proc_ = context.roots.proc;
    metric_ = context.definer.define_metric(kTime);
    return std::string("BPF statistics, one tick in ten");
  }

  Status collect(const CollectRequest&, FrameBuilder& frame) override {
    if (counting_.valid()) stop();
    if (collections_++ % kEvery == 0) TIDEMARK_CHECK(count());
    for (const auto& [probe, ns] : times_.totals()) {
      frame.put(metric_, subject(probe), ns);
    }
    return {};
  }

 private:
  Status count() {
    TIDEMARK_TRY(counting_, count_program_times());
    begun_ = clock_->now();
    if (!last_) last_ = begun_;
    times_.begin(read_program_times(proc_));
    return {};
  }

  void stop() {
    const auto times = read_program_times(proc_);
    const BootTime now = clock_->now();
    counting_.reset();
    const auto all = std::chrono::duration<double>(now - *last_);
    const auto counted = std::chrono::duration<double>(now - begun_);
    if (all.count() > 0) times_.end(times, counted / all);
    last_ = now;
  }

  SubjectId subject(std::string_view probe) {
    const auto [at, added] = subjects_.try_emplace(probe);
    if (added) at->second = definer_->subject(SubjectKind::self, probe);
    return at->second;
  }

  Definer* definer_ = nullptr;
  const Clock* clock_ = nullptr;
  std::string proc_;
  MetricId metric_;
  UniqueFd counting_;  // open: the kernel counts
  BootTime begun_;
  std::optional<BootTime> last_;  // when counting ended
  int collections_ = 0;
  ProbeTimes times_;
  std::map<std::string_view, SubjectId> subjects_;
};

}  // namespace

std::unique_ptr<Collector> make_probe_time() {
  return std::make_unique<ProbeTime>();
}

}  // namespace tidemark
