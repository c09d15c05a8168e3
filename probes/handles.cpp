#include "probes/handles.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>

#include "handles.skel.h"
#include "probes/handles_record.h"
#include "probes/mapped_ranges.h"
#include "probes/probe_host.h"
#include "probes/ring_reader.h"

namespace tidemark {
namespace {

constexpr std::string_view kName = "handles";
constexpr uint32_t kBatch = 1024;  // rows read at once
static_assert(HandleTracer::kMostProcesses == TIDEMARK_HANDLES_PROCESSES);

struct Close {
  void operator()(handles_bpf* probe) const { handles_bpf__destroy(probe); }
};
using Probe = std::unique_ptr<handles_bpf, Close>;

// Calls see(key, value) for each element of a hash map, in batches.
template <typename Key, typename Value, typename See>
Status for_each_element(int map, See see) {
  std::vector<Key> keys(kBatch);
  std::vector<Value> values(kBatch);
  uint64_t place = 0;
  bool first = true;
  while (true) {
    __u32 count = kBatch;
    const int error =
        bpf_map_lookup_batch(map, first ? nullptr : &place, &place, keys.data(),
                             values.data(), &count, nullptr);
    if (error != 0 && error != -ENOENT) {
      return fail_errno("handles map", -error);
    }
    for (__u32 i = 0; i < count; ++i) see(keys[i], values[i]);
    if (error == -ENOENT) return {};
    first = false;
  }
}

template <typename Key, typename Value>
void delete_of_slot(int map, HandleSlot slot) {
  std::vector<Key> old;
  // What cannot be read now is overwritten when the slot is used again.
  static_cast<void>(
      for_each_element<Key, Value>(map, [&](const Key& key, const Value&) {
        if (key.slot == slot) old.push_back(key);
      }));
  for (const Key& key : old) bpf_map_delete_elem(map, &key);
}

tidemark_handles_ranges code_ranges(const ProcessMaps& maps) {
  tidemark_handles_ranges ranges = {};
  __u64& count = ranges.count;
  for (const Mapping& mapping : maps.mappings) {
    if (!mapping.executable) continue;
    if (count != 0 && (ranges.end[count - 1] == mapping.begin ||
                       count == TIDEMARK_HANDLES_RANGES)) {
      ranges.end[count - 1] = mapping.end;
      continue;
    }
    ranges.begin[count] = mapping.begin;
    ranges.end[count] = mapping.end;
    ++count;
  }
  return ranges;
}

class LinkedHandles final : public HandleTracer {
 public:
  explicit LinkedHandles(Probe probe) : probe_(std::move(probe)) {}

  Status start() {
    TIDEMARK_TRY(ring_, RingReader::open(map(probe_->maps.ring)));
    return {};
  }

  Result<HandleSlot> attach(Pid pid, const ProcessMaps& maps) override {
    const auto free = std::ranges::find(pids_, Pid{});
    if (free == pids_.end()) {
      return fail(ErrorKind::full, "handles: too many processes");
    }
    const auto slot = static_cast<HandleSlot>(free - pids_.begin());
    tidemark_handles_process process = {};
    process.enabled = 1;
    TIDEMARK_CHECK(write(probe_->maps.processes, slot, process));
    set_maps(slot, maps);
    TIDEMARK_CHECK(
        write(probe_->maps.targets, static_cast<uint32_t>(pid.value), slot));
    *free = pid;
    return slot;
  }
  // A key made while they change tells stacks apart worse or better; the
  // reader joins keys by their stacks anyway.
  void set_maps(HandleSlot slot, const ProcessMaps& maps) override {
    static_cast<void>(write(probe_->maps.ranges, slot, code_ranges(maps)));
  }
  void correct(HandleSlot slot, const ProcessMaps& maps) override {
    ranges_[slot].keep_only(maps.mappings);
  }
  void detach(HandleSlot slot) override {
    const auto pid = static_cast<uint32_t>(pids_.at(slot).value);
    bpf_map_delete_elem(map(probe_->maps.targets), &pid);
  }
  void release(HandleSlot slot) override {
    detach(slot);
    delete_of_slot<tidemark_handle_key, tidemark_handles_site_key>(
        map(probe_->maps.open_handles), slot);
    delete_of_slot<tidemark_handles_site_key, tidemark_handles_site>(
        map(probe_->maps.sites), slot);
    delete_of_slot<tidemark_handles_stack_key, __u8>(map(probe_->maps.stacks),
                                                     slot);
    pids_.at(slot) = Pid{};
    ranges_.erase(slot);
  }

  void set_cohort(uint32_t ordinal) override {
    __atomic_store_n(&probe_->bss->cohort, ordinal, __ATOMIC_RELAXED);
  }

