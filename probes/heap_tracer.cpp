#include "probes/heap_tracer.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <thread>

#include "heap.skel.h"
#include "probes/heap_record.h"
#include "probes/heap_sampling.h"
#include "probes/heap_tables.h"
#include "probes/kernel_features.h"
#include "probes/kernel_function.h"
#include "probes/own_functions.h"
#include "probes/probe_host.h"
#include "probes/uprobe_link.h"

namespace tidemark {
namespace {

constexpr std::string_view kName = "heap";
constexpr HeapSlot kOwnSlot = TIDEMARK_HEAP_PROCESSES - 1;  // for measuring
static_assert(HeapTracer::kMostProcesses == kOwnSlot);
constexpr uint32_t kBatch = 2048;  // rows read at once

struct Close {
  void operator()(heap_bpf* probe) const { heap_bpf__destroy(probe); }
  void operator()(ring_buffer* ring) const { ring_buffer__free(ring); }
  void operator()(bpf_link* link) const { bpf_link__destroy(link); }
};
using Probe = std::unique_ptr<heap_bpf, Close>;

int64_t whole_blocks(int64_t count) {
  return (count + (1 << (TIDEMARK_COUNT_BITS - 1))) >> TIDEMARK_COUNT_BITS;
}

HeapSite row_of(const tidemark_heap_site_key& key,
                const tidemark_heap_site& site) {
  HeapSite row;
  row.slot = key.slot;
  row.epoch = key.epoch;
  row.cohort = key.cohort;
  row.key = key.key;
  row.alloc_bytes = site.alloc_bytes;
  row.alloc_count = whole_blocks(site.alloc_count);
  row.live_bytes = site.alloc_bytes - site.freed_bytes;
  row.live_count = whole_blocks(site.alloc_count - site.freed_count);
  row.samples = site.samples;
  std::copy_n(site.lives, row.lifetimes.size(), row.lifetimes.begin());
  return row;
}

void add(HeapCounts& sum, const tidemark_heap_counts& cpu) {
  sum.fast_traps += cpu.fast_traps;
  sum.slow_traps += cpu.slow_traps;
  sum.return_traps += cpu.return_traps;
  sum.alloc_count += cpu.alloc_count;
  sum.alloc_bytes += cpu.alloc_bytes;
  sum.samples += cpu.samples;
  sum.frees += cpu.frees;
  sum.untracked += cpu.untracked;
  sum.live_full += cpu.drops[TIDEMARK_HEAP_DROP_LIVE_FULL];
  sum.sites_full += cpu.drops[TIDEMARK_HEAP_DROP_SITES_FULL];
  sum.stack_ring_full += cpu.drops[TIDEMARK_HEAP_DROP_STACK];
  sum.event_ring_full += cpu.drops[TIDEMARK_HEAP_DROP_EVENT];
  sum.missed_returns += cpu.drops[TIDEMARK_HEAP_DROP_RETURN];
  sum.missed_frees += cpu.drops[TIDEMARK_HEAP_DROP_FREE];
  sum.no_state += cpu.drops[TIDEMARK_HEAP_DROP_STATE];
}

// Calls see(key, value) for each element of a hash map, in batches.
template <typename Key, typename Value, typename See>
Status for_each_element(int map, See&& see) {
  std::vector<Key> keys(kBatch);
  std::vector<Value> values(kBatch);
  uint64_t place = 0;
  bool first = true;
  while (true) {
    __u32 count = kBatch;
    const int error =
        bpf_map_lookup_batch(map, first ? nullptr : &place, &place, keys.data(),
                             values.data(), &count, nullptr);
    if (error != 0 && error != -ENOENT) return fail_errno("heap map", -error);
    for (__u32 i = 0; i < count; ++i) see(keys[i], values[i]);
    if (error == -ENOENT) return {};
    first = false;
  }
}

// Deletes the elements that `is_old` names by key, and tells which.
template <typename Key, typename Value, typename IsOld, typename Tell>
void delete_elements(int map, IsOld&& is_old, Tell&& deleted) {
  std::vector<Key> old;
  const Status status =
      for_each_element<Key, Value>(map, [&](const Key& key, const Value&) {
        if (is_old(key)) old.push_back(key);
      });
  static_cast<void>(status);
  for (const Key& key : old) {
    if (bpf_map_delete_elem(map, &key) == 0) deleted(key);
  }
}

class LinkedTracer final : public HeapTracer {
 public:
  LinkedTracer(Probe probe, HeapAttachment attachment)
      : probe_(std::move(probe)),
        attachment_(attachment),
        cpus_(static_cast<size_t>(libbpf_num_possible_cpus())) {
    slots_[kOwnSlot].pid = Pid{::getpid()};
  }

