// Where watched processes spend their CPU time, by call stack and phase.
#include "probes/on_cpu.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

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
    sites_.emplace(context.definer, context.roots.proc);
    return std::string("perf event cpu-clock, 49 Hz");
  }

  void phase_changed(const Cohort& cohort) override {
    if (!probe_) return;
    probe_->set_cohort(cohort.ordinal);
    sites_->phase_changed(cohort);
  }

  void process_held(ProcessKey process) override {
    const Subject* subject = probe_ ? table_->find(process) : nullptr;
    if (subject != nullptr) follow(*subject);
  }

  void finish() override {
    if (!probe_) return;
    drain();
    sites_->settle(std::chrono::seconds(2));
  }

  Status collect(const CollectRequest&, FrameBuilder& frame) override {
    if (!probe_) return {};
    const Status drained = drain();
    ++pass_;
    for (const SubjectId id : table_->watched()) {
      const Subject* subject = table_->find(id);
      if (subject != nullptr && !subject->kernel_thread) follow(*subject);
    }
    std::erase_if(followed_, [&](const auto& each) {
      const auto& [process, followed] = each;
      if (followed.pass == pass_) return false;
      probe_->forget(process.pid);
      sites_->end(followed.subject, process);
      return true;
    });
    sites_->put(frame);
    return drained;
  }

 private:
  struct Followed {
    SubjectId subject;
    uint64_t pass = 0;
  };

  void follow(const Subject& subject) {
    const auto [known, added] =
        followed_.try_emplace(subject.process, Followed{subject.id, pass_});
    known->second.pass = pass_;
    if (!added) return;
    if (!probe_->follow(subject.process)) {
      followed_.erase(known);
      return;
    }
    sites_->begin(subject.process);
  }

  Status drain() {
    return probe_->drain([this](const OnCpuStack& stack) {
      // It may have ended since, and be gone from the table.
      const auto followed = followed_.find(stack.process);
      if (followed == followed_.end()) return;
      sites_->add(followed->second.subject, SiteKind::on_cpu, stack.cohort,
                  {0, 0, stack.samples},
                  {stack.process,
                   0,
                   stack.registers,
                   stack.program_counter,
                   {stack.stack.begin(), stack.stack.end()}});
    });
  }

  ProcessTable* table_ = nullptr;
  std::unique_ptr<OnCpuProbe> probe_;
  std::optional<StackSites> sites_;
  std::map<ProcessKey, Followed> followed_;
  uint64_t pass_ = 0;
};

}  // namespace

std::unique_ptr<Collector> make_on_cpu() { return std::make_unique<OnCpu>(); }

}  // namespace tidemark
