// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// Growth of followed processes: of their address space, seen whenever their
// mmap lock is given back (brk, mmap, munmap, mremap and mprotect all hold it,
// and no other system call is slowed down), and of their anonymous memory, at
// one in so many page faults. Byte totals are kept here; a stack is copied on
// growth only, and not more often than a budget allows: what is left out is
// counted to the next one, so that the sum over stacks is the whole.

#include "probes/growth_record.h"
#include "probes/user_stack.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define PAGE_SIZE 4096
/* x86-64 (asm/unistd_64.h, asm-generic/mman-common.h). */
#define CALL_MMAP 9
#define CALL_MPROTECT 10
#define CALL_BRK 12
#define MAP_ANONYMOUS 0x20
#define MAP_SHARED 0x01
#define MAP_STACK 0x20000

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, __u32);
  __type(value, struct tidemark_growth_process);
} processes SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  /* All of it counts as its reader's memory. */
  __uint(max_entries, 2 << 20);
} ring SEC(".maps");

static __always_inline void send(struct tidemark_growth_process* process,
                                 __u32 tgid, __u32 source, __u64 bytes,
                                 const struct tidemark_user_registers* at) {
  struct tidemark_growth_amount* waiting = &process->waiting[source];
  struct tidemark_growth_record* record = NULL;

  waiting->bytes += bytes;
  waiting->count++;
  if (!stack_allowed()) return;
  record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);
  if (!record) {
    process->no_room++;
    return;
  }
  record->start_ticks = process->start_ticks;
  record->tgid = tgid;
  record->cohort = cohort;
  record->source = source;
  record->amount = *waiting;
  copy_stack(&record->stack, at);
  bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
  waiting->bytes = waiting->count = 0;
}

static __always_inline struct tidemark_growth_process* followed(
    struct task_struct* task, __u32* tgid) {
  struct tidemark_growth_process* process;

  *tgid = namespace_tgid(task);
  process = bpf_map_lookup_elem(&processes, tgid);
  return process && is_life(task, process->start_ticks) ? process : NULL;
}

static __always_inline __u32
region_of_call(const struct tidemark_user_registers* at) {
  if (at->orig_ax == CALL_BRK) return TIDEMARK_GROWTH_HEAP;
  if (at->orig_ax != CALL_MMAP) return TIDEMARK_GROWTH_MAPPING;
  if (at->r10 & MAP_STACK) return TIDEMARK_GROWTH_THREAD_STACK;
  if (!(at->r10 & MAP_ANONYMOUS) || (at->r10 & MAP_SHARED))
    return TIDEMARK_GROWTH_FILE;
  return at->dx ? TIDEMARK_GROWTH_MAPPING : TIDEMARK_GROWTH_RESERVED;
}

/* Pages that were only reserved and can be used from now on; those of a
 * thread's stack were counted when it was mapped. */
static __always_inline __s64
made_usable(struct tidemark_growth_process* process, __s64 pages) {
  const __s64 stack = process->new_stack_pages;

  /* All of it but its guard. Another thread's arena may come in between. */
  if (stack <= 0 || pages > stack || pages + 64 < stack) return pages;
  process->new_stack_pages = 0;
  return 0;
}

static __always_inline void space_changed(
    struct tidemark_growth_process* process, __u32 tgid,
    struct task_struct* task, __s64 total, __s64 data) {
  struct tidemark_user_registers at;
  __s64 pages = total;
  __u32 region;

  if (total < 0) {
    process->shrunk.bytes += -total * PAGE_SIZE;
    process->shrunk.count++;
    return;
  }
  read_registers(&at, task);
  region = region_of_call(&at);
  if (total == 0) {
    if (data <= 0 || at.orig_ax != CALL_MPROTECT) return;
    pages = made_usable(process, data);
    region = TIDEMARK_GROWTH_ARENA;
  } else if (region == TIDEMARK_GROWTH_THREAD_STACK && at.dx == 0) {
    process->new_stack_pages = total;
  }
  if (pages <= 0) return;
  process->grown[region].bytes += pages * PAGE_SIZE;
  process->grown[region].count++;
  if (region == TIDEMARK_GROWTH_RESERVED) return; /* nothing was taken yet */
  send(process, tgid, TIDEMARK_GROWTH_SPACE, pages * PAGE_SIZE, &at);
}

