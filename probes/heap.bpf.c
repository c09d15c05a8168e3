// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// Allocations and frees of chosen processes: samples by bytes, keeps what is
// alive, adds up by call stack and phase. Attached by cookies (heap_record.h)
// to functions that heap_tracer.cpp chooses.

#include <stdbool.h>

#include "probes/core_fixes.bpf.h"
#include "probes/heap_key.bpf.h"
#include "probes/heap_record.h"
#include "probes/heap_sampling.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* The registers of a user program on x86-64 (asm/ptrace.h). */
struct user_registers {
  __u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di;
  __u64 orig_ax, ip, cs, flags, sp, ss;
};

/* The loader turns its calls into calls of the kernel's bpf_session_is_return
 * (6.13). Were it an extern, loading would take CAP_SYS_ADMIN where the kernel
 * lacks it, whichever program is meant (process_walk.bpf.c). */
static bool (*const session_is_return)(void) = (void*)
    TIDEMARK_SESSION_IS_RETURN;

/* struct tidemark_sampling_tables */
const volatile __u32 log2_of[TIDEMARK_LOG2_STEPS + 1] = {};
const volatile __u32 weight_of[TIDEMARK_WEIGHT_STEPS + 1] = {};
/* Ordinal of the phase that is on, written at each edge; 0: none. */
volatile __u32 cohort = 0;
/* How many of those alive have an address of this hash: most frees are of
 * blocks that were not sampled, and end here, without a call of a helper. */
__u32 alive_at[TIDEMARK_HEAP_HASHES] = {};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, TIDEMARK_HEAP_PROCESSES);
  __uint(map_flags, BPF_F_MMAPABLE); /* each side writes its own members */
  __type(key, __u32);
  __type(value, struct tidemark_heap_process);
} processes SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, TIDEMARK_HEAP_PROCESSES);
  __type(key, __u32);
  __type(value, struct tidemark_heap_code);
} code_pages SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, TIDEMARK_HEAP_PROCESSES);
  __type(key, __u32);
  __type(value, struct tidemark_heap_counts);
} counts SEC(".maps");

/* Slots by process number, also of children that were not attached to. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, __u32);
  __type(value, __u32);
} targets SEC(".maps");

/* Preallocated, and never one that evicts: that would be the leak. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1);
  __type(key, struct tidemark_heap_block_key);
  __type(value, struct tidemark_heap_block);
} live SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1);
  __type(key, struct tidemark_heap_site_key);
  __type(value, struct tidemark_heap_site);
} sites SEC(".maps");

/* The keys whose stack was sent, and the key that stands for the same stack. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1);
  __type(key, struct tidemark_heap_stack_key);
  __type(value, __u64);
} stacks SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1);
} stack_ring SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 64 << 10);
} event_ring SEC(".maps");

#define MOST_NESTED 32

struct task_state {
  __u64 owner; /* slot and epoch that the rest belongs to */
  __u64 period;
  /* The call that has not returned yet. */
  __u64 sp, size, pointer;
  __u8 active; /* 1, and one more for each call from inside of it */
  __u8 sampled, has_old, kind;
  bool at_return; /* TIDEMARK_HEAP_AT_RETURN */
  __u32 function;
  struct tidemark_heap_block old; /* what realloc was given */
  /* One more than is read: the verifier bounds an index by the byte. */
  __u64 words[TIDEMARK_HEAP_WINDOW + 1];
};

struct {
  __uint(type, BPF_MAP_TYPE_TASK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, struct task_state);
} states SEC(".maps");

/* A probe hit. The few registers that most hits need are read at once: the
 * verifier takes no pointer into the middle of a context. */
struct call {
  void* context;
  __u64 di, si, dx, sp, ax;
  struct tidemark_heap_process* process;
  struct tidemark_heap_counts* counts;
  __u64 cookie;
  __u32 slot;
  __u32 epoch;
};

#define ADD(counter, value) __sync_fetch_and_add(&(counter), value)
/* For what is of one CPU and hit by every call: an atomic costs as much as the
 * rest of it. A task that is preempted just here loses another's step, one
 * in many millions. */
