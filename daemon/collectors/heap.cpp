// Allocations of watched processes by call stack and phase (design part 4.3):
// from the start (--heap=probes), or once a process keeps growing
// (--heap=auto). The worker's thread attaches and unwinds; here rows are read
// and become sites.
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/os/file.h"
#include "daemon/collectors/drops.h"
#include "daemon/collectors/heap_metrics.h"
#include "daemon/collectors/heap_sites.h"
#include "daemon/collectors/metric_ids.h"
#include "daemon/heap_guard.h"
#include "daemon/heap_rows.h"
#include "daemon/heap_worker.h"
#include "daemon/process_notes.h"
#include "daemon/process_table.h"
#include "daemon/procfs/process_statm.h"
#include "daemon/shim_desk.h"
#include "daemon/stack_desk.h"

namespace tidemark {
namespace {

// How long the end of a recording waits for stacks and their names.
constexpr Nanoseconds kSettle = std::chrono::seconds(5);

constexpr std::array<std::string_view, 7> kCauses = {
    "heap_live_full", "heap_sites_full", "heap_stacks", "heap_events",
    "heap_returns",   "heap_frees",      "heap_state"};

std::array<uint64_t, kCauses.size()> losses_of(const HeapCounts& counts) {
  return {counts.live_full,       counts.sites_full,     counts.stack_ring_full,
          counts.event_ring_full, counts.missed_returns, counts.missed_frees,
          counts.no_state};
}

// A sample that was refused stands for as many blocks as any other.
uint64_t untracked_blocks(const HeapCounts& counts) {
  if (counts.untracked == 0) return 0;
  const double blocks = static_cast<double>(counts.alloc_count) /
                        static_cast<double>(counts.samples);
  return static_cast<uint64_t>(static_cast<double>(counts.untracked) * blocks);
}

class Heap final : public Collector {
 public:
  Result<std::string> start(const CollectorContext& context) override {
    context_ = std::make_unique<CollectorContext>(context);
    if (!may_probe()) return std::string("off");
    if (context.heap.mode == HeapMode::automatic) {
      return std::string("on persistent growth");
    }
    TIDEMARK_CHECK(open());
    return std::string(heap_attachment_name(worker_->tracer().attachment()));
  }

  Status collect(const CollectRequest& request, FrameBuilder& frame) override {
    if (!may_probe()) return {};
    end_lives();
    asked_.forget_ended(context_->processes);
    requested_.forget_ended(context_->processes);
    growth_.forget_ended(context_->processes);
    TIDEMARK_CHECK(choose(request.time));
    if (!worker_) return {};
    take_output();
    TIDEMARK_CHECK(worker_->tracer().read_sites(read_));
    rows_->add_up(read_, last_);
    sites_->put(*rows_, frame);
    put_processes(frame);
    return {};
  }

  void phase_changed(const Cohort& cohort) override {
    cohort_ = cohort;
    if (worker_) set_cohort();
  }

  void process_held(ProcessKey process) override {
    if (context_->heap.mode != HeapMode::probes || !worker_) return;
    asked_[process] = true;
    worker_->attach_held(process.pid);
    take_output();
  }

  Status trace(ProcessKey process, bool on) override {
    if (!on) {
      if (!worker_ || !requested_.contains(process)) return {};
      requested_.erase(process);
      asked_.erase(process);
      worker_->detach(process.pid, "seen enough");
      return {};
    }
    if (!may_probe()) {
      return fail(ErrorKind::full, "heap probes are off (the option heap)");
    }
    // What is traced already stays so afterwards.
    if (asked_.contains(process) || has_shim(process)) return {};
    if (!worker_) TIDEMARK_CHECK(open());
    asked_[process] = requested_[process] = true;
    worker_->attach(process.pid);
    return {};
  }

  void finish() override {
    last_ = true;
    if (worker_) worker_->settle(kSettle);
  }

 private:
  struct Life {
    SubjectId process;
    Pid pid;
    bool over = false;  // its rows are final
    bool read = false;  // and were put
  };

