// On-CPU samples against the CPU time that /proc tells.
#include "probes/on_cpu.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "daemon/procfs/process_stat.h"
#include "probes/process_maps.h"
#include "probes/symbolizer.h"
#include "probes/unwinder.h"
#include "tests/bpf/workload.h"

namespace tidemark {
namespace {

using testing_bpf::Child;
using testing_bpf::proc_text;

[[noreturn, gnu::noinline]] void spin_here() {
  while (true) asm volatile("");
}

// Of the process's threads; nanoseconds.
int64_t run_time(pid_t pid) {
  return std::atoll(proc_text(pid, "schedstat").c_str());
}

bool passes_through(const OnCpuStack& stack, std::string_view function) {
  static Unwinder unwinder;
  static Symbolizer symbolizer;
  const auto maps = read_process_maps("/proc", stack.process.pid);
  UnwindInput input;
  input.registers = stack.registers;
  input.program_counter = stack.program_counter;
  input.stack_address = stack.registers[7];
  input.stack = stack.stack;
  for (const UnwoundFrame& frame : unwinder.unwind(*maps, input).frames) {
    if (frame.object == UnwoundFrame::kNoObject) continue;
    for (const SymbolFrame& name : symbolizer.symbolize(
             symbol_source(unwinder.objects().at(frame.object)),
             frame.offset)) {
      if (name.function.find(function) != std::string::npos) return true;
    }
  }
  return false;
}

TEST(OnCpu, SamplesAreAsManyAsTheCpuTime) {
  auto probe = OnCpuProbe::open();
  if (!probe) GTEST_SKIP() << probe.error().what;
  const Child spinning([] { spin_here(); });
  const Child sleeping([] { testing_bpf::sleep_forever(); });
  for (const pid_t pid : {spinning.pid(), sleeping.pid()}) {
    const auto stat = procfs::parse_process_stat(proc_text(pid, "stat"));
    ASSERT_TRUE((*probe)->follow(stat->key()));
  }
  (*probe)->set_cohort(7);
  const int64_t before = run_time(spinning.pid());
  while (run_time(spinning.pid()) - before < 1'500'000'000) ::usleep(20'000);
  const auto counts = (*probe)->read(Pid{spinning.pid()});
  const int64_t used = run_time(spinning.pid()) - before;
  const double expected = static_cast<double>(used) * 49e-9;
  EXPECT_NEAR(static_cast<double>(counts->samples), expected,
              0.15 * expected + 3);
  EXPECT_LE((*probe)->read(Pid{sleeping.pid()})->samples, 1);
  int64_t samples = 0, here = 0;
  ASSERT_TRUE((*probe)->drain([&](const OnCpuStack& stack) {
    if (stack.process.pid.value != spinning.pid()) return;
    EXPECT_EQ(stack.cohort, 7u);
    samples += stack.samples;
    if (passes_through(stack, "spin_here")) here += stack.samples;
  }));
  EXPECT_GE(samples, counts->samples);
  EXPECT_EQ(here, samples);
}

}  // namespace
}  // namespace tidemark
