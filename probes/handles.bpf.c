// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// Descriptors, sockets, threads and mappings of chosen processes: which call
// stack made those that are open, in which phase. A close counts when it is
// entered and an open when it returns, so that a number that two threads pass
// on is never taken for still open. A mapping may be given back in parts, or
// several at once: what stands of them is the reader's to work out, who is told
// each range in order. x86-64 system calls.

#include <stdbool.h>

#include "probes/handles_record.h"
#include "probes/user_memory.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Ordinal of the phase that is on, written at each edge; 0: none. */
volatile __u32 cohort = 0;

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, TIDEMARK_HANDLES_PROCESSES);
  __type(key, __u32);
  __type(value, struct tidemark_handles_process);
} processes SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, TIDEMARK_HANDLES_PROCESSES);
  __type(key, __u32);
  __type(value, struct tidemark_handles_ranges);
} ranges SEC(".maps");

/* Slots by process number. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, TIDEMARK_HANDLES_PROCESSES);
  __type(key, __u32);
  __type(value, __u32);
} targets SEC(".maps");

/* Preallocated, and never one that evicts: that would be the leak. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1);
  __type(key, struct tidemark_handle_key);
  __type(value, struct tidemark_handles_site_key);
} open_handles SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1);
  __type(key, struct tidemark_handles_site_key);
  __type(value, struct tidemark_handles_site);
} sites SEC(".maps");

/* Stacks that were sent. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1);
  __type(key, struct tidemark_handles_stack_key);
  __type(value, __u8);
} stacks SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  /* All of it counts as its reader's memory. */
  __uint(max_entries, 1u << 20);
} ring SEC(".maps");

struct scratch {
  __u64 words[TIDEMARK_HANDLES_WORDS];
};

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct scratch);
} scratches SEC(".maps");

#define ADD(counter, value) __sync_fetch_and_add(&(counter), value)

struct target {
  struct tidemark_handles_process* process;
  __u32 slot;
};

static __always_inline bool find_slot(__u32 slot, struct target* target) {
  target->slot = slot;
  target->process = bpf_map_lookup_elem(&processes, &slot);
  return target->process && target->process->enabled;
}

static __always_inline bool find_target(struct task_struct* task,
                                        struct target* target) {
  const __u32 tgid = namespace_tgid(task);
  const __u32* slot = bpf_map_lookup_elem(&targets, &tgid);

  return slot && find_slot(*slot, target);
}

struct key_walk {
  const struct scratch* scratch;
  const struct tidemark_handles_ranges* known;
  __u32 words;
  __u64 key;
};

static __always_inline bool is_code(const struct key_walk* walk,
                                    __u64 address) {
  const struct tidemark_handles_ranges* known = walk->known;
  __u32 at = 0;

#pragma unroll
  for (__u32 step = TIDEMARK_HANDLES_RANGES / 2; step > 0; step /= 2) {
    const __u32 next = (at + step) & (TIDEMARK_HANDLES_RANGES - 1);
    if (next < known->count && known->begin[next] <= address) at = next;
  }
  return known->count > 0 && known->begin[at] <= address &&
         address < known->end[at];
}

static long add_word(__u32 index, struct key_walk* walk) {
  __u64 word;

  if (index >= TIDEMARK_HANDLES_WORDS || index >= walk->words) return 1;
  word = walk->scratch->words[index];
  if (is_code(walk, word)) walk->key = mix(walk->key, word);
  return 0;
}

/* Equal stacks mostly have equal keys: the place of the system call and what
 * looks like return addresses in the next words. The reader joins the rest. */
static __always_inline __u64 stack_key(const struct target* target,
                                       const struct pt_regs* registers) {
  const __u32 zero = 0;
  const __u32 slot = target->slot;
  struct scratch* scratch = bpf_map_lookup_elem(&scratches, &zero);
  const __u64 sp = registers->sp;
  struct key_walk walk = {.scratch = scratch, .key = mix(1, registers->ip)};

  walk.known = bpf_map_lookup_elem(&ranges, &slot);
  if (!scratch || !walk.known) return walk.key;
  if (!bpf_probe_read_user(scratch->words, 512, (void*)sp))
    walk.words = 64;
  else if (!bpf_probe_read_user(scratch->words, 128, (void*)sp))
    walk.words = 16;
  bpf_loop(TIDEMARK_HANDLES_WORDS, add_word, &walk, 0);
  return walk.key ? walk.key : 1;
}