  // Who has a slot; its lives follow one another.
  struct Owner {
    Pid pid;
    SubjectId process;
  };

  // What a shim tells costs less and is no less.
  bool may_probe() const {
    return context_->heap.mode != HeapMode::off &&
           context_->heap.mode != HeapMode::shim;
  }
  bool has_shim(ProcessKey process) const {
    return context_->shims != nullptr && context_->shims->holds(process);
  }

  Status open() {
    TIDEMARK_TRY(worker_, HeapWorker::start(context_->roots.proc,
                                            context_->heap, context_->clock,
                                            context_->stacks.symbolizer()));
    Definer& definer = context_->definer;
    rows_ = std::make_unique<HeapRows>(definer);
    metrics_ = define_all(definer, kHeapMetrics);
    sites_.emplace(definer);
    drops_.emplace(definer, kCauses);
    set_cohort();
    return {};
  }

  void set_cohort() {
    rows_->phase_changed(cohort_);
    worker_->tracer().set_cohort(cohort_.ordinal);
  }

  // Asks for those that are to be traced and are not yet.
  Status choose(BootTime time) {
    for (const SubjectId id : context_->processes.watched()) {
      const Subject* subject = context_->processes.find(id);
      if (subject == nullptr || subject->kernel_thread) continue;
      const ProcessKey key = subject->process;
      if (key.pid.value == ::getpid() || asked_.contains(key)) continue;
      if (has_shim(key)) continue;
      if (context_->heap.mode == HeapMode::automatic &&
          !keeps_growing(key, time)) {
        continue;
      }
      asked_[key] = true;
      if (context_->heap.mode == HeapMode::automatic) tell_growth(*subject);
      growth_.erase(key);
      if (!worker_) TIDEMARK_CHECK(open());
      worker_->attach(key.pid);
    }
    return {};
  }

  bool keeps_growing(ProcessKey key, BootTime time) {
    const auto text = read_file(
        context_->roots.proc + "/" + std::to_string(key.pid.value) + "/statm",
        buffer_);
    if (!text) return false;
    const auto statm = procfs::parse_process_statm(*text);
    if (!statm || statm->size.count == 0) return false;
    return growth_.get(key, context_->heap.after)
        .add(time, statm->anonymous().count * page_size_);
  }

  void tell_growth(const Subject& subject) {
    const Pid pid = subject.process.pid;
    tell({pid, EventKind::heap, "escalated",
          fmt::format(
              "{} ({}): memory keeps growing, by {:.1f} MiB in {} s: "
              "counting its allocator calls",
              subject.name, pid.value,
              static_cast<double>(
                  growth_.get(subject.process, context_->heap.after).rise()) /
                  (1 << 20),
              std::chrono::duration<double>(context_->heap.after).count())});
  }

  void take_output() {
    HeapOutput output = worker_->take();
    for (const auto& object : output.objects) rows_->add_object(object);
    for (const auto& stack : output.stacks) rows_->add_stack(stack);
    for (const auto& symbols : output.symbols) rows_->add_symbols(symbols);
    for (const auto& [life, pid] : output.begun) lives_[life].pid = pid;
    for (const HeapLife& life : output.ended) lives_[life].over = true;
    for (auto& [life, known] : lives_) find_owner(life, known);
    for (const HeapNotice& notice : output.notices) tell(notice);
  }

  // A child may be known to the kernel's probe before the table knows it; one
  // that executes another program remains who it is.
  void find_owner(HeapLife life, Life& known) {
    if (known.process.valid()) return;
    Owner& owner = owners_[life.slot];
    if (owner.pid != known.pid) owner = {known.pid, SubjectId()};
    if (!owner.process.valid()) {
      const Subject* subject = context_->processes.find_pid(known.pid);
      if (subject == nullptr) return;
      owner.process = subject->id;
      asked_[subject->process] = true;
    }
    known.process = owner.process;
    rows_->begin_life(life, known.process);
  }

