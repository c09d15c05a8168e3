// Growth of watched processes by call stack: of their address space and of the
// anonymous memory they touched (design A1, A2). Always on where it can be.
#include "probes/growth.h"

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "core/os/file.h"
#include "daemon/collectors/metric_ids.h"
#include "daemon/collectors/stack_probe.h"
#include "daemon/procfs/process_statm.h"

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

class Growth final : public StackProbeCollector<GrowthProbe, GrowthStack> {
 public:
  Growth() : StackProbeCollector({"growth_stacks", "growth_unwinding"}) {}

 private:
  std::string source(const CollectorContext& context) override {
    proc_ = context.roots.proc;
    ids_ = define_all(context.definer, kMetrics);
    return std::string("tp_btf mmap_lock_released, page faults by ") +
           probe().fault_source();
  }

  bool follow(const Subject& subject) override {
    const std::string pid = std::to_string(subject.process.pid.value);
    GrowthBaseline from;
    if (const auto text = read_file(proc_ + "/" + pid + "/statm", buffer_)) {
      if (const auto statm = procfs::parse_process_statm(*text)) {
        from = {statm->size.count, statm->data.count, statm->anonymous().count};
      }
    }
    return probe().follow(subject.process, from).has_value();
  }

  Share share(const GrowthStack& stack) const override {
    if (stack.fault) {
      return {SiteKind::fault, {stack.amount.bytes, 0, stack.amount.count}};
    }
    return {SiteKind::mapping, {stack.amount.bytes, stack.amount.count, 0}};
  }

  void put(ProcessKey process, SubjectId id, FrameBuilder& frame) override {
    const auto counts = probe().read(process.pid);
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

  std::string proc_;
  std::string buffer_;
  std::array<MetricId, std::size(kMetrics)> ids_;
};

}  // namespace

std::unique_ptr<Collector> make_growth() { return std::make_unique<Growth>(); }

}  // namespace tidemark