  ~LinkedTracer() override {
    if (processes_ != nullptr) ::munmap(processes_, map_bytes());
  }

  Status start() {
    void* mapped = ::mmap(nullptr, map_bytes(), PROT_READ | PROT_WRITE,
                          MAP_SHARED, bpf_map__fd(probe_->maps.processes), 0);
    if (mapped == MAP_FAILED) return fail_errno("heap map", errno);
    processes_ = static_cast<tidemark_heap_process*>(mapped);
    stack_ring_.reset(ring_buffer__new(bpf_map__fd(probe_->maps.stack_ring),
                                       &LinkedTracer::on_stack, this, nullptr));
    event_ring_.reset(ring_buffer__new(bpf_map__fd(probe_->maps.event_ring),
                                       &LinkedTracer::on_event, this, nullptr));
    if (!stack_ring_ || !event_ring_) return fail_errno("ring buffer", errno);
    TIDEMARK_CHECK(open_poll());
    for (bpf_program* program :
         {probe_->progs.heap_fork, probe_->progs.heap_exec,
          probe_->progs.heap_exit}) {
      bpf_link* link = bpf_program__attach(program);
      if (link == nullptr) return fail_errno("probe heap: attaching", errno);
      lives_.emplace_back(link);
    }
    return measure();
  }

  HeapAttachment attachment() const override { return attachment_; }
  HeapTrapCost trap_cost() const override { return cost_; }

  Result<HeapSlot> reserve(Pid pid) override {
    for (HeapSlot slot = 0; slot < kOwnSlot; ++slot) {
      if (slots_[slot].pid.value != 0) continue;
      slots_[slot].pid = pid;
      const auto tgid = static_cast<__u32>(pid.value);
      if (bpf_map_update_elem(bpf_map__fd(probe_->maps.targets), &tgid, &slot,
                              BPF_ANY) != 0) {
        slots_[slot] = {};
        return fail_errno("heap targets", errno);
      }
      clear_counts(slot);
      return slot;
    }
    return fail(ErrorKind::full, "more than " + std::to_string(kMostProcesses) +
                                     " processes with heap probes");
  }

  Status add_object(HeapSlot slot, const HeapObject& object) override {
    if (object.linker_notice != 0) TIDEMARK_CHECK(watch_linker(slot, object));
    std::vector<UprobePoint> entries, returns, frees;
    for (const HeapProbe& probe : object.probes) {
      const uint64_t cookie = cookie_of(slot, probe);
      (probe.call == HeapCall::free ? frees : entries)
          .push_back({probe.offset, cookie});
      for (const uint64_t offset : probe.returns) {
        entries.push_back({offset, TIDEMARK_HEAP_COOKIE(
                                       slot, TIDEMARK_HEAP_SLOW, probe.function,
                                       TIDEMARK_HEAP_RESULT)});
      }
      if (probe.call != HeapCall::free && probe.returns.empty()) {
        returns.push_back({probe.offset, cookie});
      }
    }
    // Frees first: no block is known before its end can be seen.
    TIDEMARK_CHECK(link_one(slot, probe_->progs.heap_free, object.path, frees));
    return link(slot, object.path, entries, returns);
  }