  void tell(const HeapNotice& notice) {
    if (context_->events == nullptr) return;
    Event event;
    event.time = event.received = context_->clock.now();
    event.kind = notice.kind;
    event.name = notice.name;
    event.text = notice.text;
    const Subject* subject = context_->processes.find_pid(notice.pid);
    if (subject != nullptr) event.subject = subject->id;
    context_->events->add(std::move(event));
  }

  void put_processes(FrameBuilder& frame) {
    std::array<uint64_t, kCauses.size()> lost = lost_;
    for (auto& [life, known] : lives_) {
      if (!known.process.valid()) continue;
      known.read = known.over;
      // After an exec the slot's counts are those of the next life too.
      const auto next = lives_.find({life.slot, life.epoch + 1});
      if (next != lives_.end()) continue;
      const HeapCounts counts = worker_->tracer().counts(life.slot);
      put_process(frame, life, known, counts);
      const auto losses = losses_of(counts);
      for (size_t i = 0; i < lost.size(); ++i) lost[i] += losses[i];
    }
    drops_->put(frame, lost);
  }

  void put_process(FrameBuilder& frame, HeapLife life, const Life& known,
                   const HeapCounts& counts) const {
    const auto put = [&](size_t metric, auto value) {
      frame.put(metrics_[metric], known.process, static_cast<int64_t>(value));
    };
    const HeapRows::Sum live = rows_->live_of(life);
    put(kHeapLiveBytes, live.live_bytes);
    put(kHeapLiveCount, live.live_count);
    put(kHeapAllocBytes, counts.alloc_bytes);
    put(kHeapAllocCount, counts.alloc_count);
    put(kHeapSampleBytes, known.over ? 0 : worker_->tracer().period(life.slot));
    put(kHeapSamples, counts.samples);
    put(kHeapUntracked, untracked_blocks(counts));
    put(kHeapProbeCost, worker_->tracer().trap_cost().of(counts));
  }

  // Lives whose final rows are in a frame: they leave the kernel, and their
  // sites end. One that nobody ever knew takes its rows along, and that is
  // said.
  void end_lives() {
    for (auto life = lives_.begin(); life != lives_.end();) {
      const bool unknown = life->second.over && !life->second.process.valid();
      if (!life->second.read && !unknown) {
        ++life;
        continue;
      }
      if (unknown) {
        tell({life->second.pid, EventKind::degraded, "heap",
              "a process ended before it was known: its blocks are not told"});
      }
      const auto next = lives_.find({life->first.slot, life->first.epoch + 1});
      if (next == lives_.end()) keep_losses(life->first.slot);
      rows_->end_life(life->first);
      worker_->purge(life->first);
      life = lives_.erase(life);
    }
  }

  void keep_losses(HeapSlot slot) {
    const auto losses = losses_of(worker_->tracer().counts(slot));
    for (size_t i = 0; i < lost_.size(); ++i) lost_[i] += losses[i];
  }

  std::unique_ptr<CollectorContext> context_;
  std::unique_ptr<HeapWorker> worker_;
  std::unique_ptr<HeapRows> rows_;
  std::array<MetricId, std::size(kHeapMetrics)> metrics_;
  std::optional<HeapSites> sites_;
  std::optional<Drops<kCauses.size()>> drops_;
  std::array<uint64_t, kCauses.size()> lost_{};  // of slots given back
  ProcessNotes<bool> asked_;
  ProcessNotes<bool> requested_;  // of those, by the control socket
  ProcessNotes<GrowthTrigger> growth_;
  std::map<HeapLife, Life> lives_;
  std::map<HeapSlot, Owner> owners_;
  std::vector<HeapSite> read_;
  Cohort cohort_;
  std::string buffer_;
  int64_t page_size_ = ::sysconf(_SC_PAGESIZE);
  bool last_ = false;
};

}  // namespace

std::unique_ptr<Collector> make_heap() { return std::make_unique<Heap>(); }

}  // namespace tidemark
