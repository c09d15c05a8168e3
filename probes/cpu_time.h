// User and system time as /proc/PID/stat tells them.
//
// Where the kernel counts CPU time by tick, a program that sleeps before each
// tick would look idle; so /proc splits the exact run time by the ratio of the
// ticks, and never lets either part fall (kernel/sched/cputime.c,
// cputime_adjust). The same figures come out here.
#pragma once

#include <cstdint>

namespace tidemark {

struct CpuTime {
  uint64_t user_ns = 0;
  uint64_t system_ns = 0;

  uint64_t total() const { return user_ns + system_ns; }
};

// `ticked`: by tick; `runtime_ns`: exact; `told`: what was told last, by us or
// by the kernel.
CpuTime split_runtime(CpuTime ticked, uint64_t runtime_ns, CpuTime told);

}  // namespace tidemark
