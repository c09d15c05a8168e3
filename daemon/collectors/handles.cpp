// Descriptors, sockets, threads and mappings of watched processes by the stack
// that opened them. The probe slows every system call of the host a little, so
// by itself it begins when a process keeps collecting them, and ends with the
// last process it was begun for.
#include "probes/handles.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/text.h"
#include "core/os/unique_fd.h"
#include "daemon/collectors/drops.h"
#include "daemon/collectors/metric_ids.h"
#include "daemon/handle_growth.h"
#include "daemon/handle_sites.h"
#include "daemon/mapping_growth.h"
#include "daemon/process_table.h"
#include "daemon/procfs/descriptor_count.h"
#include "daemon/stack_desk.h"

namespace tidemark {
namespace {

constexpr MetricSpec counter(std::string_view name, std::string_view help) {
  return {name, SubjectKind::process, MetricKind::counter, Unit::count, help};
}

constexpr MetricSpec kMetrics[] = {
    counter("handles.opened", "Descriptors and threads seen to begin."),
    counter("handles.closed", "Those of them that were seen to end."),
    counter("handles.untracked",
            "Those, and mappings, that found no room in the probe."),
};
enum { kOpened, kClosed, kUntracked };

constexpr std::array<std::string_view, 5> kCauses = {
    "handles_open_full", "handles_sites_full", "handles_ring", "handles_closes",
    "handles_mappings"};
using Losses = std::array<int64_t, kCauses.size()>;

Losses losses_of(const HandleCounts& counts) {
  return {static_cast<int64_t>(counts.open_full),
          static_cast<int64_t>(counts.sites_full),
          static_cast<int64_t>(counts.ring_full),
          static_cast<int64_t>(counts.missed_closes),
          static_cast<int64_t>(counts.missed_mappings)};
}

void add(Losses& sum, const Losses& losses) {
  for (size_t i = 0; i < sum.size(); ++i) sum[i] += losses[i];
}

class Handles final : public Collector {
 public:
  Result<std::string> start(const CollectorContext& context) override {
    mode_ = context.heap.mode;
    if (mode_ == HeapMode::shim) mode_ = HeapMode::automatic;
    if (mode_ == HeapMode::off) return std::string("off");
    if (context.roots.proc != Roots().proc) {
      return std::string("none: another machine's /proc");
    }
    proc_ = context.roots.proc;
    descriptors_.emplace(proc_);
    table_ = &context.processes;
    desk_ = &context.stacks;
    events_ = context.events;
    clock_ = &context.clock;
    if (mode_ == HeapMode::probes) TIDEMARK_CHECK(open_tracer());
    ids_ = define_all(context.definer, kMetrics);
    sites_.emplace(context.definer);
    drops_.emplace(context.definer, kCauses);
    ready_ = true;
    return std::string(mode_ == HeapMode::probes
                           ? "tp_btf sys_enter, sys_exit"
                           : "tp_btf sys_enter, sys_exit, on growth");
  }

  void phase_changed(const Cohort& cohort) override {
    if (!ready_) return;
    cohort_ = cohort.ordinal;
    sites_->phase_changed(cohort);
    if (tracer_) tracer_->set_cohort(cohort_);
  }

  void process_held(ProcessKey process) override {
    const Subject* subject = tracer_ ? table_->find(process) : nullptr;
    if (subject != nullptr) attach(*subject);
  }

  void finish() override {
    if (!tracer_) return;
    static_cast<void>(drain());
    desk_->settle(StackDesk::kSettle);
    last_ = true;
  }

  Status collect(const CollectRequest&, FrameBuilder& frame) override {
    if (!ready_) return {};
    ++pass_;
    for (const SubjectId id : table_->watched()) {
      const Subject* subject = table_->find(id);
      if (subject != nullptr && !subject->kernel_thread) look_at(*subject);
    }
    std::erase_if(growth_,
                  [&](const auto& each) { return each.second.pass != pass_; });
    return tracer_ ? read(frame) : Status();
  }

 private:
  struct Watched {
    HandleGrowth descriptors, threads;
    MappingGrowth mappings;
    uint64_t pass = 0;
  };
  struct Traced {
    SubjectId subject;
    ProcessKey process;
    bool ended = false;
    uint64_t missed_unmappings = 0;  // corrected for
  };

  Status open_tracer() {
    TIDEMARK_TRY(tracer_, HandleTracer::open());
    tracer_->set_cohort(cohort_);
    return {};
  }

  void look_at(const Subject& subject) {
    Watched& watched = growth_[subject.id];
    watched.pass = pass_;
    if (slots_.contains(subject.id) || refused_) return;
    if (mode_ == HeapMode::probes || grows(subject, watched)) attach(subject);
  }

  bool grows(const Subject& subject, Watched& watched) const {
    const std::string process =
        proc_ + "/" + std::to_string(subject.process.pid.value);
    const UniqueFd directory(::open(process.c_str(), O_PATH | O_CLOEXEC));
    const auto descriptors = descriptors_->of(directory.get());
    // Of task each thread is a link.
    struct stat threads{};
    if (!descriptors || ::fstatat(directory.get(), "task", &threads, 0) != 0) {
      return false;
    }
    const bool first = watched.descriptors.add(*descriptors);
    const bool second =
        watched.threads.add(static_cast<int64_t>(threads.st_nlink));
    const bool third = watched.mappings.add(proc_, subject.process.pid);
    return first || second || third;
  }

