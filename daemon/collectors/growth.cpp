// Growth of watched processes by call stack: of their address space and of the
// anonymous memory they touched (design A1, A2). Always on where it can be.
#include "probes/growth.h"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/model/time_slices.h"
#include "core/os/file.h"
#include "daemon/collectors/drops.h"
#include "daemon/collectors/metric_ids.h"
#include "daemon/followed_processes.h"
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

// A stack that the full ring refused is counted to the process's next one; one
// that too many others wait before, to a site without a stack.
constexpr std::array<std::string_view, 2> kCauses = {"growth_stacks",
                                                     "growth_unwinding"};

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
    desk_ = &context.stacks;
    sites_.emplace(context.definer, *desk_);
    drops_.emplace(context.definer, kCauses);
    return std::string("tp_btf mmap_lock_released, page faults by ") +
           probe_->fault_source();
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

 private:
  bool begin(const Subject& subject) {
    const std::string pid = std::to_string(subject.process.pid.value);
    GrowthBaseline from;
    if (const auto text = read_file(proc_ + "/" + pid + "/statm", buffer_)) {
      if (const auto statm = procfs::parse_process_statm(*text)) {
        from = {statm->size.count, statm->data.count, statm->anonymous().count};
      }
    }
    if (!probe_->follow(subject.process, from)) return false;
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
    return probe_->drain([this](const GrowthStack& stack) {
      const SubjectId owner = followed_.find(stack.process);
      if (!owner.valid()) return;
      StackSites::Weight weight{stack.amount.bytes, stack.amount.count, 0};
      if (stack.fault) weight = {stack.amount.bytes, 0, stack.amount.count};
      sites_->add(owner, stack.fault ? SiteKind::fault : SiteKind::mapping,
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
  StackDesk* desk_ = nullptr;
  std::array<MetricId, std::size(kMetrics)> ids_;
  std::unique_ptr<GrowthProbe> probe_;
  std::optional<StackSites> sites_;
  std::optional<Drops<kCauses.size()>> drops_;
  FollowedProcesses followed_;
  int64_t no_room_of_ended_ = 0;
};

}  // namespace

std::unique_ptr<Collector> make_growth() { return std::make_unique<Growth>(); }

}  // namespace tidemark
