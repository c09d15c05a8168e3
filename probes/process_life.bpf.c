// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// Every process life: fork, exec, exit with the final figures, and kills for
// want of memory. What finds the ring full is counted, never lost in silence.

#include "probes/core_fixes.bpf.h"
#include "probes/process_usage.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define RING_BYTES (2u << 20)
#define MAX_THREADS 4096

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, RING_BYTES);
} ring SEC(".maps");

/* Records that found the ring full, by kind. */
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, TIDEMARK_LIFE_KINDS);
  __type(key, __u32);
  __type(value, __u64);
} lost SEC(".maps");

/* The event's second argument says "last thread" (since 6.16). */
const volatile __u8 exit_says_group_dead = 0;

static __always_inline struct tidemark_life_record* reserve(__u32 kind) {
  struct tidemark_life_record* record =
      bpf_ringbuf_reserve(&ring, sizeof(*record), 0);

  if (record) {
    __builtin_memset(record, 0, sizeof(*record));
    record->kind = kind;
    record->time_boot_ns = bpf_ktime_get_boot_ns();
    return record;
  }
  __u64* count = bpf_map_lookup_elem(&lost, &kind);
  if (count) ++*count;
  return NULL;
}

/* Wakes the reader only when a quarter is full: it also looks at each tick. */
static __always_inline void submit(struct tidemark_life_record* record) {
  const __u64 waiting = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA);

  bpf_ringbuf_submit(record, waiting >= RING_BYTES / 4 ? BPF_RB_FORCE_WAKEUP
                                                       : BPF_RB_NO_WAKEUP);
}

static __always_inline void identify(struct tidemark_life_record* record,
                                     struct task_struct* leader, __u32 tgid) {
  record->tgid = tgid;
  record->parent = namespace_tgid(leader->real_parent);
  record->start_boot_ns = leader->start_boottime;
  record->exec_id = leader->self_exec_id;
  bpf_core_read_str(record->comm, sizeof(record->comm), &leader->comm);
}

static __always_inline int report(struct task_struct* leader, __u32 kind) {
  const __u32 tgid = namespace_tgid(leader);
  struct tidemark_life_record* record;

  if (!tgid) return 0;
  record = reserve(kind);
  if (!record) return 0;
  identify(record, leader, tgid);
  submit(record);
  return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(process_fork, struct task_struct* parent,
             struct task_struct* child) {
  if (child->pid != child->tgid) return 0; /* a thread */
  return report(child, TIDEMARK_LIFE_FORK);
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(process_exec, struct task_struct* task) {
  return report(task, TIDEMARK_LIFE_EXEC);
}

struct walk {
  struct list_head* head;
  struct list_head* node;
  struct task_struct* skip;
  struct tidemark_usage* usage;
};

#define ADD(field, path) usage->field += BPF_CORE_READ(task, path)

/* Threads that have exited but are not yet folded into signal_struct: most
 * often the leader, which waits for the others as a zombie. */
static long add_thread(__u32 index, struct walk* walk) {
  struct tidemark_usage* usage = walk->usage;
  struct list_head* node = walk->node;
  struct task_struct* task;

  if (!node || node == walk->head) return 1;
  walk->node = BPF_CORE_READ(node, next);
  task = (void*)node - bpf_core_field_offset(struct task_struct, thread_node);
  if (task == walk->skip) return 0;
  ADD(user_ns, utime);
  ADD(system_ns, stime);
  ADD(runtime_ns, se.sum_exec_runtime);
  ADD(minor_faults, min_flt);
  ADD(major_faults, maj_flt);
  ADD(voluntary_switches, nvcsw);
  ADD(involuntary_switches, nivcsw);
  ADD(io.rchar, ioac.rchar);
  ADD(io.wchar, ioac.wchar);
  ADD(io.read, ioac.read_bytes);
  ADD(io.write, ioac.write_bytes);
  ADD(io.cancelled_write, ioac.cancelled_write_bytes);
  return 0;
}

static __always_inline void read_final(struct tidemark_life_record* record,
                                       struct task_struct* task) {
  struct signal_struct* signal = task->signal;
  struct tidemark_usage usage = {};
  struct walk walk = {.head = &signal->thread_head, .skip = task};

  read_thread_usage(&usage, task);
  add_ended_threads(&usage, signal);
  walk.node = BPF_CORE_READ(signal, thread_head.next);
  walk.usage = &usage;
  bpf_loop(MAX_THREADS, add_thread, &walk, 0);
  record->usage = usage;
  record->prev_user_ns = signal->prev_cputime.utime;
  record->prev_system_ns = signal->prev_cputime.stime;
  record->rss_peak_pages = signal->maxrss;
  /* As wait(2) tells it (kernel/exit.c, wait_task_zombie). */
  record->wait_status = signal->flags & SIGNAL_GROUP_EXIT
                            ? signal->group_exit_code
                            : task->group_leader->exit_code;
}

SEC("tp_btf/sched_process_exit")
int process_exit(__u64* ctx) {
  struct task_struct* task = (void*)ctx[0];
  struct tidemark_life_record* record;
  __u32 tgid;

  /* Where the event does not say that this is the last thread, two that end
   * at once may both find nobody left; the reader drops the second. */
  if (exit_says_group_dead ? !(ctx[1] & 0xff) : task->signal->live.counter != 0)
    return 0;
  tgid = namespace_tgid(task);
  if (!tgid) return 0;
  record = reserve(TIDEMARK_LIFE_EXIT);
  if (!record) return 0;
  identify(record, task->group_leader, tgid);
  read_final(record, task);
  submit(record);
  return 0;
}

/* mark_victim's argument was a pid until 6.8, then a task; one of the two
 * programs is loaded. */
SEC("?tp_btf/mark_victim")
int BPF_PROG(oom_kill_task, struct task_struct* task) {
  return report(task->group_leader, TIDEMARK_LIFE_OOM_KILL);
}

SEC("?tp_btf/mark_victim")
int BPF_PROG(oom_kill_pid, int pid) {
  struct tidemark_life_record* record;

  if (pid_namespace_inode) return 0; /* the pid is the initial namespace's */
  record = reserve(TIDEMARK_LIFE_OOM_KILL);
  if (!record) return 0;
  record->tgid = (__u32)pid;
  submit(record);
  return 0;
}
