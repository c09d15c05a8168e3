// The doctor's checks of the host itself, beside its sensors
// (daemon/host_check.h): rights, kernel settings, clock, cost. Each reads below
// `roots`, so that tests give it a host of their own.
#pragma once

#include <vector>

#include "core/base/ids.h"
#include "daemon/host_check.h"

namespace tidemark {

// Which of the four capabilities this program holds.
HostCheck check_capabilities(const Roots& roots);
// Kernel lockdown (/sys/kernel/security/lockdown): above "integrity" no program
// may read kernel memory.
HostCheck check_lockdown(const Roots& roots);
// bpf(2) for users without CAP_BPF is off on most hosts, as it should be.
HostCheck check_unprivileged_bpf(const Roots& roots);
// cgroup v2, v1 or both (/proc/self/mountinfo).
HostCheck check_cgroups(const Roots& roots);
// Delay accounting and run-queue statistics (Documentation/accounting).
HostCheck check_delays(const Roots& roots);
// The clock source: with some a mark costs its program a system call.
HostCheck check_clock(const Roots& roots);
// What one pass over all processes costs here.
HostCheck check_cost();
// The allocator of a running process, for heap probes.
HostCheck check_allocator(Pid pid);

}  // namespace tidemark