  void set_code(HeapSlot slot, std::span<const AddressRange> ranges) override {
    tidemark_heap_code code{};
    for (const AddressRange& range : ranges) mark_pages(code, range);
    bpf_map_update_elem(bpf_map__fd(probe_->maps.code_pages), &slot, &code,
                        BPF_ANY);
    store(processes_[slot].code_known, ranges.empty() ? 0 : 1);
  }

  void count_calls(HeapSlot slot) override {
    store(processes_[slot].flags,
          TIDEMARK_HEAP_ENABLED | TIDEMARK_HEAP_COUNT_ONLY);
  }

  void sample(HeapSlot slot, uint64_t period) override {
    std::atomic_ref(processes_[slot].period)
        .store(std::max<uint64_t>(period, 1));
    if (std::atomic_ref(processes_[slot].flags).load() ==
        TIDEMARK_HEAP_ENABLED) {
      return;
    }
    add_other_row(slot,
                  std::atomic_ref(processes_[slot].epoch).fetch_add(1) + 1);
    store(processes_[slot].flags, TIDEMARK_HEAP_ENABLED);
  }

  void sample_at_exec(HeapSlot slot, uint64_t period) override {
    std::atomic_ref(processes_[slot].period)
        .store(std::max<uint64_t>(period, 1));
    store(processes_[slot].flags, TIDEMARK_HEAP_AT_EXEC);
  }

  uint64_t period(HeapSlot slot) const override {
    return std::atomic_ref(processes_[slot].period).load();
  }
  uint32_t epoch(HeapSlot slot) const override {
    return std::atomic_ref(processes_[slot].epoch).load();
  }

  void detach(HeapSlot slot) override {
    store(processes_[slot].flags, 0);
    Attached& process = slots_[slot];
    close_together(std::exchange(process.links, {}));
    const auto tgid = static_cast<__u32>(process.pid.value);
    const int targets = bpf_map__fd(probe_->maps.targets);
    HeapSlot owner = 0;
    if (bpf_map_lookup_elem(targets, &tgid, &owner) == 0 && owner == slot) {
      bpf_map_delete_elem(targets, &tgid);
    }
  }

  void purge(HeapSlot slot, uint32_t epoch) override {
    const auto is_old = [&](const auto& key) {
      return key.slot == slot && key.epoch <= epoch;
    };
    delete_elements<tidemark_heap_block_key, tidemark_heap_block>(
        bpf_map__fd(probe_->maps.live), is_old,
        [&](const tidemark_heap_block_key& key) {
          const __u32 hash = tidemark_address_hash(key.address);
          std::atomic_ref(probe_->bss->alive_at[hash]).fetch_sub(1);
        });
    delete_elements<tidemark_heap_site_key, tidemark_heap_site>(
        bpf_map__fd(probe_->maps.sites), is_old, [](const auto&) {});
    delete_elements<tidemark_heap_stack_key, uint64_t>(
        bpf_map__fd(probe_->maps.stacks), is_old, [](const auto&) {});
  }

  void release(HeapSlot slot) override { slots_[slot] = {}; }

  void set_cohort(uint32_t ordinal) override {
    std::atomic_ref(cohort()).store(ordinal);
  }

  void join_keys(HeapSlot slot, uint32_t epoch, uint64_t key,
                 uint64_t same) override {
    const tidemark_heap_stack_key which{key, slot, epoch};
    bpf_map_update_elem(bpf_map__fd(probe_->maps.stacks), &which, &same,
                        BPF_EXIST);
  }

  void forget_site(const HeapSite& site) override {
    const tidemark_heap_site_key which{site.slot, site.epoch, site.key,
                                       site.cohort, 0};
    bpf_map_delete_elem(bpf_map__fd(probe_->maps.sites), &which);
  }

