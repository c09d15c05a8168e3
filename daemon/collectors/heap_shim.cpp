// Allocations that processes tell themselves, by libtidemark-heap: the same
// figures and sites as those of heap probes, without probes.
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
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
#include "daemon/heap_rows.h"
#include "daemon/heap_segment.h"
#include "daemon/process_notes.h"
#include "daemon/process_table.h"
#include "daemon/shim_desk.h"
#include "daemon/stack_desk.h"

namespace tidemark {
namespace {

constexpr Nanoseconds kSettle = std::chrono::seconds(5);
constexpr Nanoseconds kPatience = std::chrono::seconds(1);
constexpr size_t kMostShims = 192;
// Lives of one process: each exec begins one, and so may a hostile one.
constexpr uint32_t kMostLives = 64;
// Arrivals that are worth an event: a build has thousands.
constexpr uint32_t kMostTold = 32;
// Samples of a process in a second, before it is asked for fewer.
constexpr double kMostSamples = 20'000;

constexpr std::array<std::string_view, 4> kCauses = {
    "shim_live_full", "shim_sites_full", "shim_nested", "shim_refused"};
enum { kLiveFull, kSitesFull, kNested, kRefused };
using Losses = std::array<uint64_t, kCauses.size()>;

bool has_ended(const UniqueFd& pidfd) {
  if (!pidfd.valid()) return true;
  pollfd ready{pidfd.get(), POLLIN, 0};
  return ::poll(&ready, 1, 0) == 1;
}

// A sample that was refused stands for as many blocks as any other.
uint64_t untracked_blocks(const HeapSegment::Totals& totals) {
  if (totals.untracked == 0 || totals.samples == 0) return 0;
  return static_cast<uint64_t>(static_cast<double>(totals.untracked) *
                               static_cast<double>(totals.alloc_count) /
                               static_cast<double>(totals.samples));
}

class HeapShim final : public Collector {
 public:
  Result<std::string> start(const CollectorContext& context) override {
    if (context.shims == nullptr) return std::string("none: no socket");
    context_.emplace(context);
    if (context.heap.mode == HeapMode::off) return std::string("off");
    rows_ = std::make_unique<HeapRows>(context.definer);
    context.shims->open(
        [this](ShimArrival arrival) { return admit(std::move(arrival)); });
    return std::string("where a process brings it");
  }

  Status collect(const CollectRequest& request, FrameBuilder& frame) override {
    if (!rows_) return {};
    end_lives();
    forget_ended();
    if (context_->heap.mode == HeapMode::shim) look_for_others(request.time);
    if (shims_.empty() && !opened_) return {};
    read_all();
    if (last_) settle();
    context_->stacks.accept();
    rows_->add_up(read_, last_);
    sites_->put(*rows_, frame);
    put_processes(frame);
    adapt(request.time);
    return {};
  }

  void phase_changed(const Cohort& cohort) override {
    if (!rows_) return;
    cohort_ = cohort;
    rows_->phase_changed(cohort);
    for (auto& [slot, shim] : shims_) shim.segment->set_cohort(cohort.ordinal);
  }

  void finish() override { last_ = true; }

 private:
  struct Shim {
    ProcessKey process;
    std::string name;
    std::unique_ptr<HeapSegment> segment;
    UniqueFd pidfd;
    SubjectId subject;
    std::vector<HeapSegment::WalkedStack> waiting;  // the desk had no room
    uint64_t samples = 0, untracked = 0;            // at the last look
    uint64_t period = 0;                            // that it began with
    bool told = false;  // that it calls another malloc
    bool over = false;  // nothing more will come
    bool read = false;  // its last figures are in a frame
  };

  Status admit(ShimArrival arrival) {
    if (arrival.process.start_ticks == 0 || shims_.size() >= kMostShims ||
        ++lives_[arrival.process] > kMostLives ||
        barred_.contains(arrival.process)) {
      ++lost_[kRefused];
      return {};
    }
    TIDEMARK_TRY(auto segment, HeapSegment::map(std::move(arrival.memfd)));
    supersede(arrival.process);
    // Who ends before the next tick is forgotten by then.
    for (auto& [slot, known] : shims_) find_subject(slot, known);
    open_metrics();
    const HeapSlot slot = next_slot_++;
    Shim& shim = shims_[slot];
    shim.process = arrival.process;
    shim.name =
        arrival.comm + " (" + std::to_string(arrival.process.pid.value) + ")";
    shim.segment = std::move(segment);
    shim.segment->set_cohort(cohort_.ordinal);
    shim.pidfd = UniqueFd(static_cast<int>(
        ::syscall(SYS_pidfd_open, arrival.process.pid.value, 0)));
    find_subject(slot, shim);
    context_->stacks.prepare(shim.process);
    context_->shims->add(shim.process);
    if (told_++ < kMostTold) {
      tell(shim, EventKind::heap, "shim", "tells its allocations by itself");
    }
    return {};
  }

