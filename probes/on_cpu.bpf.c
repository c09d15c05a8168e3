// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// Where followed processes spend CPU time: at each tick of a CPU's clock event
// the user stack of the process that is on it, the kernel's work for it counted
// to the call that asked for it.

#include "probes/on_cpu_record.h"
#include "probes/user_stack.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, __u32);
  __type(value, struct tidemark_on_cpu_process);
} processes SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  /* All of it counts as its reader's memory. */
  __uint(max_entries, 2 << 20);
} ring SEC(".maps");

SEC("perf_event")
int clock_ticked(void* context) {
  struct task_struct* task = bpf_get_current_task_btf();
  const __u32 tgid = namespace_tgid(task);
  struct tidemark_on_cpu_process* process;
  struct tidemark_on_cpu_record* record;
  struct tidemark_user_registers at;

  process = bpf_map_lookup_elem(&processes, &tgid);
  if (!process || !task->mm || !is_life(task, process->start_ticks)) return 0;
  __sync_fetch_and_add(&process->samples, 1);
  __sync_fetch_and_add(&process->waiting, 1);
  if (!stack_allowed()) return 0;
  record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);
  if (!record) {
    __sync_fetch_and_add(&process->no_room, 1);
    return 0;
  }
  record->start_ticks = process->start_ticks;
  record->tgid = tgid;
  record->cohort = cohort;
  record->samples = process->waiting;
  process->waiting = 0;
  read_registers(&at, task);
  copy_stack(&record->stack, &at);
  bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
  return 0;
}
