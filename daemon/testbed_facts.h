// What of a host makes figures of two runs comparable, besides its processors,
// memory and kernel: written with the recording, and part of the testbed that
// baselines are keyed by.
#pragma once

#include <string>
#include <vector>

#include "daemon/collector.h"

namespace tidemark {

// "testbed.governor: performance", …; what a host does not tell is left out.
// Sources: Documentation/admin-guide/pm/cpufreq.rst, mm/transhuge.rst,
// sysctl/kernel.rst, cgroup-v1/memory.rst, cgroup-v2.rst. Nothing of the
// environment is among them: recordings never hold that.
std::vector<std::string> testbed_facts(const Roots& roots);

}  // namespace tidemark
