// Allocations of chosen processes by call stack: uprobes on their allocators,
// sampled by bytes, added up in the kernel (heap.bpf.c). x86-64.
//
// The cheapest way to attach that this kernel has is taken: uprobe.session
// (6.13), uprobe.multi (6.6), perf uprobes. Whoever opened a tracer owns its
// links: when that process ends, however it ends, no probe is left.
//
// One thread attaches, detaches, drains and purges; any thread may set the
// cohort and read sites and counts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/ids.h"
#include "core/base/result.h"

namespace tidemark {

enum class HeapAttachment : uint8_t { automatic, session, multi, perf };
const char* heap_attachment_name(HeapAttachment attachment);

struct HeapTracerOptions {
  HeapAttachment attachment = HeapAttachment::automatic;
  uint32_t live_blocks = 1u << 18;  // that can be alive, sampled, at one time
  uint32_t sites = 1u << 15;
  uint32_t stacks = 1u << 16;
  // A power of two; the reader has it in its memory twice.
  uint32_t ring_bytes = 2u << 20;
};

// How a function is called; values as in heap_record.h.
enum class HeapCall : uint8_t {
  free = 0,             // f(p, ...)
  size_first = 1,       // malloc
  size_second = 2,      // memalign, aligned_alloc
  product = 3,          // calloc
  realloc = 4,          //
  realloc_product = 5,  // reallocarray
  by_pointer = 6,       // posix_memalign
};

// Where a function is probed.
struct HeapProbe {
  HeapCall call = HeapCall::free;
  uint8_t function = 0;  // the caller's number for it: part of a stack's key
  uint64_t offset = 0;   // in the file; the stack pointer is as at the entry
  bool slow = false;     // the kernel single-steps this instruction
  bool nests = false;    // may call another probed function
  // Not empty: f may throw, so its result is read at these returns (offsets in
  // the file of every `ret`), never by a return probe: that would end the
  // exception and with it the program.
  std::vector<uint64_t> returns;
};

struct HeapObject {
  std::string path;  // opens the mapped file itself
  std::vector<HeapProbe> probes;
  // Of _dl_debug_state in a dynamic linker, in the file; 0: not one.
  uint64_t linker_notice = 0;
};

struct AddressRange {
  uint64_t begin = 0;
  uint64_t end = 0;
};

using HeapSlot = uint32_t;  // a process that is attached to

struct HeapCounts {
  uint64_t fast_traps = 0;
  uint64_t slow_traps = 0;
  uint64_t return_traps = 0;
  uint64_t alloc_count = 0;  // asked for, sampled or not
  uint64_t alloc_bytes = 0;
  uint64_t samples = 0;
  uint64_t frees = 0;      // of sampled blocks
  uint64_t untracked = 0;  // sampled blocks that found no slot
  // Losses, by cause.
  uint64_t live_full = 0, sites_full = 0, stack_ring_full = 0;
  uint64_t event_ring_full = 0, missed_returns = 0, missed_frees = 0;
  uint64_t no_state = 0;
};

// What a hit costs the target, of each kind, measured at open().
struct HeapTrapCost {
  double fast_ns = 0;
  double slow_ns = 0;
  double return_ns = 0;