/* Its arguments but the first differ between kernels. */
SEC("tp_btf/mmap_lock_released")
int BPF_PROG(lock_released, struct mm_struct* mm) {
  struct task_struct* task = bpf_get_current_task_btf();
  struct tidemark_growth_process* process;
  __s64 total, data, total_before, data_before;
  __u32 tgid;

  process = followed(task, &tgid);
  if (!process || (__u64)task->mm != (__u64)mm) return 0;
  total = (__s64)mm->total_vm;
  data = (__s64)(mm->data_vm + mm->stack_vm); /* as statm tells it */
  total_before = process->total_pages;
  data_before = process->data_pages;
  if (total == total_before && data == data_before) return 0;
  process->total_pages = total;
  process->data_pages = data;
  if (process->mm != (__u64)mm) {
    const bool execed = process->mm != 0;

    process->mm = (__u64)mm;
    if (execed) {
      process->anon_pages = 0;
      return 0; /* another program: what the kernel maps of it is no growth */
    }
  }
  space_changed(process, tgid, task, total - total_before, data - data_before);
  return 0;
}

static __always_inline __u32
region_of_address(struct mm_struct* mm,
                  const struct tidemark_user_registers* at, __u64 address) {
  if (address >= mm->start_brk && address < mm->brk)
    return TIDEMARK_GROWTH_HEAP;
  if (address <= mm->start_stack &&
      mm->start_stack - address < mm->stack_vm * PAGE_SIZE)
    return TIDEMARK_GROWTH_STACK;
  if (address + 65536 >= at->sp && address < at->sp + 65536)
    return TIDEMARK_GROWTH_THREAD_STACK;
  return TIDEMARK_GROWTH_MAPPING;
}

static __always_inline int sample_fault(__u64 address) {
  struct task_struct* task = bpf_get_current_task_btf();
  struct tidemark_growth_process* process;
  struct tidemark_user_registers at;
  struct mm_struct* mm;
  __s64 pages, grown;
  __u32 tgid, region;

  process = followed(task, &tgid);
  mm = task->mm;
  if (!process || !mm) return 0;
  pages = TIDEMARK_RSS(mm, MM_ANONPAGES);
  grown = pages - process->anon_pages;
  process->anon_pages = pages;
  if (grown <= 0) return 0;
  read_registers(&at, task);
  region = region_of_address(mm, &at, address);
  if (region >= TIDEMARK_GROWTH_REGIONS) return 0;
  process->touched[region].bytes += grown * PAGE_SIZE;
  process->touched[region].count++;
  send(process, tgid, TIDEMARK_GROWTH_FAULT, grown * PAGE_SIZE, &at);
  return 0;
}

/* One in so many faults: the event's period. */
struct fault_event {
  struct tidemark_user_registers registers;
  __u64 sample_period;
  __u64 addr;
};

SEC("?perf_event")
int fault_overflow(struct fault_event* event) {
  return sample_fault(event->addr);
}

/* Where perf events are not allowed: every fault, so one in so many of each CPU
 * is counted out here. */
const volatile __u32 fault_period = 1;

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u32);
} faults SEC(".maps");

SEC("?tp_btf/page_fault_user")
int BPF_PROG(fault_traced, unsigned long address) {
  __u32 zero = 0, *count = bpf_map_lookup_elem(&faults, &zero);

  if (!count || ++*count < fault_period) return 0;
  *count = 0;
  return sample_fault(address);
}