  HandleCounts counts(HandleSlot slot) const override {
    tidemark_handles_process process = {};
    HandleCounts counts;
    if (bpf_map_lookup_elem(map(probe_->maps.processes), &slot, &process) !=
        0) {
      return counts;
    }
    counts.opened = process.opened;
    counts.closed = process.closed;
    counts.open_full = process.drops[TIDEMARK_HANDLES_DROP_OPEN_FULL];
    counts.sites_full = process.drops[TIDEMARK_HANDLES_DROP_SITES_FULL];
    counts.ring_full = process.drops[TIDEMARK_HANDLES_DROP_RING];
    counts.missed_closes = process.drops[TIDEMARK_HANDLES_DROP_CLOSE];
    counts.missed_mappings = process.drops[TIDEMARK_HANDLES_DROP_MAPPING];
    counts.missed_unmappings = process.drops[TIDEMARK_HANDLES_DROP_UNMAPPING];
    return counts;
  }
  Status read_sites(std::vector<HandleSite>& rows) const override {
    rows.clear();
    for (const auto& [slot, ranges] : ranges_) {
      for (const auto& [place, total] : ranges.totals()) {
        rows.push_back({slot, place.cohort, SiteKind::mapped, place.stack,
                        total.opened, total.closed, total.opened_bytes,
                        total.closed_bytes});
      }
    }
    return for_each_element<tidemark_handles_site_key, tidemark_handles_site>(
        map(probe_->maps.sites), [&](const tidemark_handles_site_key& key,
                                     const tidemark_handles_site& site) {
          rows.push_back({key.slot, key.cohort, static_cast<SiteKind>(key.kind),
                          key.stack, static_cast<int64_t>(site.opened),
                          static_cast<int64_t>(site.closed), 0, 0});
        });
  }
  Status drain(
      const std::function<void(const HandleStack&)>& stacks,
      const std::function<void(HandleSlot, HandleEvent)>& events) override {
    ring_->drain([&](std::span<const std::byte> record) {
      take(record, stacks, events);
    });
    return {};
  }

 private:
  static int map(const bpf_map* which) { return bpf_map__fd(which); }

  template <typename Key, typename Value>
  static Status write(const bpf_map* which, Key key, const Value& value) {
    const int error = bpf_map_update_elem(map(which), &key, &value, BPF_ANY);
    if (error != 0) return fail_errno("handles map", -error);
    return {};
  }
  void take(std::span<const std::byte> record,
            const std::function<void(const HandleStack&)>& stacks,
            const std::function<void(HandleSlot, HandleEvent)>& events) {
    tidemark_handles_head head = {};
    if (record.size() < sizeof(head)) return;
    std::memcpy(&head, record.data(), sizeof(head));
    switch (head.event) {
      case TIDEMARK_HANDLES_STACK_SEEN: return take_stack(record, stacks);
      case TIDEMARK_HANDLES_EXECED: ranges_[head.slot].clear(); [[fallthrough]];
      case TIDEMARK_HANDLES_EXITED:
        return events(head.slot, static_cast<HandleEvent>(head.event));
      default: return take_mapping(record);
    }
  }
  void take_mapping(std::span<const std::byte> record) {
    tidemark_handles_mapping what = {};
    if (record.size() < sizeof(what)) return;
    std::memcpy(&what, record.data(), sizeof(what));
    // A record of a process that was released meanwhile is nobody's.
    if (what.head.slot >= pids_.size() || pids_[what.head.slot] == Pid{})
      return;
    MappedRanges& ranges = ranges_[what.head.slot];
    const MappedRanges::Place place{what.stack, what.cohort};
    switch (what.head.event) {
      case TIDEMARK_HANDLES_MAPPED:
        return ranges.map(what.address, what.bytes, place);
      case TIDEMARK_HANDLES_RESERVED:
        return ranges.reserve(what.address, what.bytes);
      case TIDEMARK_HANDLES_UNMAPPED:
        return ranges.unmap(what.address, what.bytes);
      case TIDEMARK_HANDLES_MOVING:
        return ranges.moving(what.thread, what.address, what.bytes);
      case TIDEMARK_HANDLES_MOVED:
        return ranges.moved(what.thread, what.address, what.bytes, place);
      default: return;
    }
  }
  static void take_stack(
      std::span<const std::byte> record,
      const std::function<void(const HandleStack&)>& stacks) {
    if (record.size() < sizeof(tidemark_handles_stack)) return;
    const auto* from =
        reinterpret_cast<const tidemark_handles_stack*>(record.data());
    HandleStack stack;
    stack.slot = from->head.slot;
    stack.key = from->stack;
    stack.kind = static_cast<SiteKind>(from->kind);
    std::ranges::copy(from->registers, stack.registers.begin());
    stack.program_counter = from->ip;
    stack.stack = {from->copy,
                   std::min<size_t>(from->bytes, sizeof(from->copy))};
    stacks(stack);
  }

  Probe probe_;
  std::unique_ptr<RingReader> ring_;
  std::array<Pid, kMostProcesses> pids_ = {};
  std::map<HandleSlot, MappedRanges> ranges_;
};

}  // namespace

Result<std::unique_ptr<HandleTracer>> HandleTracer::open(
    const HandleTracerOptions& options) {
#ifndef __x86_64__
  return fail(ErrorKind::unsupported,
              "probe handles: knows the system calls of x86-64 alone");
#endif
  const ProbeLog log;
  Probe probe(handles_bpf__open());
  if (!probe) return probe_failed(kName, "opening", errno, log);
  bpf_map__set_max_entries(probe->maps.open_handles, options.open_handles);
  bpf_map__set_max_entries(probe->maps.sites, options.sites);
  bpf_map__set_max_entries(probe->maps.stacks, options.stacks);
  probe->rodata->pid_namespace_inode = own_pid_namespace();
  int error = handles_bpf__load(probe.get());
  if (error != 0) return probe_failed(kName, "loading", -error, log);
  error = handles_bpf__attach(probe.get());
  if (error != 0) return probe_failed(kName, "attaching", -error, log);
  auto tracer = std::make_unique<LinkedHandles>(std::move(probe));
  TIDEMARK_CHECK(tracer->start());
  return tracer;
}

// For `tidemark doctor`: loads and attaches it for real, then takes it away.
Status check_handles() {
  TIDEMARK_CHECK(HandleTracer::open());
  return {};
}

}  // namespace tidemark