  double of(const HeapCounts& counts) const {
    return fast_ns * static_cast<double>(counts.fast_traps) +
           slow_ns * static_cast<double>(counts.slow_traps) +
           return_ns * static_cast<double>(counts.return_traps);
  }
};

// One row: a process's life, a stack, a phase. Bytes and counts are weighted
// sums over samples: unbiased estimates, exact when the period is 1.
struct HeapSite {
  HeapSlot slot = 0;
  uint32_t epoch = 0;
  uint32_t cohort = 0;
  uint64_t key = 0;  // of the stack; 0: rows that found no room of their own
  int64_t alloc_bytes = 0;
  int64_t alloc_count = 0;
  int64_t live_bytes = 0;
  int64_t live_count = 0;
  int64_t samples = 0;
  // Freed samples by lifetime: below 4 us, 16 us, ... each four times the last.
  std::array<uint32_t, 16> lifetimes{};
};

struct HeapRegisters {
  uint64_t ip = 0, sp = 0, bp = 0, bx = 0, r12 = 0, r13 = 0, r14 = 0, r15 = 0;
};

// The first of its key: the caller of an allocation as that returned.
struct HeapStack {
  HeapSlot slot = 0;
  uint32_t epoch = 0;
  uint64_t key = 0;
  uint8_t function = 0;
  HeapRegisters registers;
  std::span<const std::byte> bytes;  // from sp upwards
};

enum class HeapEventKind : uint8_t {
  forked = 1,   // pid: the child, with memory of its own
  vforked = 2,  // pid: a child that shares the memory up to its exec
  execed = 3,   // rows go by a new epoch from here on
  exited = 4,
  mapped = 5,        // the dynamic linker mapped or unmapped something
  child_execed = 6,  // a child that was not attached to
};
struct HeapEvent {
  HeapEventKind kind = HeapEventKind::exited;
  HeapSlot slot = 0;  // of the process, or of the child's parent
  uint32_t epoch = 0;
  Pid pid;
};

class HeapTracer {
 public:
  static constexpr size_t kMostProcesses = 63;
  static constexpr uint64_t kExact = 1;  // the period that takes every block

  // Loads the probe and measures what a hit costs here. Error: permission or
  // unsupported, with the cause and the remedy.
  static Result<std::unique_ptr<HeapTracer>> open(
      const HeapTracerOptions& options);
  virtual ~HeapTracer() = default;

  virtual HeapAttachment attachment() const = 0;
  virtual HeapTrapCost trap_cost() const = 0;

  // A slot for a process; nothing of it is probed yet. Error full: all slots
  // are taken.
  virtual Result<HeapSlot> reserve(Pid pid) = 0;
  // Probes an object, also one that the process will only map later. Error:
  // gone, permission, or the system's; what was probed before stays.
  virtual Status add_object(HeapSlot slot, const HeapObject& object) = 0;
  // Executable memory. None: not known, as after each exec.
  virtual void set_code(HeapSlot slot,
                        std::span<const AddressRange> ranges) = 0;
  // From here on calls are counted, and no more.
  virtual void count_calls(HeapSlot slot) = 0;
  // From here on samples are taken, one in `period` bytes. Again: changes the
  // period. A new epoch begins unless samples were taken already.
  virtual void sample(HeapSlot slot, uint64_t period) = 0;
  // The same, beginning with its next exec.
  virtual void sample_at_exec(HeapSlot slot, uint64_t period) = 0;
  virtual uint64_t period(HeapSlot slot) const = 0;
  virtual uint32_t epoch(HeapSlot slot) const = 0;
  // Takes the probes away. The rows stay, for a last reading, up to purge().
  virtual void detach(HeapSlot slot) = 0;
  // Forgets the rows of an epoch and of those before it.
  virtual void purge(HeapSlot slot, uint32_t epoch) = 0;
  // Gives a detached slot back.
  virtual void release(HeapSlot slot) = 0;

  // The phase that blocks belong to which are allocated from now on.
  virtual void set_cohort(uint32_t ordinal) = 0;
  // From now on samples of `key` go to the rows of `same`.
  virtual void join_keys(HeapSlot slot, uint32_t epoch, uint64_t key,
                         uint64_t same) = 0;
  // Takes a row away whose live count is zero. What is allocated at it between
  // the reading and this is lost, so only for cohorts that ended.
  virtual void forget_site(const HeapSite& site) = 0;

  virtual HeapCounts counts(HeapSlot slot) const = 0;
  // Replaces `rows`. Error: the system's.
  virtual Status read_sites(std::vector<HeapSite>& rows) const = 0;

  // Readable when stacks or events wait.
  virtual int fd() const = 0;
  virtual Status drain(const std::function<void(const HeapStack&)>& stacks,
                       const std::function<void(const HeapEvent&)>& events) = 0;
};

}  // namespace tidemark