#define STEP(counter, value) ((counter) += (value))
#define DROP(call, cause) \
  ADD((call)->counts->drops[TIDEMARK_HEAP_DROP_##cause], 1)

/* The caller's, as its call returns. */
struct caller {
  __u64 ip, sp;
};

static __always_inline bool send_stack(const struct call* call,
                                       const struct caller* caller,
                                       __u32 function, __u64 key) {
  const struct user_registers* at = call->context;
  struct tidemark_heap_stack_record* record =
      bpf_ringbuf_reserve(&stack_ring, sizeof(*record), 0);

  if (!record) return false;
  record->key = key;
  record->slot = call->slot;
  record->epoch = call->epoch;
  record->function = function;
  record->registers.ip = caller->ip;
  record->registers.sp = caller->sp;
  record->registers.bp = at->bp;
  record->registers.bx = at->bx;
  record->registers.r12 = at->r12;
  record->registers.r13 = at->r13;
  record->registers.r14 = at->r14;
  record->registers.r15 = at->r15;
  record->stack_bytes =
      copy_bytes(record->stack, caller->sp, TIDEMARK_HEAP_STACK);
  bpf_ringbuf_submit(record, 0);
  return true;
}

/* The key that a sample's rows go by, its stack sent if it is new; 0: none. */
static __always_inline __u64 known_key(const struct call* call,
                                       struct task_state* state,
                                       const struct caller* caller) {
  const struct user_registers* at = call->context;
  struct tidemark_heap_stack_key which = {.slot = call->slot,
                                          .epoch = call->epoch};
  const struct tidemark_heap_code* code =
      bpf_map_lookup_elem(&code_pages, &which.slot);
  __u64* known;

  if (!code) return 0;
  which.key = stack_key(state->words, mix(state->function + 1, caller->ip),
                        code, call->process->code_known, caller->sp, at->bp);
  known = bpf_map_lookup_elem(&stacks, &which);
  if (known) return *known;
  if (bpf_map_update_elem(&stacks, &which, &which.key, BPF_NOEXIST)) {
    known = bpf_map_lookup_elem(&stacks, &which);
    return known ? *known : 0;
  }
  if (!send_stack(call, caller, state->function, which.key)) {
    /* The next of its kind tries again. */
    bpf_map_delete_elem(&stacks, &which);
    DROP(call, STACK);
  }
  return which.key;
}

static __always_inline struct tidemark_heap_site* site_of(
    const struct call* call, struct tidemark_heap_site_key* which) {
  struct tidemark_heap_site* site = bpf_map_lookup_elem(&sites, which);

  if (site) return site;
  static const struct tidemark_heap_site kEmpty = {};
  bpf_map_update_elem(&sites, which, &kEmpty, BPF_NOEXIST);
  site = bpf_map_lookup_elem(&sites, which);
  if (site) return site;
  DROP(call, SITES_FULL);
  which->key = 0;
  which->cohort = 0;
  return bpf_map_lookup_elem(&sites, which);
}

static __always_inline __u32 life_bucket(__u64 nanoseconds) {
  const __u32 bucket =
      (tidemark_top_bit((nanoseconds >> TIDEMARK_HEAP_LIFE_SHIFT) | 1) + 1) / 2;

  return bucket < TIDEMARK_HEAP_LIVES ? bucket : TIDEMARK_HEAP_LIVES - 1;
}

static __always_inline void debit(const struct call* call,
                                  const struct tidemark_heap_block* block) {
  struct tidemark_heap_site_key which = {.slot = call->slot,
                                         .epoch = call->epoch,
                                         .key = block->key,
                                         .cohort = block->cohort};
  struct tidemark_heap_site* site = bpf_map_lookup_elem(&sites, &which);

  if (!site) return;
  ADD(site->freed_bytes, (__s64)block->bytes);
  ADD(site->freed_count, (__s64)block->count);
  ADD(site->lives[life_bucket(bpf_ktime_get_ns() - block->time_ns) &
                  (TIDEMARK_HEAP_LIVES - 1)],
      1);
  STEP(call->counts->frees, 1);
}

/* Takes a block out of the live map; false: it is not in it. */
static __always_inline bool take_block(const struct call* call, __u64 address,
                                       struct tidemark_heap_block* block) {
  const struct tidemark_heap_block_key which = {
      .address = address, .slot = call->slot, .epoch = call->epoch};
  const __u32 hash = tidemark_address_hash(address);
  const struct tidemark_heap_block* found;

  if (!alive_at[hash]) return false;
  found = bpf_map_lookup_elem(&live, &which);
  if (!found) return false;
  /* Copied first: a deleted element may be another's at once. */
  *block = *found;
  if (bpf_map_delete_elem(&live, &which)) return false;
  ADD(alive_at[hash], -1);
  return true;
}

static __always_inline int put_block(const struct call* call, __u64 address,
                                     const struct tidemark_heap_block* block) {
  const struct tidemark_heap_block_key which = {
      .address = address, .slot = call->slot, .epoch = call->epoch};
  const __u32 hash = tidemark_address_hash(address);
  struct tidemark_heap_block stale;
  int error;

  ADD(alive_at[hash], 1);
  error = (int)bpf_map_update_elem(&live, &which, block, BPF_NOEXIST);

  if (error == -17 /* EEXIST */) {
    if (take_block(call, address, &stale)) {
      debit(call, &stale);
      DROP(call, FREE);
    }
    error = (int)bpf_map_update_elem(&live, &which, block, BPF_NOEXIST);
  }
  if (error) ADD(alive_at[hash], -1);
  return error;
}

static __always_inline void add_block(const struct call* call,
                                      struct task_state* state,
                                      const struct caller* caller,
                                      __u64 address) {
  const __u64 size = state->size;
  struct tidemark_heap_site_key which = {.slot = call->slot,
                                         .epoch = call->epoch};
  struct tidemark_heap_block block = {.time_ns = bpf_ktime_get_ns()};
  struct tidemark_heap_site* site;

  block.bytes = tidemark_weight((void*)weight_of, size, state->period);
  block.count = tidemark_weight_count(size, block.bytes);
  STEP(call->counts->samples, 1);
  which.key = known_key(call, state, caller);
  which.cohort = cohort;
  site = site_of(call, &which);
  if (!site) {
    ADD(call->counts->untracked, 1);
    return;
  }
  block.key = which.key;
  block.cohort = which.cohort;
  /* Alive first: a free in another thread comes after this call returned. */
  if (put_block(call, address, &block)) {
    ADD(call->counts->untracked, 1);
    DROP(call, LIVE_FULL);
    return;
  }
  ADD(site->alloc_bytes, (__s64)block.bytes);
  ADD(site->alloc_count, (__s64)block.count);
  ADD(site->samples, 1);
}

static __always_inline struct task_state* own_state(const struct call* call) {
  struct task_state* state = bpf_task_storage_get(
      &states, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
  const __u64 owner = ((__u64)call->slot << 32 | call->epoch) + 1;

  if (!state) {
    DROP(call, STATE);
    return NULL;
  }
  if (state->owner != owner) { /* a new thread, or a new life */
    state->owner = owner;
    state->active = 0;
  }
  return state;
}

static __always_inline __u64 wanted_size(const struct call* call, __u32 kind) {
  switch (kind) {
    case TIDEMARK_HEAP_SIZE_FIRST: return call->di;
    case TIDEMARK_HEAP_PRODUCT: return call->di * call->si;
    case TIDEMARK_HEAP_REALLOC_PRODUCT: return call->si * call->dx;
    case TIDEMARK_HEAP_BY_POINTER: return call->dx;
    default: return call->si;
  }
}

/* The countdown is of a CPU and not of a thread: gaps have no memory, so both
 * are fair, and this one is at hand. */
static __always_inline bool is_sampled(const struct call* call, __u64 period,
                                       __u64 size) {
  struct tidemark_heap_counts* counts = call->counts;

  if (period <= TIDEMARK_EXACT) return true;
  if (counts->period != period) {
    counts->period = period;
    counts->left =
        (__s64)tidemark_gap((void*)log2_of, bpf_get_prandom_u32(), period);
  }
  counts->left -= (__s64)(size ? size : 1);
  if (counts->left > 0) return false;
  counts->left =
      (__s64)tidemark_gap((void*)log2_of, bpf_get_prandom_u32(), period);
  return true;
}

static __always_inline void end_active(const struct call* call,
                                       struct task_state* state) {
  state->active = 0;
  ADD(call->process->active_calls, -1);
}

/* A call from inside of one that was counted, or instead of it: realloc's
 * malloc. Nothing else runs so near below it on the same stack, and none makes
 * many; a call that never returned must not hide all that follow. */
static __always_inline bool is_nested(const struct call* call,
                                      struct task_state* state) {
  const __u64 sp = call->sp;

  if (!state->active) return false;
  if (sp <= state->sp && state->sp - sp < (64u << 10) &&
      state->active < MOST_NESTED) {
    state->active++;
    return true;
  }
  end_active(call, state);
  DROP(call, RETURN);
  return false;
}

/* 0: its return is wanted. Most calls are no samples and nothing hangs on
 * their return: they come by without a look at their thread's state. */
static __always_inline int begin_allocation(const struct call* call) {
  const __u32 kind = call->cookie & 0xff;
  const __u32 flags = (call->cookie >> 16) & 0xff;
  const bool moves = call->di && (kind == TIDEMARK_HEAP_REALLOC ||
                                  kind == TIDEMARK_HEAP_REALLOC_PRODUCT);
  const __u64 period = call->process->period;
  const __u64 size = wanted_size(call, kind);
  struct task_state* state = NULL;
  bool sampled;

  if (call->process->active_calls) {
    state = own_state(call);
    if (!state || is_nested(call, state)) return 1;
  }
  STEP(call->counts->alloc_count, 1);
  STEP(call->counts->alloc_bytes, size);
  sampled = is_sampled(call, period, size);
  if (!sampled && !moves && !(flags & TIDEMARK_HEAP_NESTS)) return 1;
  if (!state) state = own_state(call);
  if (!state) return 1;
  state->has_old = moves && take_block(call, call->di, &state->old);
  if (!sampled && !state->has_old && !(flags & TIDEMARK_HEAP_NESTS)) return 1;
  state->size = size;
  state->period = period;
  state->sampled = sampled;
  state->active = 1;
  ADD(call->process->active_calls, 1);
  state->kind = kind;
  state->function = (call->cookie >> 8) & 0xff;
  state->sp = call->sp;
  state->pointer = call->di;
  state->at_return = flags & TIDEMARK_HEAP_AT_RETURN;
  return state->at_return;
}

/* `back`: what the stack pointer has to move to be the caller's. */
static __always_inline bool find_caller(const struct call* call, __u32 back,
                                        struct caller* caller) {
  const struct user_registers* at = call->context;

  caller->ip = at->ip;
  caller->sp = call->sp + back;
  return !back ||
         !bpf_probe_read_user(&caller->ip, sizeof(caller->ip), (void*)call->sp);
}

static __always_inline void end_allocation(const struct call* call,
                                           struct task_state* state,
                                           __u32 back) {
  __u64 address = call->ax;
  struct caller caller;

  end_active(call, state);
  if (state->kind == TIDEMARK_HEAP_BY_POINTER) {
    void* pointer = (void*)state->pointer;
    if ((__u32)address) return; /* failed */
    if (bpf_probe_read_user(&address, sizeof(address), pointer)) address = 0;
  }
  if (state->has_old) {
    /* A failed realloc leaves its block alone. */
    if (address || !state->size) {
      debit(call, &state->old);
    } else if (put_block(call, state->pointer, &state->old)) {
      ADD(call->counts->untracked, 1);
      DROP(call, LIVE_FULL);
    }
  }
  if (state->sampled && address && find_caller(call, back, &caller))
    add_block(call, state, &caller, address);
}

static __always_inline bool begin_call(struct call* call, void* context) {
  const struct user_registers* registers = context;

  call->context = context;
  call->di = registers->di;
  call->si = registers->si;
  call->dx = registers->dx;
  call->sp = registers->sp;
  call->ax = registers->ax;
  call->cookie = bpf_get_attach_cookie(context);
  call->slot = (__u32)(call->cookie >> 32);
  call->process = bpf_map_lookup_elem(&processes, &call->slot);
  call->counts = bpf_map_lookup_elem(&counts, &call->slot);
  if (!call->process || !call->counts) return false;
  call->epoch = call->process->epoch;
  return call->process->flags & TIDEMARK_HEAP_ENABLED;
}

/* At a ret, where the stack pointer is what it was at the entry. Others may
 * jump to the same code; those have return probes, and the address that they
 * return to is the probe's. */
static __always_inline void end_result(const struct call* call) {
  struct task_state* state = own_state(call);

  if (state && state->active && state->at_return && call->sp == state->sp)
    end_allocation(call, state, sizeof(__u64));
}

static __always_inline void count_trap(const struct call* call) {
  if (call->cookie & (TIDEMARK_HEAP_SLOW << 16))
    STEP(call->counts->slow_traps, 1);
  else
    STEP(call->counts->fast_traps, 1);
}

static __always_inline int on_entry(void* context) {
  struct call call;

  if (!begin_call(&call, context)) return 1;
  count_trap(&call);
  if (call.process->flags & TIDEMARK_HEAP_COUNT_ONLY) return 1;
  if ((call.cookie & 0xff) != TIDEMARK_HEAP_RESULT)
    return begin_allocation(&call);
  end_result(&call);
  return 1;
}

static __always_inline int on_return(void* context) {
  struct task_state* state;
  struct call call;

  if (!begin_call(&call, context)) return 0;
  STEP(call.counts->return_traps, 1);
  if (call.process->flags & TIDEMARK_HEAP_COUNT_ONLY) return 0;
  state = own_state(&call);
  if (state && state->active && call.sp == state->sp + sizeof(__u64))
    end_allocation(&call, state, 0);
  return 0;
}

SEC("?uprobe/free")
int heap_free(void* context) {
  struct tidemark_heap_block block;
  struct call call;

  if (!begin_call(&call, context)) return 0;
  count_trap(&call);
  if (call.process->flags & TIDEMARK_HEAP_COUNT_ONLY) return 0;
  if (call.di && take_block(&call, call.di, &block)) debit(&call, &block);
  return 0;
}

/* One program for entry and return (6.13): returning 1 at the entry spares the
 * call its return probe. */
SEC("?uprobe/session")
int heap_session(void* context) {
  return session_is_return() ? on_return(context) : on_entry(context);
}

SEC("?uprobe/entry")
int heap_entry(void* context) {
  on_entry(context);
  return 0;
}

SEC("?uprobe/return")
int heap_return(void* context) {
  on_return(context);
  return 0;
}

static __always_inline void tell(__u32 kind, __u32 slot, __u32 tgid) {
  struct tidemark_heap_process* process =
      bpf_map_lookup_elem(&processes, &slot);
  struct tidemark_heap_counts* counted = bpf_map_lookup_elem(&counts, &slot);
  struct tidemark_heap_event_record* record;

  if (!process || !counted) return;
  record = bpf_ringbuf_reserve(&event_ring, sizeof(*record), 0);
  if (!record) {
    ADD(counted->drops[TIDEMARK_HEAP_DROP_EVENT], 1);
    return;
  }
  record->kind = kind;
  record->slot = slot;
  record->tgid = tgid;
  record->epoch = process->epoch;
  bpf_ringbuf_submit(record, BPF_RB_FORCE_WAKEUP);
}

/* The dynamic linker's call that says "the list of objects changed". */
SEC("?uprobe/maps")
int heap_maps(void* context) {
  const __u32 slot = (__u32)(bpf_get_attach_cookie(context) >> 32);

  tell(TIDEMARK_HEAP_MAPPED, slot, namespace_tgid(bpf_get_current_task_btf()));
  return 0;
}

/* The child is known by its parent's slot until it has its own, so that its
 * exec and its end are told. */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(heap_fork, struct task_struct* parent, struct task_struct* child) {
  const __u32 tgid = namespace_tgid(parent);
  const __u32* found;
  __u32 of_child, slot;

  if (child->pid != child->tgid) return 0; /* a thread */
  found = bpf_map_lookup_elem(&targets, &tgid);
  if (!found) return 0;
  slot = *found | TIDEMARK_HEAP_CHILD;
  of_child = namespace_tgid(child);
  if (!of_child) return 0;
  bpf_map_update_elem(&targets, &of_child, &slot, BPF_NOEXIST);
  tell(child->mm == parent->mm ? TIDEMARK_HEAP_VFORKED : TIDEMARK_HEAP_FORKED,
       slot & ~TIDEMARK_HEAP_CHILD, of_child);
  return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(heap_exec, struct task_struct* task) {
  const __u32 tgid = namespace_tgid(task);
  const __u32* found = bpf_map_lookup_elem(&targets, &tgid);
  struct tidemark_heap_process* process;
  __u32 slot;

  if (!found) return 0;
  if (*found & TIDEMARK_HEAP_CHILD) {
    tell(TIDEMARK_HEAP_CHILD_EXECED, *found & ~TIDEMARK_HEAP_CHILD, tgid);
    return 0;
  }
  slot = *found;
  process = bpf_map_lookup_elem(&processes, &slot);
  if (!process) return 0;
  ADD(process->epoch, 1);
  process->code_known = 0;
  if (process->flags & TIDEMARK_HEAP_AT_EXEC)
    process->flags = TIDEMARK_HEAP_ENABLED;
  tell(TIDEMARK_HEAP_EXECED, slot, tgid);
  return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(heap_exit, struct task_struct* task) {
  __u32 tgid, slot;
  const __u32* found;

  if (task->signal->live.counter != 0) return 0;
  tgid = namespace_tgid(task);
  found = bpf_map_lookup_elem(&targets, &tgid);
  if (!found) return 0;
  slot = *found;
  if (bpf_map_delete_elem(&targets, &tgid)) return 0; /* told already */
  if (!(slot & TIDEMARK_HEAP_CHILD)) tell(TIDEMARK_HEAP_EXITED, slot, tgid);
  return 0;
}
