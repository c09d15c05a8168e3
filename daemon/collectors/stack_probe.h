// A collector whose probe counts something by call stack for the watched
// processes: it follows them, and brings the stacks to their sites.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/model/time_slices.h"
#include "daemon/collectors/drops.h"
#include "daemon/followed_processes.h"
#include "daemon/process_table.h"
#include "daemon/stack_sites.h"

namespace tidemark {

// Probe: as GrowthProbe and OnCpuProbe; Stack: what its drain() gives.
template <typename Probe, typename Stack>
class StackProbeCollector : public Collector {
 public:
  Result<std::string> start(const CollectorContext& context) override {
    if (context.heap.mode == HeapMode::off) return std::string("off");
    if (context.roots.proc != Roots().proc) {
      return std::string("none: another machine's /proc");
    }
    TIDEMARK_TRY(probe_, Probe::open());
    const std::string from = source(context);
    table_ = &context.processes;
    desk_ = &context.stacks;
    sites_.emplace(context.definer, *desk_);
    drops_.emplace(context.definer, causes_);
    return from;
  }

  void phase_changed(const Cohort& cohort) override {
    // Slices of time tell what stays, and nothing given back is seen here.
    if (!probe_ || is_time_slice(cohort.ordinal)) return;
    probe_->set_cohort(cohort.ordinal);
    sites_->phase_changed(cohort);
  }

  void process_held(ProcessKey process) override {
    const Subject* subject = probe_ ? table_->find(process) : nullptr;
    if (subject == nullptr) return;
    followed_.follow(*subject, [this](const Subject& s) { return begin(s); });
  }

  void finish() override {
    if (!probe_) return;
    drain();
    desk_->settle(StackDesk::kSettle);
  }

  Status collect(const CollectRequest&, FrameBuilder& frame) override {
    if (!probe_) return {};
    const Status drained = drain();
    followed_.update(
        *table_, [this](const Subject& subject) { return begin(subject); },
        [this](ProcessKey process, SubjectId id) { end(process, id); });
    followed_.for_each(
        [&](ProcessKey process, SubjectId id) { put(process, id, frame); });
    sites_->put(frame);
    put_drops(frame);
    return drained;
  }

 protected:
  // What a stack counts, and as what.
  struct Share {
    SiteKind kind = SiteKind::on_cpu;
    StackSites::Weight weight;
  };

  // Causes of self.dropped: stacks that found the ring full, which are counted
  // to the process's next one; and those that too many others waited before,
  // counted to a site without a stack.
  explicit StackProbeCollector(const std::array<std::string_view, 2>& causes)
      : causes_(causes) {}

  Probe& probe() { return *probe_; }

 private:
  // Where its figures come from; the probe is open.
  virtual std::string source(const CollectorContext& context) = 0;
  virtual bool follow(const Subject& subject) = 0;
  virtual Share share(const Stack& stack) const = 0;
  // Figures of a process besides its sites.
  virtual void put(ProcessKey, SubjectId, FrameBuilder&) {}

  bool begin(const Subject& subject) {
    if (!follow(subject)) return false;
    sites_->begin(subject.process);
    return true;
  }

  void end(ProcessKey process, SubjectId id) {
    no_room_of_ended_ += no_room(process);
    probe_->forget(process.pid);
    sites_->end(id, process);
  }

  int64_t no_room(ProcessKey process) const {
    const auto counts = probe_->read(process.pid);
    return counts ? counts->no_room : 0;
  }

  void put_drops(FrameBuilder& frame) {
    int64_t sum = no_room_of_ended_;
    followed_.for_each(
        [&](ProcessKey process, SubjectId) { sum += no_room(process); });
    drops_->put(frame, {sum, sites_->refused()});
  }

  Status drain() {
    return probe_->drain([this](const Stack& stack) {
      const SubjectId owner = followed_.find(stack.process);
      if (!owner.valid()) return;
      const Share counted = share(stack);
      sites_->add(owner, counted.kind, stack.cohort, counted.weight,
                  {stack.process,
                   0,
                   stack.registers,
                   stack.program_counter,
                   {stack.stack.begin(), stack.stack.end()}});
    });
  }

  const std::array<std::string_view, 2> causes_;
  ProcessTable* table_ = nullptr;
  StackDesk* desk_ = nullptr;
  std::unique_ptr<Probe> probe_;
  std::optional<StackSites> sites_;
  std::optional<Drops<2>> drops_;
  FollowedProcesses followed_;
  int64_t no_room_of_ended_ = 0;
};

}  // namespace tidemark