static __always_inline bool send_stack(const struct target* target,
                                       const struct pt_regs* from, __u64 key,
                                       __u32 kind) {
  struct tidemark_handles_stack* record =
      bpf_ringbuf_reserve(&ring, sizeof(*record), 0);
  __u64* to;

  if (!record) return false;
  record->head.event = TIDEMARK_HANDLES_STACK_SEEN;
  record->head.slot = target->slot;
  record->stack = key;
  record->kind = kind;
  to = record->registers;
  to[0] = from->ax, to[1] = from->dx, to[2] = from->cx, to[3] = from->bx;
  to[4] = from->si, to[5] = from->di, to[6] = from->bp, to[7] = from->sp;
  to[8] = from->r8, to[9] = from->r9, to[10] = from->r10, to[11] = from->r11;
  to[12] = from->r12, to[13] = from->r13, to[14] = from->r14;
  to[15] = from->r15;
  record->ip = from->ip;
  record->bytes = copy_bytes(record->copy, from->sp, TIDEMARK_HANDLES_STACK);
  bpf_ringbuf_submit(record, 0);
  return true;
}

static __always_inline __u64 known_key(const struct target* target,
                                       const struct pt_regs* registers,
                                       __u32 kind) {
  struct tidemark_handles_stack_key which = {.slot = target->slot};
  const __u8 sent = 1;

  which.stack = stack_key(target, registers);
  if (bpf_map_lookup_elem(&stacks, &which)) return which.stack;
  if (bpf_map_update_elem(&stacks, &which, &sent, BPF_NOEXIST))
    return bpf_map_lookup_elem(&stacks, &which) ? which.stack : 0;
  if (!send_stack(target, registers, which.stack, kind)) {
    bpf_map_delete_elem(&stacks, &which); /* the next of its kind tries */
    ADD(target->process->drops[TIDEMARK_HANDLES_DROP_RING], 1);
  }
  return which.stack;
}

static __always_inline struct tidemark_handles_site* site_of(
    const struct tidemark_handles_site_key* which) {
  static const struct tidemark_handles_site kEmpty = {};
  struct tidemark_handles_site* site = bpf_map_lookup_elem(&sites, which);

  if (site) return site;
  bpf_map_update_elem(&sites, which, &kEmpty, BPF_NOEXIST);
  return bpf_map_lookup_elem(&sites, which);
}

static __always_inline bool close_handle(const struct target* target,
                                         __u32 thread, __u32 number) {
  const struct tidemark_handle_key key = {
      .slot = target->slot, .thread = thread, .number = number};
  const struct tidemark_handles_site_key* found =
      bpf_map_lookup_elem(&open_handles, &key);
  struct tidemark_handles_site_key which;
  struct tidemark_handles_site* site;

  if (!found) return false;
  which = *found; /* a deleted element may be another's at once */
  if (bpf_map_delete_elem(&open_handles, &key)) return false;
  ADD(target->process->closed, 1);
  site = bpf_map_lookup_elem(&sites, &which);
  if (site) ADD(site->closed, 1);
  return true;
}

static __always_inline void open_handle(const struct target* target,
                                        const struct pt_regs* registers,
                                        __u32 kind, __u32 number) {
  struct tidemark_handle_key key = {.slot = target->slot,
                                    .thread = kind == TIDEMARK_HANDLE_THREAD,
                                    .number = number};
  struct tidemark_handles_site_key which = {
      .slot = target->slot, .cohort = cohort, .kind = kind};
  struct tidemark_handles_site* site;

  which.stack = known_key(target, registers, kind);
  site = site_of(&which);
  if (!site) {
    ADD(target->process->drops[TIDEMARK_HANDLES_DROP_SITES_FULL], 1);
    return;
  }
  if (close_handle(target, key.thread, number))
    ADD(target->process->drops[TIDEMARK_HANDLES_DROP_CLOSE], 1);
  if (bpf_map_update_elem(&open_handles, &key, &which, BPF_NOEXIST)) {
    ADD(target->process->drops[TIDEMARK_HANDLES_DROP_OPEN_FULL], 1);
    return;
  }
  if (!key.thread && number > target->process->most)
    target->process->most = number;
  ADD(target->process->opened, 1);
  ADD(site->opened, 1);
}