  HeapCounts counts(HeapSlot slot) const override {
    HeapCounts sum;
    std::vector<tidemark_heap_counts> cpus(cpus_);
    if (bpf_map_lookup_elem(bpf_map__fd(probe_->maps.counts), &slot,
                            cpus.data()) == 0) {
      for (const tidemark_heap_counts& cpu : cpus) add(sum, cpu);
    }
    return sum;
  }

  Status read_sites(std::vector<HeapSite>& rows) const override {
    rows.clear();
    return for_each_element<tidemark_heap_site_key, tidemark_heap_site>(
        bpf_map__fd(probe_->maps.sites),
        [&](const tidemark_heap_site_key& key, const tidemark_heap_site& site) {
          if (key.slot != kOwnSlot) rows.push_back(row_of(key, site));
        });
  }

  int fd() const override { return poll_.get(); }

  Status drain(const std::function<void(const HeapStack&)>& stacks,
               const std::function<void(const HeapEvent&)>& events) override {
    stack_sink_ = &stacks;
    event_sink_ = &events;
    // Events first: a stack may be of the life that they announce.
    const int first = ring_buffer__consume(event_ring_.get());
    const int second = ring_buffer__consume(stack_ring_.get());
    stack_sink_ = nullptr;
    event_sink_ = nullptr;
    const int error = std::min(first, second);
    if (error < 0) return fail_errno("ring buffer", -error);
    return {};
  }

 private:
  struct Attached {
    Pid pid;
    std::vector<UniqueFd> links;
  };

  static constexpr size_t map_bytes() {
    return sizeof(tidemark_heap_process) * TIDEMARK_HEAP_PROCESSES;
  }
  static void store(__u32& field, __u32 value) {
    std::atomic_ref(field).store(value);
  }
  // The skeleton says volatile, which atomic_ref does not take.
  __u32& cohort() { return const_cast<__u32&>(probe_->bss->cohort); }

  // Each close waits tens of ms for what may still run: side by side they wait
  // once.
  static void close_together(std::vector<UniqueFd> links) {
    std::vector<std::jthread> closers;
    while (links.size() > 1) {
      closers.emplace_back([link = std::move(links.back())] {});
      links.pop_back();
    }
  }

  static void mark_pages(tidemark_heap_code& code, AddressRange range) {
    constexpr uint64_t kPage = 4096;
    // More pages than bits: all of them.
    const uint64_t end =
        std::min(range.end, range.begin + 2 * kPage * TIDEMARK_HEAP_CODE_BITS);
    for (uint64_t at = range.begin; at < end; at += kPage) {
      const __u32 bit = tidemark_code_bit(at);
      code.pages[bit / 64] |= __u64{1} << (bit % 64);
    }
  }

  static uint64_t cookie_of(HeapSlot slot, const HeapProbe& probe) {
    uint32_t flags = probe.slow ? TIDEMARK_HEAP_SLOW : 0;
    if (probe.nests) flags |= TIDEMARK_HEAP_NESTS;
    if (!probe.returns.empty()) flags |= TIDEMARK_HEAP_AT_RETURN;
    return TIDEMARK_HEAP_COOKIE(slot, flags, probe.function,
                                static_cast<uint8_t>(probe.call));
  }

  Status open_poll() {
    poll_ = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
    if (!poll_.valid()) return fail_errno("epoll", errno);
    for (ring_buffer* ring : {stack_ring_.get(), event_ring_.get()}) {
      epoll_event wanted{};
      wanted.events = EPOLLIN;
      if (::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, ring_buffer__epoll_fd(ring),
                      &wanted) != 0) {
        return fail_errno("epoll", errno);
      }
    }
    return {};
  }

  int program(const bpf_program* program) const {
    return bpf_program__fd(program);
  }

  void keep(HeapSlot slot, UniqueFd link) {
    slots_[slot].links.push_back(std::move(link));
  }
  void keep(HeapSlot slot, std::vector<UniqueFd> links) {
    for (UniqueFd& link : links) keep(slot, std::move(link));
  }