  // It runs another program now: what the old one left is final.
  void supersede(ProcessKey process) {
    for (auto& [slot, shim] : shims_) {
      if (shim.process != process || shim.over) continue;
      read(shim);
      shim.over = true;
      context_->stacks.refresh(process);
    }
  }

  void open_metrics() {
    if (std::exchange(opened_, true)) return;
    Definer& definer = context_->definer;
    metrics_ = define_all(definer, kHeapMetrics);
    sites_.emplace(definer);
    drops_.emplace(definer, kCauses);
  }

  void forget_ended() {
    lives_.forget_ended(context_->processes);
    barred_.forget_ended(context_->processes);
    seen_.forget_ended(context_->processes);
  }

  // Watched processes that the shim did not get into. It is mapped before they
  // run, so a second later it is there or will never be.
  void look_for_others(BootTime now) {
    for (const SubjectId id : context_->processes.watched()) {
      const Subject* subject = context_->processes.find(id);
      if (subject == nullptr || subject->kernel_thread) continue;
      BootTime& since = seen_.get(subject->process, now);
      if (since == BootTime::max() || now - since < kPatience) continue;
      since = BootTime::max();
      if (context_->shims->holds(subject->process)) continue;
      tell_missing(*subject);
    }
  }

  void tell_missing(const Subject& subject) {
    const std::string pid = std::to_string(subject.process.pid.value);
    const auto maps =
        read_file(context_->roots.proc + "/" + pid + "/maps", buffer_);
    if (!maps || maps->find("/libtidemark-heap.so") != std::string_view::npos) {
      return;
    }
    Shim missing;
    missing.process = subject.process;
    missing.name = subject.name + " (" + pid + ")";
    tell(missing, EventKind::degraded, "heap",
         "its heap is not seen: no libtidemark-heap in it (a static or "
         "set-user-ID program, or started by others); --heap=probes sees it");
  }

  void read_all() {
    read_.clear();
    for (auto& [slot, shim] : shims_) {
      find_subject(slot, shim);
      // First: what it did up to its end is in what is read then.
      const bool ended = !shim.over && has_ended(shim.pidfd);
      read(shim);
      if (ended || last_) shim.over = true;
      post(slot, shim);
      for (HeapSite site : shim.segment->rows()) {
        site.slot = slot;
        read_.push_back(site);
      }
    }
  }

  void read(Shim& shim) {
    if (shim.over) return;
    if (const Status read = shim.segment->read(); !read) {
      quarantine(shim, read.error());
      return;
    }
    if (shim.segment->totals().bypassed && !std::exchange(shim.told, true)) {
      tell(
          shim, EventKind::degraded, "heap",
          "it calls a malloc of its own, past the shim; --heap=probes sees it");
    }
    auto stacks = shim.segment->take_stacks();
    std::move(stacks.begin(), stacks.end(), std::back_inserter(shim.waiting));
  }

  void quarantine(Shim& shim, const Error& error) {
    shim.over = true;
    shim.waiting.clear();
    barred_[shim.process] = true;
    tell(shim, EventKind::client_quarantined, shim.name, error.what);
  }

  void find_subject(HeapSlot slot, Shim& shim) {
    if (shim.subject.valid()) return;
    const Subject* subject = context_->processes.find(shim.process);
    if (subject == nullptr) return;
    shim.subject = subject->id;
    rows_->begin_life({slot, 0}, subject->id);
  }

  void post(HeapSlot slot, Shim& shim) {
    size_t done = 0;
    for (; done < shim.waiting.size(); ++done) {
      HeapSegment::WalkedStack& walked = shim.waiting[done];
      CopiedStack stack;
      stack.process = shim.process;
      stack.return_addresses = walked.return_addresses;
      stack.truncated = walked.truncated;
      if (walked.by_frame_pointer) stack.quality = StackQuality::frame_pointer;
      const bool posted = context_->stacks.post(
          std::move(stack), [this, slot, key = walked.key](StackId id) {
            if (shims_.contains(slot)) rows_->set_stack({slot, 0}, key, id);
          });
      if (!posted) break;
    }
    shim.waiting.erase(shim.waiting.begin(),
                       shim.waiting.begin() + static_cast<ptrdiff_t>(done));
  }

  void settle() {
    for (bool more = true; std::exchange(more, false);) {
      context_->stacks.settle(kSettle);
      context_->stacks.accept();
      for (auto& [slot, shim] : shims_) {
        more = more || !shim.waiting.empty();
        post(slot, shim);
      }
    }
  }