/* What a copy of a descriptor is: what it was a copy of. */
static __always_inline __u32 kind_of(const struct target* target, __u32 fd) {
  const struct tidemark_handle_key key = {.slot = target->slot, .number = fd};
  const struct tidemark_handles_site_key* found =
      bpf_map_lookup_elem(&open_handles, &key);

  return found ? found->kind : TIDEMARK_HANDLE_FD;
}

/* System calls of x86-64 (arch/x86/entry/syscalls/syscall_64.tbl). */
enum {
  NR_OPEN = 2,
  NR_CLOSE = 3,
  NR_MMAP = 9,
  NR_MUNMAP = 11,
  NR_PIPE = 22,
  NR_MREMAP = 25,
  NR_DUP = 32,
  NR_DUP2 = 33,
  NR_SOCKET = 41,
  NR_ACCEPT = 43,
  NR_SOCKETPAIR = 53,
  NR_FCNTL = 72,
  NR_CREAT = 85,
  NR_EPOLL_CREATE = 213,
  NR_INOTIFY_INIT = 253,
  NR_OPENAT = 257,
  NR_SIGNALFD = 282,
  NR_TIMERFD_CREATE = 283,
  NR_EVENTFD = 284,
  NR_ACCEPT4 = 288,
  NR_SIGNALFD4 = 289,
  NR_EVENTFD2 = 290,
  NR_EPOLL_CREATE1 = 291,
  NR_DUP3 = 292,
  NR_PIPE2 = 293,
  NR_INOTIFY_INIT1 = 294,
  NR_PERF_EVENT_OPEN = 298,
  NR_FANOTIFY_INIT = 300,
  NR_OPEN_BY_HANDLE_AT = 304,
  NR_MEMFD_CREATE = 319,
  NR_USERFAULTFD = 323,
  NR_IO_URING_SETUP = 425,
  NR_PIDFD_OPEN = 434,
  NR_CLOSE_RANGE = 436,
  NR_OPENAT2 = 437,
  NR_PIDFD_GETFD = 438,
};
#define F_DUPFD 0
#define F_DUPFD_CLOEXEC 1030
#define CLOSE_RANGE_CLOEXEC 4
#define MAP_STACK 0x20000
#define PAGE_SIZE 4096ull

struct close_walk {
  struct target target;
  __u32 first;
  struct file** files; /* not null: only those that are closed there */
  __u32 file_count;
  bool forget; /* without counting */
};

static long close_next(__u32 index, struct close_walk* walk) {
  const __u32 fd = walk->first + index;

  if (walk->forget) {
    const struct tidemark_handle_key key = {.slot = walk->target.slot,
                                            .number = fd};
    bpf_map_delete_elem(&open_handles, &key);
    return 0;
  }
  if (walk->files) {
    struct file* file = NULL;
    if (fd < walk->file_count)
      bpf_probe_read_kernel(&file, sizeof(file), &walk->files[fd]);
    if (file) return 0;
  }
  close_handle(&walk->target, 0, fd);
  return 0;
}

static __always_inline void close_all(struct close_walk* walk, __u32 last) {
  const __u32 most = walk->target.process->most;

  if (last > most) last = most;
  if (walk->first > last) return;
  bpf_loop(last - walk->first + 1, close_next, walk, 0);
}