  Status link(HeapSlot slot, const std::string& path,
              std::span<const UprobePoint> entries,
              std::span<const UprobePoint> returns) {
    if (entries.empty()) return {};
    const Pid pid = slots_[slot].pid;
    const int entry = program(probe_->progs.heap_entry);
    const int result = program(probe_->progs.heap_return);
    if (attachment_ == HeapAttachment::session) {
      TIDEMARK_TRY(UniqueFd made,
                   link_uprobes(program(probe_->progs.heap_session),
                                kUprobeSession, path, entries, pid, false));
      keep(slot, std::move(made));
      return {};
    }
    // Returns first: a call that begins between the two is then no sample.
    if (attachment_ == HeapAttachment::perf) {
      TIDEMARK_TRY(auto ends,
                   link_perf_uprobes(result, path, returns, pid, true));
      keep(slot, std::move(ends));
      TIDEMARK_TRY(auto begins,
                   link_perf_uprobes(entry, path, entries, pid, false));
      keep(slot, std::move(begins));
      return {};
    }
    if (!returns.empty()) {
      TIDEMARK_TRY(UniqueFd made, link_uprobes(result, kUprobeMulti, path,
                                               returns, pid, true));
      keep(slot, std::move(made));
    }
    TIDEMARK_TRY(UniqueFd made,
                 link_uprobes(entry, kUprobeMulti, path, entries, pid, false));
    keep(slot, std::move(made));
    return {};
  }

  // Of a program that wants no returns.
  Status link_one(HeapSlot slot, const bpf_program* wanted,
                  const std::string& path,
                  std::span<const UprobePoint> points) {
    if (points.empty()) return {};
    const Pid pid = slots_[slot].pid;
    if (attachment_ == HeapAttachment::perf) {
      TIDEMARK_TRY(auto made, link_perf_uprobes(program(wanted), path, points,
                                                pid, false));
      keep(slot, std::move(made));
      return {};
    }
    TIDEMARK_TRY(UniqueFd made, link_uprobes(program(wanted), kUprobeMulti,
                                             path, points, pid, false));
    keep(slot, std::move(made));
    return {};
  }

  Status watch_linker(HeapSlot slot, const HeapObject& object) {
    const UprobePoint point{object.linker_notice,
                            TIDEMARK_HEAP_COOKIE(slot, 0u, 0u, 0u)};
    return link_one(slot, probe_->progs.heap_maps, object.path, {&point, 1});
  }

  void clear_counts(HeapSlot slot) {
    const std::vector<tidemark_heap_counts> zero(cpus_);
    bpf_map_update_elem(bpf_map__fd(probe_->maps.counts), &slot, zero.data(),
                        BPF_ANY);
  }

  // Takes the samples that find no room for a row of their own.
  void add_other_row(HeapSlot slot, uint32_t epoch) {
    const tidemark_heap_site_key which{slot, epoch, 0, 0, 0};
    const tidemark_heap_site none{};
    bpf_map_update_elem(bpf_map__fd(probe_->maps.sites), &which, &none,
                        BPF_NOEXIST);
  }

  static int on_stack(void* self, void* data, size_t size) {
    static_cast<LinkedTracer*>(self)->take_stack(data, size);
    return 0;
  }
  static int on_event(void* self, void* data, size_t size) {
    static_cast<LinkedTracer*>(self)->take_event(data, size);
    return 0;
  }

  void take_stack(const void* data, size_t size) {
    if (size < sizeof(tidemark_heap_stack_record)) return;
    const auto& record = *static_cast<const tidemark_heap_stack_record*>(data);
    if (record.stack_bytes > TIDEMARK_HEAP_STACK || record.slot >= kOwnSlot) {
      return;
    }
    HeapStack stack;
    stack.slot = record.slot;
    stack.epoch = record.epoch;
    stack.key = record.key;
    stack.function = static_cast<uint8_t>(record.function);
    const tidemark_heap_registers& from = record.registers;
    stack.registers = {from.ip,  from.sp,  from.bp,  from.bx,
                       from.r12, from.r13, from.r14, from.r15};
    stack.bytes =
        std::as_bytes(std::span(record.stack).first(record.stack_bytes));
    (*stack_sink_)(stack);
  }