  void put_processes(FrameBuilder& frame) {
    Losses lost = lost_;
    for (auto& [slot, shim] : shims_) {
      add_losses(lost, shim.segment->totals());
      shim.read = shim.over && shim.waiting.empty();
      if (!shim.subject.valid() || is_superseded(slot, shim)) continue;
      const HeapRows::Sum live = rows_->live_of({slot, 0});
      const HeapSegment::Totals& totals = shim.segment->totals();
      const auto put = [&](HeapMetric metric, auto value) {
        frame.put(metrics_[metric], shim.subject, static_cast<int64_t>(value));
      };
      put(kHeapLiveBytes, live.live_bytes);
      put(kHeapLiveCount, live.live_count);
      put(kHeapAllocBytes, totals.alloc_bytes);
      put(kHeapAllocCount, totals.alloc_count);
      put(kHeapSampleBytes, shim.over && !last_ ? 0 : totals.period);
      put(kHeapSamples, totals.samples);
      put(kHeapUntracked, untracked_blocks(totals));
    }
    drops_->put(frame, lost);
  }

  static void add_losses(Losses& lost, const HeapSegment::Totals& totals) {
    lost[kLiveFull] += totals.untracked;
    lost[kSitesFull] += totals.sites_full;
    lost[kNested] += totals.nested;
  }

  // A process is told by its latest life alone.
  bool is_superseded(HeapSlot slot, const Shim& shim) const {
    for (auto it = shims_.upper_bound(slot); it != shims_.end(); ++it) {
      if (it->second.process == shim.process) return true;
    }
    return false;
  }

  // Its table of blocks is full, or it samples more than it needs to: fewer.
  void adapt(BootTime now) {
    const double seconds = to_seconds(now - last_look_);
    if (seconds < 0.1) return;
    last_look_ = now;
    for (auto& [slot, shim] : shims_) {
      const HeapSegment::Totals& totals = shim.segment->totals();
      const auto rate =
          static_cast<double>(totals.samples - shim.samples) / seconds;
      const bool refused = totals.untracked > shim.untracked;
      shim.samples = totals.samples;
      shim.untracked = totals.untracked;
      if (shim.period == 0) shim.period = totals.period;
      if (shim.over || shim.period == TIDEMARK_HEAP_EXACT) continue;
      if ((rate > kMostSamples || refused) &&
          totals.period * 2 <= TIDEMARK_HEAP_LARGEST_PERIOD) {
        shim.segment->set_period(totals.period * 2);
      } else if (rate < kMostSamples / 8 && totals.period > shim.period) {
        shim.segment->set_period(totals.period / 2);
      }
    }
  }

  void tell(const Shim& shim, EventKind kind, std::string name,
            const std::string& text) {
    if (context_->events == nullptr) return;
    Event event;
    event.time = event.received = context_->clock.now();
    event.kind = kind;
    event.name = std::move(name);
    event.text = shim.name + ": " + text;
    event.value = shim.process.pid.value;
    const Subject* subject = context_->processes.find(shim.process);
    if (subject != nullptr) event.subject = subject->id;
    context_->events->add(std::move(event));
  }

  void end_lives() {
    for (auto it = shims_.begin(); it != shims_.end();) {
      const auto& [slot, shim] = *it;
      if (!shim.read) {
        ++it;
        continue;
      }
      add_losses(lost_, shim.segment->totals());
      rows_->end_life({slot, 0});
      context_->stacks.forget(shim.process);
      if (!is_superseded(slot, shim)) {
        context_->shims->remove(shim.process);
        lives_.erase(shim.process);
      }
      it = shims_.erase(it);
    }
  }

  std::optional<CollectorContext> context_;
  std::unique_ptr<HeapRows> rows_;  // null: off
  std::array<MetricId, std::size(kHeapMetrics)> metrics_;
  std::optional<HeapSites> sites_;
  std::optional<Drops<kCauses.size()>> drops_;
  Losses lost_{};  // of lives that ended
  std::map<HeapSlot, Shim> shims_;
  ProcessNotes<uint32_t> lives_;
  ProcessNotes<bool> barred_;
  ProcessNotes<BootTime> seen_;  // watched, since; max: looked at
  std::string buffer_;
  std::vector<HeapSite> read_;
  Cohort cohort_;
  HeapSlot next_slot_ = 0;
  BootTime last_look_;
  uint32_t told_ = 0;
  bool opened_ = false;
  bool last_ = false;
};

}  // namespace

std::unique_ptr<Collector> make_heap_shim() {
  return std::make_unique<HeapShim>();
}

}  // namespace tidemark