static __always_inline void tell_mapping(
    const struct target* target, const struct tidemark_handles_mapping* what) {
  struct tidemark_handles_mapping* record =
      bpf_ringbuf_reserve(&ring, sizeof(*record), 0);

  if (!record) {
    const __u32 cause = what->head.event == TIDEMARK_HANDLES_MAPPED
                            ? TIDEMARK_HANDLES_DROP_MAPPING
                            : TIDEMARK_HANDLES_DROP_UNMAPPING;
    ADD(target->process->drops[cause], 1);
    return;
  }
  *record = *what;
  record->head.slot = target->slot;
  record->bytes = (what->bytes + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
  record->thread = (__u32)bpf_get_current_pid_tgid();
  bpf_ringbuf_submit(record, 0);
}

/* munmap fails for these arguments alone, but for a split too many. */
static __always_inline void range_leaves(const struct target* target,
                                         const struct pt_regs* registers,
                                         __u32 event) {
  const struct tidemark_handles_mapping what = {
      .head.event = event, .address = registers->di, .bytes = registers->si};

  if (what.bytes && !(what.address % PAGE_SIZE)) tell_mapping(target, &what);
}

static __always_inline void range_comes(const struct target* target,
                                        const struct pt_regs* registers,
                                        __u32 event, __u64 bytes, long result) {
  struct tidemark_handles_mapping what = {
      .head.event = event, .address = result, .bytes = bytes, .cohort = cohort};

  what.stack = known_key(target, registers, TIDEMARK_HANDLE_MAPPED);
  tell_mapping(target, &what);
}

/* Addresses without memory are no mapping; those of a thread's stack become
 * one at once. */
static __always_inline bool is_only_reserved(const struct pt_regs* registers) {
  return !registers->dx && !(registers->r10 & MAP_STACK);
}

static __always_inline int enter_mapping_call(const struct pt_regs* registers,
                                              long number) {
  struct target target;

  if (!find_target(bpf_get_current_task_btf(), &target)) return 0;
  range_leaves(&target, registers,
               number == NR_MUNMAP ? TIDEMARK_HANDLES_UNMAPPED
                                   : TIDEMARK_HANDLES_MOVING);
  return 0;
}

static __always_inline int exit_mapping_call(const struct pt_regs* registers,
                                             long result) {
  const bool failed = result < 0 && result >= -4095;
  struct tidemark_handles_mapping nothing = {.head.event =
                                                 TIDEMARK_HANDLES_MOVED};
  struct target target;

  if (!find_target(bpf_get_current_task_btf(), &target)) return 0;
  if (registers->orig_ax == NR_MREMAP) {
    if (failed)
      tell_mapping(&target, &nothing);
    else
      range_comes(&target, registers, TIDEMARK_HANDLES_MOVED, registers->dx,
                  result);
  } else if (failed) {
    return 0;
  } else if (is_only_reserved(registers)) {
    nothing.head.event = TIDEMARK_HANDLES_RESERVED;
    nothing.address = result;
    nothing.bytes = registers->si;
    tell_mapping(&target, &nothing);
  } else {
    range_comes(&target, registers, TIDEMARK_HANDLES_MAPPED, registers->si,
                result);
  }
  return 0;
}

SEC("tp_btf/sys_enter")
int BPF_PROG(handles_enter, struct pt_regs* registers, long number) {
  struct close_walk walk = {};

  if (number == NR_MUNMAP || number == NR_MREMAP)
    return enter_mapping_call(registers, number);
  if (number != NR_CLOSE && number != NR_CLOSE_RANGE) return 0;
  if (!find_target(bpf_get_current_task_btf(), &walk.target)) return 0;
  if (number == NR_CLOSE) {
    close_handle(&walk.target, 0, (__u32)registers->di);
    return 0;
  }
  if (registers->dx & CLOSE_RANGE_CLOEXEC) return 0;
  walk.first = (__u32)registers->di;
  close_all(&walk, (__u32)registers->si);
  return 0;
}

static __always_inline void open_pair(const struct target* target,
                                      const struct pt_regs* registers,
                                      __u32 kind, __u64 address) {
  __s32 pair[2];

  if (bpf_probe_read_user(pair, sizeof(pair), (void*)address)) return;
  open_handle(target, registers, kind, (__u32)pair[0]);
  open_handle(target, registers, kind, (__u32)pair[1]);
}

enum outcome { NOTHING, DESCRIPTOR, SOCKET, COPY, PIPE, SOCKETS };

static __always_inline enum outcome outcome_of(const struct pt_regs* registers,
                                               __u64 result) {
  switch (registers->orig_ax) {
    case NR_OPEN:
    case NR_CREAT:
    case NR_OPENAT:
    case NR_OPENAT2:
    case NR_OPEN_BY_HANDLE_AT:
    case NR_EPOLL_CREATE:
    case NR_EPOLL_CREATE1:
    case NR_INOTIFY_INIT:
    case NR_INOTIFY_INIT1:
    case NR_FANOTIFY_INIT:
    case NR_TIMERFD_CREATE:
    case NR_EVENTFD:
    case NR_EVENTFD2:
    case NR_PERF_EVENT_OPEN:
    case NR_MEMFD_CREATE:
    case NR_USERFAULTFD:
    case NR_IO_URING_SETUP:
    case NR_PIDFD_OPEN:
    case NR_PIDFD_GETFD: return DESCRIPTOR;
    case NR_SIGNALFD:
    case NR_SIGNALFD4: /* may change one that is there */
      return (__u32)registers->di == (__u32)result ? NOTHING : DESCRIPTOR;
    case NR_SOCKET:
    case NR_ACCEPT:
    case NR_ACCEPT4: return SOCKET;
    case NR_DUP:
    case NR_DUP3: return COPY;
    case NR_DUP2: /* to itself is nothing */
      return (__u32)registers->di == (__u32)result ? NOTHING : COPY;
    case NR_FCNTL:
      return (__u32)registers->si == F_DUPFD ||
                     (__u32)registers->si == F_DUPFD_CLOEXEC
                 ? COPY
                 : NOTHING;
    case NR_PIPE:
    case NR_PIPE2: return PIPE;
    case NR_SOCKETPAIR: return SOCKETS;
    default: return NOTHING;
  }
}

SEC("tp_btf/sys_exit")
int BPF_PROG(handles_exit, struct pt_regs* registers, long result) {
  struct target target;
  enum outcome outcome;

  if (registers->orig_ax == NR_MMAP || registers->orig_ax == NR_MREMAP)
    return exit_mapping_call(registers, result);
  if (result < 0) return 0;
  outcome = outcome_of(registers, (__u64)result);
  if (outcome == NOTHING) return 0;
  if (!find_target(bpf_get_current_task_btf(), &target)) return 0;
  if (outcome == PIPE) {
    open_pair(&target, registers, TIDEMARK_HANDLE_FD, registers->di);
  } else if (outcome == SOCKETS) {
    open_pair(&target, registers, TIDEMARK_HANDLE_SOCKET, registers->r10);
  } else {
    __u32 kind = TIDEMARK_HANDLE_FD;
    if (outcome == SOCKET) kind = TIDEMARK_HANDLE_SOCKET;
    if (outcome == COPY) {
      kind = kind_of(&target, (__u32)registers->di);
      /* dup2 and dup3 close what was there, and say so by this alone. */
      close_handle(&target, 0, (__u32)result);
    }
    open_handle(&target, registers, kind, (__u32)result);
  }
  return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(handles_fork, struct task_struct* parent,
             struct task_struct* child) {
  struct pt_regs* registers;
  struct target target;

  if (child->tgid != parent->tgid) return 0; /* a process */
  if (!find_target(parent, &target)) return 0;
  registers = (struct pt_regs*)bpf_task_pt_regs(parent);
  if (!registers) return 0;
  open_handle(&target, registers, TIDEMARK_HANDLE_THREAD, namespace_tid(child));
  return 0;
}

static __always_inline void tell(const struct target* target, __u32 event) {
  struct tidemark_handles_head* record =
      bpf_ringbuf_reserve(&ring, sizeof(*record), 0);

  if (!record) {
    ADD(target->process->drops[TIDEMARK_HANDLES_DROP_RING], 1);
    return;
  }
  record->event = event;
  record->slot = target->slot;
  bpf_ringbuf_submit(record, 0);
}

/* What is closed on exec is closed by now: the table says which those are. */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(handles_exec, struct task_struct* task) {
  struct close_walk walk = {};
  struct fdtable* table;

  if (!find_target(task, &walk.target)) return 0;
  table = BPF_CORE_READ(task, files, fdt);
  walk.file_count = BPF_CORE_READ(table, max_fds);
  walk.files = BPF_CORE_READ(table, fd);
  if (walk.files) close_all(&walk, walk.target.process->most);
  tell(&walk.target, TIDEMARK_HANDLES_EXECED);
  return 0;
}

/* At the end of a process its rows stay as they are, for a last reading. */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(handles_end, struct task_struct* task) {
  struct close_walk walk = {};
  __u32 tgid;

  if (!find_target(task, &walk.target)) return 0;
  if (task->signal->live.counter != 0) {
    if (!(task->signal->flags & SIGNAL_GROUP_EXIT))
      close_handle(&walk.target, 1, namespace_tid(task));
    return 0;
  }
  tgid = namespace_tgid(task);
  if (bpf_map_delete_elem(&targets, &tgid)) return 0; /* told already */
  walk.forget = true;
  close_all(&walk, walk.target.process->most);
  tell(&walk.target, TIDEMARK_HANDLES_EXITED);
  return 0;
}