  void attach(const Subject& subject) {
    if (slots_.contains(subject.id)) return;
    if (!tracer_) {
      if (const Status opened = open_tracer(); !opened) {
        refused_ = true;
        tell(subject, EventKind::degraded, "handles", opened.error().what);
        return;
      }
    }
    const Pid pid = subject.process.pid;
    const auto maps = read_process_maps(proc_, pid);
    if (!maps) return;  // gone
    const auto slot = tracer_->attach(pid, *maps);
    if (!slot) return;
    slots_[subject.id] = *slot;
    traced_[*slot] = {subject.id, subject.process};
    sites_->begin(*slot, subject.id);
    desk_->prepare(subject.process);
    if (mode_ == HeapMode::automatic) {
      tell(subject, EventKind::heap, "attached",
           "its descriptors, threads or mappings keep growing: those opened "
           "from now on are told by call stack");
    }
  }

  void tell(const Subject& subject, EventKind kind, std::string name,
            std::string text) const {
    if (events_ == nullptr) return;
    Event event;
    event.time = clock_->now();
    event.kind = kind;
    event.subject = subject.id;
    event.name = std::move(name);
    event.text = std::move(text);
    events_->add(std::move(event));
  }

  Status drain() {
    return tracer_->drain([this](const HandleStack& stack) { take(stack); },
                          [this](HandleSlot slot, HandleEvent event) {
                            const auto traced = traced_.find(slot);
                            if (traced == traced_.end()) return;
                            if (event == HandleEvent::exited)
                              traced->second.ended = true;
                            if (event != HandleEvent::execed) return;
                            const auto maps = read_process_maps(
                                proc_, traced->second.process.pid);
                            if (maps) tracer_->set_maps(slot, *maps);
                            desk_->refresh(traced->second.process);
                          });
  }

  void take(const HandleStack& stack) {
    const auto traced = traced_.find(stack.slot);
    if (traced == traced_.end()) return;
    CopiedStack copy;
    copy.process = traced->second.process;
    copy.registers = stack.registers;
    copy.program_counter = stack.program_counter;
    copy.bytes.assign(stack.stack.begin(), stack.stack.end());
    const bool asked = desk_->post(
        std::move(copy), [this, slot = stack.slot, key = stack.key](
                             StackId id) { sites_->found(slot, key, id); });
    if (asked) {
      sites_->expect(stack.slot);
    } else {
      sites_->give_up(stack.slot, stack.key);
    }
  }

  Status read(FrameBuilder& frame) {
    TIDEMARK_CHECK(drain());
    for (auto& [slot, traced] : traced_) correct(slot, traced);
    desk_->accept();
    TIDEMARK_CHECK(tracer_->read_sites(rows_));
    sites_->put(rows_, last_, frame);
    Losses lost = lost_;
    for (const auto& [slot, traced] : traced_) {
      const HandleCounts counts = tracer_->counts(slot);
      add(lost, losses_of(counts));
      put(frame, kOpened, traced.subject, counts.opened);
      put(frame, kClosed, traced.subject, counts.closed);
      put(frame, kUntracked, traced.subject, counts.untracked());
    }
    drops_->put(frame, lost);
    end_processes();
    return {};
  }

  // Records of what was unmapped were lost: what is mapped tells the rest.
  void correct(HandleSlot slot, Traced& traced) {
    const uint64_t missed = tracer_->counts(slot).missed_unmappings;
    if (traced.ended || missed == traced.missed_unmappings) return;
    const auto maps = read_process_maps(proc_, traced.process.pid);
    if (!maps) return;  // gone
    tracer_->correct(slot, *maps);
    traced.missed_unmappings = missed;
  }

  void put(FrameBuilder& frame, size_t metric, SubjectId id, uint64_t value) {
    frame.put(ids_[metric], id, static_cast<int64_t>(value));
  }

  void end_processes() {
    std::erase_if(traced_, [this](const auto& each) {
      const auto& [slot, traced] = each;
      if (!traced.ended || sites_->waits(slot)) return false;
      sites_->end(slot);
      add(lost_, losses_of(tracer_->counts(slot)));
      tracer_->release(slot);
      desk_->forget(traced.process);
      slots_.erase(traced.subject);
      return true;
    });
    if (traced_.empty() && mode_ == HeapMode::automatic) tracer_.reset();
  }

  HeapMode mode_ = HeapMode::off;
  bool ready_ = false;
  bool refused_ = false;
  bool last_ = false;
  std::string proc_;
  std::optional<procfs::DescriptorCount> descriptors_;
  ProcessTable* table_ = nullptr;
  StackDesk* desk_ = nullptr;
  EventSink* events_ = nullptr;
  const Clock* clock_ = nullptr;
  std::array<MetricId, std::size(kMetrics)> ids_;
  std::unique_ptr<HandleTracer> tracer_;  // null: nobody is traced
  std::optional<HandleSites> sites_;
  std::optional<Drops<kCauses.size()>> drops_;
  Losses lost_{};  // of processes that ended
  std::map<SubjectId, Watched> growth_;
  std::map<SubjectId, HandleSlot> slots_;
  std::map<HandleSlot, Traced> traced_;
  std::vector<HandleSite> rows_;  // reused
  uint32_t cohort_ = 0;
  uint64_t pass_ = 0;
};

}  // namespace

std::unique_ptr<Collector> make_handles() {
  return std::make_unique<Handles>();
}

}  // namespace tidemark
