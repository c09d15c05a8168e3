// Every probe needs CAP_BPF and CAP_PERFMON, and no more where the kernel has
// what spares it CAP_SYS_ADMIN.
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <string_view>

#include "core/os/file.h"
#include "probes/kernel_features.h"
#include "probes/probe_host.h"
#include "tests/bpf/workload.h"

namespace tidemark {
namespace {

constexpr int kNobody = 65534;

// Becomes nobody with these capabilities alone; false: not possible here.
bool become_nobody_with(std::initializer_list<int> capabilities) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  for (const int capability : capabilities) {
    auto& word = data[capability / 32];
    word.effective |= 1u << (capability % 32);
    word.permitted |= 1u << (capability % 32);
  }
  return ::prctl(PR_SET_KEEPCAPS, 1) == 0 &&
         ::setresgid(kNobody, kNobody, kNobody) == 0 &&
         ::setresuid(kNobody, kNobody, kNobody) == 0 &&
         ::syscall(SYS_capset, &header, data) == 0;
}

// The wait status of a nobody that tries one probe: 0 it works, 1 it is
// refused, 2 the test itself cannot run.
int try_probe(const ProbeEntry& probe,
              std::initializer_list<int> capabilities) {
  testing_bpf::Child child([&] {
    if (!become_nobody_with(capabilities)) ::_exit(2);
    const Status status = probe.check();
    if (status) ::_exit(0);
    std::fprintf(stderr, "%s\n", status.error().what.c_str());
    ::_exit(status.error().kind == ErrorKind::permission ? 1 : 3);
  });
  return WEXITSTATUS(child.wait());
}

// Debian's and Ubuntu's kernels know a level 3, under which every perf event
// asks CAP_SYS_ADMIN.
bool perf_events_ask_admin() {
  std::string level;
  const auto text = read_file("/proc/sys/kernel/perf_event_paranoid", level);
  return text && text->starts_with("3");
}

// Perf uprobes ask it always; uprobe.multi (6.6) does not.
bool asks_admin(const ProbeEntry& probe) {
  if (std::string_view(probe.name) == "on_cpu") return perf_events_ask_admin();
  if (std::string_view(probe.name) != "heap") return false;
  const auto multi =
      kernel_has_enumerator("bpf_attach_type", "BPF_TRACE_UPROBE_MULTI");
  return multi && !*multi;
}

TEST(ProbeCapabilities, BpfAndPerfmonAreEnough) {
  for (const ProbeEntry& probe : all_probes()) {
    const int result = try_probe(probe, {CAP_BPF, CAP_PERFMON});
    if (result == 2) GTEST_SKIP() << "needs root";
    EXPECT_EQ(result, asks_admin(probe) ? 1 : 0) << probe.name;
  }
}

TEST(ProbeCapabilities, WithoutThemTheErrorSaysSo) {
  for (const ProbeEntry& probe : all_probes()) {
    const int result = try_probe(probe, {});
    if (result == 2) GTEST_SKIP() << "needs root";
    EXPECT_EQ(result, 1) << probe.name;
  }
}

}  // namespace
}  // namespace tidemark