  void take_event(const void* data, size_t size) {
    tidemark_heap_event_record record;
    if (size < sizeof record) return;
    std::memcpy(&record, data, sizeof record);
    if (record.kind < TIDEMARK_HEAP_FORKED ||
        record.kind > TIDEMARK_HEAP_CHILD_EXECED || record.slot >= kOwnSlot) {
      return;
    }
    if (record.kind == TIDEMARK_HEAP_EXECED) {
      add_other_row(record.slot, record.epoch);
    }
    (*event_sink_)({static_cast<HeapEventKind>(record.kind), record.slot,
                    record.epoch, Pid{static_cast<int32_t>(record.tgid)}});
  }

  // What a hit costs: the program itself, on functions of our own that do
  // nothing. Without sessions every allocation pays for its return.
  Status measure() {
    const HeapCall entry = attachment_ == HeapAttachment::session
                               ? HeapCall::size_first
                               : HeapCall::free;
    HeapProbe fast{entry, 0, 0, false, false, {}};
    HeapProbe slow{entry, 0, 0, true, false, {}};
    HeapProbe both{HeapCall::size_first, 0, 0, false, true, {}};
    TIDEMARK_TRY(cost_.fast_ns, time_calls(tidemark_emulated_function, fast));
    TIDEMARK_TRY(cost_.slow_ns, time_calls(tidemark_stepped_function, slow));
    TIDEMARK_TRY(const double pair,
                 time_calls(tidemark_emulated_function, both));
    cost_.return_ns = std::max(pair - cost_.fast_ns, 0.0);
    purge(kOwnSlot, UINT32_MAX);  // leaves all room to others
    return {};
  }

  // The best of several rounds, since others use the machine too.
  Result<double> time_calls(void (*function)(uint64_t), HeapProbe& probe) {
    TIDEMARK_TRY(const OwnFunction own, locate_own(function));
    probe.offset = own.offset;
    auto status = add_object(kOwnSlot, {own.path, {probe}, 0});
    if (!status) return raise(std::move(status).error(), "probe heap");
    sample(kOwnSlot, uint64_t{1} << 31);
    double best = 1e9;
    for (int round = 0; round < 8; ++round) {
      constexpr int kCalls = 64;
      const auto begin = std::chrono::steady_clock::now();
      for (int i = 0; i < kCalls; ++i) function(1);
      const std::chrono::duration<double, std::nano> took =
          std::chrono::steady_clock::now() - begin;
      best = std::min(best, took.count() / kCalls);
    }
    store(processes_[kOwnSlot].flags, 0);
    slots_[kOwnSlot].links.clear();
    return best;
  }

