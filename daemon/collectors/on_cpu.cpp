// Where watched processes spend their CPU time, by call stack and phase.
#include "probes/on_cpu.h"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/model/time_slices.h"
#include "daemon/collectors/drops.h"
#include "daemon/followed_processes.h"
#include "daemon/process_table.h"
#include "daemon/stack_sites.h"

namespace tidemark {
namespace {

// A stack that the full ring refused is counted to the process's next one; one
// that too many others wait before, to a site without a stack.
constexpr std::array<std::string_view, 2> kCauses = {"on_cpu_stacks",
                                                     "on_cpu_unwinding"};

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
    drops_.emplace(context.definer, kCauses);
    return std::string("perf event cpu-clock, 49 Hz");
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
    sites_->put(frame);
    put_drops(frame);
    return drained;
  }

 private:
  bool begin(const Subject& subject) {
    if (!probe_->follow(subject.process)) return false;
    sites_->begin(subject.process);
    return true;
  }

  void end(ProcessKey process, SubjectId id) {
    if (const auto counts = probe_->read(process.pid)) {
      no_room_of_ended_ += counts->no_room;
    }
    probe_->forget(process.pid);
    sites_->end(id, process);
  }

  void put_drops(FrameBuilder& frame) {
    int64_t no_room = no_room_of_ended_;
    followed_.for_each([&](ProcessKey process, SubjectId) {
      if (const auto counts = probe_->read(process.pid)) {
        no_room += counts->no_room;
      }
    });
    drops_->put(frame, {no_room, sites_->refused()});
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
  std::optional<Drops<kCauses.size()>> drops_;
  FollowedProcesses followed_;
  int64_t no_room_of_ended_ = 0;
};

}  // namespace

std::unique_ptr<Collector> make_on_cpu() { return std::make_unique<OnCpu>(); }

}  // namespace tidemark
