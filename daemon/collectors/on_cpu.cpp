// Where watched processes spend their CPU time, by call stack and phase.
#include "probes/on_cpu.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "daemon/followed_processes.h"
#include "daemon/process_table.h"
#include "daemon/stack_sites.h"

namespace tidemark {
namespace {

class OnCpu final : public Collector {
 public:
  Result<std::string> start(const CollectorContext& context) override {
    if (context.heap.mode == HeapMode::off) return std::string("off");
    if (context.roots.proc != Roots().proc) {
      return std::string("none: another machine's /proc");
    }
    TIDEMARK_TRY(probe_, OnCpuProbe::open());
    table_ = &context.processes;
    desk_ = &context.stacks;
    sites_.emplace(context.definer, *desk_);
    return std::string("perf event cpu-clock, 49 Hz");
  }

  void phase_changed(const Cohort& cohort) override {
    if (!probe_) return;
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
    sites_->put(frame);
    return drained;
  }

 private:
  bool begin(const Subject& subject) {
    if (!probe_->follow(subject.process)) return false;
    sites_->begin(subject.process);
    return true;
  }

  void end(ProcessKey process, SubjectId id) {
    probe_->forget(process.pid);
    sites_->end(id, process);
  }

  Status drain() {
    return probe_->drain([this](const OnCpuStack& stack) {
      const SubjectId owner = followed_.find(stack.process);
      if (!owner.valid()) return;
      sites_->add(owner, SiteKind::on_cpu, stack.cohort, {0, 0, stack.samples},
                  {stack.process,
                   0,
                   stack.registers,
                   stack.program_counter,
                   {stack.stack.begin(), stack.stack.end()}});
    });
  }

  ProcessTable* table_ = nullptr;
  StackDesk* desk_ = nullptr;
  std::unique_ptr<OnCpuProbe> probe_;
  std::optional<StackSites> sites_;
  FollowedProcesses followed_;
};

}  // namespace

std::unique_ptr<Collector> make_on_cpu() { return std::make_unique<OnCpu>(); }

}  // namespace tidemark