  Probe probe_;
  HeapAttachment attachment_;
  size_t cpus_;
  tidemark_heap_process* processes_ = nullptr;
  std::array<Attached, TIDEMARK_HEAP_PROCESSES> slots_;
  std::vector<std::unique_ptr<bpf_link, Close>> lives_;
  std::unique_ptr<ring_buffer, Close> stack_ring_, event_ring_;
  UniqueFd poll_;
  HeapTrapCost cost_;
  const std::function<void(const HeapStack&)>* stack_sink_ = nullptr;
  const std::function<void(const HeapEvent&)>* event_sink_ = nullptr;
};

void size_maps(heap_bpf& probe, const HeapTracerOptions& options) {
  bpf_map__set_max_entries(probe.maps.live, options.live_blocks);
  bpf_map__set_max_entries(probe.maps.sites, options.sites);
  bpf_map__set_max_entries(probe.maps.stacks, options.stacks);
  bpf_map__set_max_entries(probe.maps.stack_ring, options.ring_bytes);
}

Status choose_programs(heap_bpf& probe, HeapAttachment attachment) {
  const bool session = attachment == HeapAttachment::session;
  bpf_program__set_autoload(probe.progs.heap_session, session);
  bpf_program__set_autoload(probe.progs.heap_entry, !session);
  bpf_program__set_autoload(probe.progs.heap_return, !session);
  bpf_program__set_autoload(probe.progs.heap_free, true);
  bpf_program__set_autoload(probe.progs.heap_maps, true);
  // libbpf 1.1 has no names for these types.
  if (session) {
    bpf_program__set_expected_attach_type(
        probe.progs.heap_session, static_cast<bpf_attach_type>(kUprobeSession));
    TIDEMARK_CHECK(call_kernel_function(probe.progs.heap_session,
                                        TIDEMARK_SESSION_IS_RETURN,
                                        "bpf_session_is_return"));
  }
  if (attachment == HeapAttachment::perf) return {};
  for (bpf_program* program : {probe.progs.heap_entry, probe.progs.heap_return,
                               probe.progs.heap_free, probe.progs.heap_maps}) {
    bpf_program__set_expected_attach_type(
        program, static_cast<bpf_attach_type>(kUprobeMulti));
  }
  return {};
}

Result<std::unique_ptr<HeapTracer>> open_with(
    HeapAttachment attachment, const HeapTracerOptions& options) {
  const ProbeLog log;
  Probe probe(heap_bpf__open());
  if (!probe) return probe_failed(kName, "opening", errno, log);
  probe->rodata->pid_namespace_inode = own_pid_namespace();
  const tidemark_sampling_tables tables = sampling_tables();
  std::ranges::copy(tables.log2_of, probe->rodata->log2_of);
  std::ranges::copy(tables.weight_of, probe->rodata->weight_of);
  size_maps(*probe, options);
  TIDEMARK_CHECK(choose_programs(*probe, attachment));
  const int error = heap_bpf__load(probe.get());
  if (error != 0) return probe_failed(kName, "loading", -error, log);
  auto tracer = std::make_unique<LinkedTracer>(std::move(probe), attachment);
  TIDEMARK_CHECK(tracer->start());
  return tracer;
}

// A kernel that says so is still asked for the real thing.
std::vector<HeapAttachment> attachments_here() {
  std::vector<HeapAttachment> order;
  const auto has = [](const char* name) {
    const auto known = kernel_has_enumerator("bpf_attach_type", name);
    return known.has_value() && *known;
  };
  if (has("BPF_TRACE_UPROBE_SESSION")) order.push_back(HeapAttachment::session);
  if (has("BPF_TRACE_UPROBE_MULTI")) order.push_back(HeapAttachment::multi);
  order.push_back(HeapAttachment::perf);
  return order;
}

}  // namespace

const char* heap_attachment_name(HeapAttachment attachment) {
  switch (attachment) {
    case HeapAttachment::automatic: return "automatic";
    case HeapAttachment::session: return "uprobe.session";
    case HeapAttachment::multi: return "uprobe.multi";
    case HeapAttachment::perf: return "perf uprobes";
  }
  return "";
}

Result<std::unique_ptr<HeapTracer>> HeapTracer::open(
    const HeapTracerOptions& options) {
#if !defined(__x86_64__)
  return fail(ErrorKind::unsupported,
              "heap probes know the registers of x86-64 alone");
#endif
  if (options.attachment != HeapAttachment::automatic) {
    return open_with(options.attachment, options);
  }
  std::optional<Error> first;
  for (const HeapAttachment attachment : attachments_here()) {
    auto tracer = open_with(attachment, options);
    if (tracer) return tracer;
    if (!first) first = std::move(tracer).error();
  }
  return std::unexpected(std::move(*first));
}

Status check_heap() {
  HeapTracerOptions small;
  small.live_blocks = small.sites = small.stacks = 16;
  small.ring_bytes = 64 << 10;
  TIDEMARK_CHECK(HeapTracer::open(small));
  return {};
}

}  // namespace tidemark
