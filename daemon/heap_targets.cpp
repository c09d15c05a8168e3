#include "daemon/heap_targets.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <utility>

#include "core/os/file.h"
#include "probes/heap_plan.h"

namespace tidemark {
namespace {

constexpr std::string_view kRemedy =
    "the shim (--heap=shim) costs a few ns a call; or raise --heap-budget";

// CPU time of another process, all threads (clock_getcpuclockid(3)).
double cpu_time_ns(Pid pid) {
  clockid_t id = 0;
  timespec used{};
  if (::clock_getcpuclockid(pid.value, &id) != 0) return 0;
  if (::clock_gettime(id, &used) != 0) return 0;
  return static_cast<double>(used.tv_sec) * 1e9 +
         static_cast<double>(used.tv_nsec);
}

std::string name_of(const std::string& proc, Pid pid) {
  std::string buffer;
  const auto comm =
      read_file(fmt::format("{}/{}/comm", proc, pid.value), buffer);
  std::string name(comm ? *comm : "process");
  while (name.ends_with('\n')) name.pop_back();
  return fmt::format("{} ({})", name, pid.value);
}

HeapNotice notice(Pid pid, std::string name, std::string text) {
  return {pid, EventKind::heap, std::move(name), std::move(text)};
}
HeapNotice degraded(Pid pid, std::string text) {
  return {pid, EventKind::degraded, "heap", std::move(text)};
}

bool is_gone(const Error& error) {
  return error.kind == ErrorKind::gone || error.kind == ErrorKind::not_found;
}

// How long an allocator may take to be mapped after an exec.
constexpr Nanoseconds kPatience = std::chrono::milliseconds(300);

// Whether its allocator may still be mapped: just after an exec the dynamic
// linker is at work, or not even the program is there. A static program has all
// its code from the begin, an ended one nothing.
bool may_be_linking(const ProcessMaps& maps) {
  bool has_code = false;
  for (const Mapping& mapping : maps.mappings) {
    if (!mapping.executable || !mapping.backed()) continue;
    const size_t slash = mapping.path.rfind('/') + 1;
    if (std::string_view(mapping.path).substr(slash).starts_with("ld")) {
      return true;
    }
    has_code = true;
  }
  return !has_code && !maps.mappings.empty();
}

std::string percent(double share) {
  return fmt::format("{:.3g} %", 100 * share);
}

}  // namespace

void HeapOutput::append(HeapOutput& newer) {
  const auto move_all = [](auto& from, auto& to) {
    to.insert(to.end(), std::make_move_iterator(from.begin()),
              std::make_move_iterator(from.end()));
    from.clear();
  };
  move_all(newer.objects, objects);
  move_all(newer.stacks, stacks);
  move_all(newer.symbols, symbols);
  move_all(newer.begun, begun);
  move_all(newer.ended, ended);
  move_all(newer.notices, notices);
}

HeapTargets::HeapTargets(std::string proc, HeapSettings settings,
                         HeapTracer& tracer, const Clock& clock,
                         Symbolizer& symbolizer)
    : proc_(std::move(proc)),
      settings_(settings),
      tracer_(tracer),
      clock_(clock),
      finder_(proc_),
      stacks_(proc_, symbolizer) {}

HeapTargets::~HeapTargets() {
  for (const auto& [slot, target] : targets_) tracer_.detach(slot);
}

HeapTargets::Target* HeapTargets::find(HeapSlot slot) {
  const auto found = targets_.find(slot);
  return found == targets_.end() ? nullptr : found->second.get();
}

HeapTargets::Target* HeapTargets::find(Pid pid) {
  for (const auto& [slot, target] : targets_) {
    if (target->pid == pid && target->state != State::ended) {
      return target.get();
    }
  }
  return nullptr;
}

HeapTargets::Target* HeapTargets::make(Pid pid, HeapOutput& output) {
  if (find(pid) != nullptr) return nullptr;
  const auto slot = tracer_.reserve(pid);
  if (!slot) {
    if (!std::exchange(full_told_, true)) {
      output.notices.push_back(degraded(pid, slot.error().what));
    }
    return nullptr;
  }
  auto target = std::make_unique<Target>();
  target->pid = pid;
  target->slot = *slot;
  target->name = name_of(proc_, pid);
  return targets_.insert_or_assign(*slot, std::move(target))
      .first->second.get();
}

Status HeapTargets::link(Target& target, HeapObject object, FileIdentity file) {
  const auto known = std::ranges::find(target.files, file);
  if (known != target.files.end()) {
    // What leads to it now: after an exec the old way leads nowhere, and
    // children take it from here.
    target.objects[static_cast<size_t>(known - target.files.begin())].path =
        object.path;
    return {};
  }
  TIDEMARK_CHECK(tracer_.add_object(target.slot, object));
  target.objects.push_back(std::move(object));
  target.files.push_back(file);
  return {};
}

// Probes every allocator that is mapped by now. Error: nothing of the heap can
// be seen, or the process is gone or not ours.
Status HeapTargets::link_all(Target& target, HeapOutput& output) {
  auto maps = read_process_maps(proc_, target.pid, ++maps_epoch_);
  if (!maps) return std::unexpected(std::move(maps).error());
  target.maps = std::move(*maps);
  TIDEMARK_TRY(const AllocatorSet found, finder_.find(target.maps));
  for (const std::string& problem : found.degraded) {
    output.notices.push_back(
        degraded(target.pid, target.name + ": " + problem));
  }
  for (const AllocatorObject& object : found.objects) {
    TIDEMARK_CHECK(link(target, plan_object(object), object.file));
  }
  if (const auto linker = find_linker(proc_, target.maps)) {
    // Not the allocator's own identity: the linker has none to be probed.
    TIDEMARK_CHECK(link(target, *linker, {0, 0, 1}));
  }
  stacks_.prepare(target.maps);
  tracer_.set_code(target.slot, executable_ranges(target.maps));
  if (found.not_visible.empty()) return {};
  return fail(ErrorKind::unsupported, "heap not visible: " + found.not_visible);
}

HeapTargets::Target* HeapTargets::make_linked(Pid pid, HeapOutput& output) {
  Target* target = make(pid, output);
  if (target == nullptr) return nullptr;
  const Status linked = link_all(*target, output);
  if (linked) return target;
  tell_unlinked(*target, linked.error(), output);
  end(*target, output);
  return nullptr;
}

void HeapTargets::tell_unlinked(const Target& target, const Error& error,
                                HeapOutput& output) {
  const Pid pid = target.pid;
  const std::string folder = fmt::format("{}/{}", proc_, pid.value);
  const bool ended = is_gone(error) && ::access(folder.c_str(), F_OK) != 0;
  output.notices.push_back(
      ended ? degraded(pid, fmt::format("process {} ended before its heap "
                                        "could be followed",
                                        pid.value))
            : degraded(pid, target.name + ": " + error.what));
}

void HeapTargets::attach(Pid pid, HeapOutput& output) {
  attach({pid, clock_.now()}, output);
}

// Who is asked for just after its exec is tried again for a while.
void HeapTargets::attach(const Asked& asked, HeapOutput& output) {
  Target* target = make(asked.pid, output);
  if (target == nullptr) return;
  const auto said = static_cast<ptrdiff_t>(output.notices.size());
  const Status linked = link_all(*target, output);
  if (linked) {
    begin_costs(*target, State::counting);
    tracer_.count_calls(target->slot);
    return;
  }
  if (linked.error().kind == ErrorKind::unsupported &&
      may_be_linking(target->maps) && clock_.now() - asked.time < kPatience) {
    output.notices.erase(output.notices.begin() + said, output.notices.end());
    early_.push_back(asked);
  } else {
    tell_unlinked(*target, linked.error(), output);
  }
  end(*target, output);
}

void HeapTargets::attach_held(Pid pid, HeapOutput& output) {
  if (Target* known = find(pid); known != nullptr) {
    // It waits: there is nothing to count.
    if (known->state == State::counting) begin_at_exec(*known);
    return;
  }
  // Before its exec it is a copy of us: the same files, which it will most
  // likely map again.
  Target* target = make_linked(pid, output);
  if (target != nullptr) begin_at_exec(*target);
}

// What it does up to its exec is ours, not its.
void HeapTargets::begin_at_exec(Target& target) {
  tracer_.sample_at_exec(target.slot, settings_.sample_bytes);
  begin_costs(target, State::sampling);
}

void HeapTargets::begin_costs(Target& target, State state) {
  target.state = state;
  target.begin = target.last_look = clock_.now();
  target.cpu_begin_ns = cpu_time_ns(target.pid);
  target.probes_begin_ns = tracer_.trap_cost().of(tracer_.counts(target.slot));
  target.guard = HeapGuard(settings_.budget);
}

void HeapTargets::begin_sampling(Target& target, HeapOutput& output) {
  tracer_.sample(target.slot, settings_.sample_bytes);
  begin_costs(target, State::sampling);
  target.begun = true;
  output.begun.push_back(
      {{target.slot, tracer_.epoch(target.slot)}, target.pid});
}

HeapCost HeapTargets::cost_of(const Target& target) const {
  return {tracer_.trap_cost().of(tracer_.counts(target.slot)) -
              target.probes_begin_ns,
          cpu_time_ns(target.pid) - target.cpu_begin_ns,
          static_cast<double>((clock_.now() - target.begin).count())};
}

void HeapTargets::end_burst(Target& target, HeapOutput& output) {
  const HeapCounts counts = tracer_.counts(target.slot);
  const HeapCost cost = cost_of(target);
  const double share = heap_cost_share(cost);
  const auto calls = static_cast<double>(counts.fast_traps + counts.slow_traps);
  const std::string figures = fmt::format(
      "{:.0f} allocator calls/s{} would cost {} of its CPU time "
      "(budget {})",
      calls * 1e9 / std::max(cost.wall_ns, 1.0),
      counts.slow_traps > 0 ? ", some by slow probes," : "", percent(share),
      percent(settings_.budget));
  if (share > settings_.budget) {
    output.notices.push_back(degraded(
        target.pid,
        fmt::format("{}: refused: {}; {}", target.name, figures, kRemedy)));
    end(target, output);
    return;
  }
  output.notices.push_back(notice(target.pid, "sampling",
                                  fmt::format("{}: {}", target.name, figures)));
  begin_sampling(target, output);
}

void HeapTargets::watch_cost(Target& target, HeapOutput& output) {
  const BootTime now = clock_.now();
  const double seconds =
      static_cast<double>((now - target.last_look).count()) / 1e9;
  target.last_look = now;
  const HeapCost cost = cost_of(target);
  if (target.guard.update(cost)) {
    output.notices.push_back(degraded(
        target.pid,
        fmt::format("{}: detached after {:.1f} s: probes cost {} of its CPU "
                    "time (budget {}); {}",
                    target.name, cost.wall_ns / 1e9,
                    percent(target.guard.share()), percent(settings_.budget),
                    kRemedy)));
    end(target, output);
    return;
  }
  if (seconds > 0.05) adapt_rate(target, seconds, output);
}

// The live map refuses what finds it full, and a sample costs more than a
// call: both are answered by fewer samples.
void HeapTargets::adapt_rate(Target& target, double seconds,
                             HeapOutput& output) {
  const HeapCounts counts = tracer_.counts(target.slot);
  const double rate =
      static_cast<double>(counts.samples - target.samples) / seconds;
  const bool refused = counts.live_full > target.untracked;
  target.samples = counts.samples;
  target.untracked = counts.live_full;
  const uint64_t period = tracer_.period(target.slot);
  if (settings_.sample_bytes == HeapTracer::kExact) return;
  uint64_t wanted = period;
  if (rate > kMostSamples || refused) {
    wanted = std::min<uint64_t>(period * 2, 1u << 30);
  } else if (rate < kMostSamples / 8 && period > settings_.sample_bytes) {
    wanted = period / 2;
  }
  if (wanted == period) return;
  tracer_.sample(target.slot, wanted);
  output.notices.push_back(
      notice(target.pid, "period",
             fmt::format("{}: one sample in {} bytes ({:.0f} samples/s)",
                         target.name, wanted, rate)));
}

void HeapTargets::end(Target& target, HeapOutput& output) {
  const State before = std::exchange(target.state, State::ended);
  tracer_.detach(target.slot);
  if (before == State::sampling && target.begun) {
    output.ended.push_back({target.slot, tracer_.epoch(target.slot)});
    return;
  }
  const HeapSlot slot = target.slot;
  targets_.erase(slot);
  tracer_.release(slot);
}

void HeapTargets::detach(Pid pid, const std::string& why, HeapOutput& output) {
  std::erase_if(early_, [pid](const Asked& each) { return each.pid == pid; });
  Target* target = find(pid);
  if (target == nullptr) return;
  output.notices.push_back(notice(pid, "detached", target->name + ": " + why));
  end(*target, output);
}

void HeapTargets::purge(HeapLife life) {
  tracer_.purge(life.slot, life.epoch);
  stacks_.forget(life);
  const Target* target = find(life.slot);
  if (target == nullptr || target->state != State::ended) return;
  if (tracer_.epoch(life.slot) != life.epoch) return;
  targets_.erase(life.slot);
  tracer_.release(life.slot);
}

// A child has its own heap: what it inherited is not its leak. Until it execs
// it has its parent's files, afterwards most likely the same.
void HeapTargets::follow(const Target& parent, Pid child, HeapOutput& output) {
  const State state = parent.state;
  if (state != State::sampling) return;
  const std::vector<HeapObject> objects = parent.objects;
  const std::vector<FileIdentity> files = parent.files;
  Target* target = make(child, output);
  if (target == nullptr) return;
  for (size_t i = 0; i < objects.size(); ++i) {
    if (link(*target, objects[i], files[i])) continue;
    // Its parent's way to it is no more; its own maps tell, or it is gone.
    if (!link_all(*target, output)) {
      end(*target, output);
      return;
    }
    break;
  }
  begin_sampling(*target, output);
  look_again(*target, output);
}

// Just after an exec the dynamic linker is still to map most of it, so what is
// not there is only missed once it does not come.
void HeapTargets::look_again(Target& target, HeapOutput& output) {
  target.name = name_of(proc_, target.pid);
  target.invisible.clear();
  const Status linked = link_all(target, output);
  if (linked || is_gone(linked.error())) return;
  target.invisible = linked.error().what;
  target.invisible_since = clock_.now();
}

void HeapTargets::tell_invisible(Target& target, HeapOutput& output) {
  if (target.invisible.empty()) return;
  if (clock_.now() - target.invisible_since < kPatience) return;
  output.notices.push_back(
      degraded(target.pid, target.name + ": " + target.invisible));
  target.invisible.clear();
}

void HeapTargets::take(const HeapEvent& event, HeapOutput& output) {
  Target* target = find(event.slot);
  if (target == nullptr || target->state == State::ended) return;
  switch (event.kind) {
    case HeapEventKind::forked:
    case HeapEventKind::child_execed:
      follow(*target, event.pid, output);
      return;
    case HeapEventKind::vforked: return;  // shares the heap that is traced
    case HeapEventKind::exited: end(*target, output); return;
    case HeapEventKind::mapped: look_again(*target, output); return;
    case HeapEventKind::execed: break;
  }
  if (target->state == State::sampling) {
    if (target->begun) output.ended.push_back({event.slot, event.epoch - 1});
    target->begun = true;
    output.begun.push_back({{event.slot, event.epoch}, target->pid});
  }
  look_again(*target, output);
}

void HeapTargets::take(const HeapStack& stack, HeapOutput& output) {
  look_if_due(output);
  Target* target = find(stack.slot);
  if (target == nullptr) return;
  if (target->maps.find(stack.registers.ip) == nullptr) {
    auto maps = read_process_maps(proc_, target->pid, ++maps_epoch_);
    if (maps) target->maps = std::move(*maps);
  }
  stacks_.unwind(tracer_, target->maps, stack, output);
}

void HeapTargets::drain(HeapOutput& output) {
  const Status drained =
      tracer_.drain([&](const HeapStack& stack) { take(stack, output); },
                    [&](const HeapEvent& event) { take(event, output); });
  if (!drained) output.notices.push_back(degraded({}, drained.error().what));
}

void HeapTargets::look_if_due(HeapOutput& output) {
  if (clock_.now() - last_look_ < kPeriod) return;
  last_look_ = clock_.now();
  look(output);
}

void HeapTargets::look(HeapOutput& output) {
  for (const Asked& asked : std::exchange(early_, {})) attach(asked, output);
  std::vector<HeapSlot> slots;
  for (const auto& [slot, target] : targets_) slots.push_back(slot);
  for (const HeapSlot slot : slots) {
    Target& target = *targets_.at(slot);
    if (target.state == State::sampling) {
      tell_invisible(target, output);
      watch_cost(target, output);
    } else if (target.state == State::counting &&
               clock_.now() - target.begin >= kBurst) {
      end_burst(target, output);
    }
  }
}

}  // namespace tidemark
