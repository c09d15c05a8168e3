// Every probe needs CAP_BPF and CAP_PERFMON, and no more.
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <string>

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

TEST(ProbeCapabilities, BpfAndPerfmonAreEnough) {
  for (const ProbeEntry& probe : all_probes()) {
    const int result = try_probe(probe, {CAP_BPF, CAP_PERFMON});
    if (result == 2) GTEST_SKIP() << "needs root";
    EXPECT_EQ(result, 0) << probe.name;
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
