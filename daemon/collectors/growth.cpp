// Growth of watched processes by call stack: of their address space and of the
// anonymous memory they touched (design A1, A2). Always on where it can be.
#include "probes/growth.h"

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "core/os/file.h"
#include "daemon/collectors/metric_ids.h"
#include "daemon/process_table.h"
#include "daemon/procfs/process_statm.h"
#include "daemon/stack_sites.h"

namespace tidemark {
namespace {

constexpr MetricSpec bytes(std::string_view name, std::string_view help) {
  return {name, SubjectKind::process, MetricKind::counter, Unit::bytes, help};
}

constexpr MetricSpec kMetrics[] = {
    bytes("growth.brk_bytes", "Growth of the heap segment, by brk."),
    bytes("growth.mmap_bytes", "Growth of anonymous mappings."),
    bytes("growth.arena_bytes", "Reserved memory that was made usable."),
    bytes("growth.thread_stack_bytes", "Mappings for stacks of threads."),
    bytes("growth.stack_bytes", "Growth of the main thread's stack."),
    bytes("growth.file_bytes", "Growth of mapped files and shared memory."),
    bytes("growth.reserved_bytes", "Addresses reserved without memory."),
    bytes("growth.munmap_bytes", "Address space given back."),
    bytes("growth.fault_bytes",
          "Growth of anonymous memory, seen at one page fault in some."),
    bytes("growth.fault_heap_bytes", "The part of it in the heap segment."),
    bytes("growth.fault_stack_bytes", "The part of it in stacks."),
};
enum { kMunmap = 7, kFault, kFaultHeap, kFaultStack };
// In the order of GrowthRegion.
static_assert(kMunmap == kGrowthRegions);

class Growth final : public Collector {
 public:
  Result<std::string> start(const CollectorContext& context) override {
    if (context.heap.mode == HeapMode::off) return std::string("off");
    if (context.roots.proc != Roots().proc) {
      return std::string("none: another machine's /proc");
    }
    TIDEMARK_TRY(probe_, GrowthProbe::open());
    proc_ = context.roots.proc;
    table_ = &context.processes;
    ids_ = define_all(context.definer, kMetrics);
    sites_.emplace(context.definer, proc_);
    return std::string("tp_btf mmap_lock_released, page faults by ") +
           probe_->fault_source();
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
    for (const auto& [process, followed] : followed_) {
      put(process, followed.subject, frame);
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
    const std::string pid = std::to_string(subject.process.pid.value);
    GrowthBaseline from;
    if (const auto text = read_file(proc_ + "/" + pid + "/statm", buffer_)) {
      if (const auto statm = procfs::parse_process_statm(*text)) {
        from = {statm->size.count, statm->data.count, statm->anonymous().count};
      }
    }
    if (!probe_->follow(subject.process, from)) {
      followed_.erase(known);
      return;
    }
    sites_->begin(subject.process);
  }

  void put(ProcessKey process, SubjectId id, FrameBuilder& frame) {
    const auto counts = probe_->read(process.pid);
    if (!counts) return;
    for (size_t i = 0; i < kGrowthRegions; ++i) {
      frame.put(ids_[i], id, counts->grown[i].bytes);
    }
    frame.put(ids_[kMunmap], id, counts->shrunk.bytes);
    const auto touched = [&](GrowthRegion region) {
      return counts->touched[static_cast<size_t>(region)].bytes;
    };
    int64_t sum = 0;
    for (const GrowthAmount& amount : counts->touched) sum += amount.bytes;
    frame.put(ids_[kFault], id, sum);
    frame.put(ids_[kFaultHeap], id, touched(GrowthRegion::heap));
    frame.put(
        ids_[kFaultStack], id,
        touched(GrowthRegion::stack) + touched(GrowthRegion::thread_stack));
  }

  Status drain() {
    return probe_->drain([this](const GrowthStack& stack) {
      // It may have ended since, and be gone from the table.
      const auto followed = followed_.find(stack.process);
      if (followed == followed_.end()) return;
      StackSites::Weight weight{stack.amount.bytes, stack.amount.count, 0};
      if (stack.fault) weight = {stack.amount.bytes, 0, stack.amount.count};
      sites_->add(followed->second.subject,
                  stack.fault ? SiteKind::fault : SiteKind::mapping,
                  stack.cohort, weight,
                  {stack.process,
                   0,
                   stack.registers,
                   stack.program_counter,
                   {stack.stack.begin(), stack.stack.end()}});
    });
  }

  std::string proc_;
  std::string buffer_;
  ProcessTable* table_ = nullptr;
  std::array<MetricId, std::size(kMetrics)> ids_;
  std::unique_ptr<GrowthProbe> probe_;
  std::optional<StackSites> sites_;
  std::map<ProcessKey, Followed> followed_;
  uint64_t pass_ = 0;
};

}  // namespace

std::unique_ptr<Collector> make_growth() { return std::make_unique<Growth>(); }

}  // namespace tidemark
