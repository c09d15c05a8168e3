// Growth of a process against /proc and against what it did by its own account.
#include "probes/growth.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "daemon/procfs/process_stat.h"
#include "daemon/procfs/process_statm.h"
#include "probes/process_maps.h"
#include "probes/symbolizer.h"
#include "probes/unwinder.h"
#include "tests/bpf/workload.h"

namespace tidemark {
namespace {

using testing_bpf::Child;
using testing_bpf::proc_text;

constexpr size_t kMiB = 1u << 20;

// Each one a name that a stack can be found by.
[[gnu::noinline]] void map_blocks(int count, size_t size) {
  for (int i = 0; i < count; ++i) {
    void* block = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED) ::_exit(1);
    asm volatile("" : : "r"(block) : "memory");
  }
}

[[gnu::noinline]] void grow_heap(int count, intptr_t size) {
  for (int i = 0; i < count; ++i) {
    void* old = ::sbrk(size);
    asm volatile("" : : "r"(old) : "memory");
  }
}

[[gnu::noinline]] void touch_pages(size_t bytes, int advice) {
  void* block = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ::madvise(block, bytes, advice);
  auto* at = static_cast<volatile char*>(block);
  for (size_t i = 0; i < bytes; i += 4096) at[i] = 1;
  asm volatile("" : : "r"(block) : "memory");
}

// A child that waits for a letter for each step.
class Stepper {
 public:
  explicit Stepper(const std::function<void(char)>& step)
      : opened_(::pipe(go_) == 0 && ::pipe(done_) == 0), child_([this, step] {
          char letter = 0;
          while (::read(go_[0], &letter, 1) == 1) {
            step(letter);
            if (::write(done_[1], &letter, 1) != 1) return;
          }
        }) {
    EXPECT_TRUE(opened_);
  }
  ~Stepper() {
    for (const int fd : {go_[0], go_[1], done_[0], done_[1]}) ::close(fd);
  }
  void run(char letter) {
    char answer = 0;
    ASSERT_EQ(::write(go_[1], &letter, 1), 1);
    ASSERT_EQ(::read(done_[0], &answer, 1), 1);
  }
  pid_t pid() const { return child_.pid(); }

 private:
  int go_[2], done_[2];
  bool opened_;
  Child child_;
};

ProcessKey key_of(pid_t pid) {
  return procfs::parse_process_stat(proc_text(pid, "stat"))->key();
}

GrowthBaseline baseline_of(pid_t pid) {
  const auto statm = procfs::parse_process_statm(proc_text(pid, "statm"));
  return {statm->size.count, statm->data.count, statm->anonymous().count};
}

const GrowthAmount& grown(const GrowthCounts& counts, GrowthRegion region) {
  return counts.grown[static_cast<size_t>(region)];
}

int64_t touched_bytes(const GrowthCounts& counts) {
  int64_t sum = 0;
  for (const GrowthAmount& amount : counts.touched) sum += amount.bytes;
  return sum;
}

// Bytes by the first function of each stack that is one of this file's.
std::map<std::string, int64_t> by_function(GrowthProbe& probe, pid_t pid,
                                           bool fault) {
  Unwinder unwinder;
  Symbolizer symbolizer;
  const auto maps = read_process_maps("/proc", Pid{pid});
  std::map<std::string, int64_t> bytes;
  EXPECT_TRUE(probe.drain([&](const GrowthStack& stack) {
    if (stack.fault != fault || stack.process.pid.value != pid) return;
    UnwindInput input;
    input.registers = stack.registers;
    input.program_counter = stack.program_counter;
    input.stack_address = stack.registers[7];
    input.stack = stack.stack;
    std::string name = "none";
    for (const UnwoundFrame& frame : unwinder.unwind(*maps, input).frames) {
      if (frame.object == UnwoundFrame::kNoObject) continue;
      const auto frames = symbolizer.symbolize(
          symbol_source(unwinder.objects().at(frame.object)), frame.offset);
      const auto ours = std::ranges::find_if(frames, [](const auto& each) {
        return each.function.find("map_blocks") != std::string::npos ||
               each.function.find("grow_heap") != std::string::npos ||
               each.function.find("touch_pages") != std::string::npos;
      });
      if (ours == frames.end()) continue;
      name = ours->function.find("map_blocks") != std::string::npos
                 ? "map_blocks"
             : ours->function.find("grow_heap") != std::string::npos
                 ? "grow_heap"
                 : "touch_pages";
      break;
    }
    bytes[name] += stack.amount.bytes;
  }));
  return bytes;
}

class GrowthTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override { open({}); }
  void open(GrowthOptions options) {
    options.perf_events = GetParam();
    probe_.reset();
    auto probe = GrowthProbe::open(options);
    if (!probe) GTEST_SKIP() << probe.error().what;
    probe_ = std::move(*probe);
  }
  GrowthCounts follow(pid_t pid) {
    EXPECT_TRUE(probe_->follow(key_of(pid), baseline_of(pid)));
    return *probe_->read(Pid{pid});
  }
  std::unique_ptr<GrowthProbe> probe_;
};

TEST_P(GrowthTest, CountsTheAddressSpaceAsProcDoes) {
  Stepper stepper([](char letter) {
    if (letter == 'm') map_blocks(50, kMiB);
    if (letter == 'b') grow_heap(10, 2 * kMiB);
    if (letter == 'r') {
      void* all = ::mmap(nullptr, 64 * kMiB, PROT_NONE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      ::mprotect(all, 3 * kMiB, PROT_READ | PROT_WRITE);
    }
    if (letter == 'u') {
      void* all = ::mmap(nullptr, 5 * kMiB, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      ::munmap(all, 5 * kMiB);
    }
  });
  follow(stepper.pid());
  const GrowthBaseline begin = baseline_of(stepper.pid());
  for (const char letter : {'m', 'b', 'r', 'u'}) stepper.run(letter);
  const GrowthBaseline end = baseline_of(stepper.pid());
  const GrowthCounts counts = *probe_->read(Pid{stepper.pid()});
  EXPECT_EQ(grown(counts, GrowthRegion::heap).bytes, 20 * int64_t{kMiB});
  EXPECT_EQ(grown(counts, GrowthRegion::heap).count, 10);
  EXPECT_EQ(grown(counts, GrowthRegion::mapping).bytes, 55 * int64_t{kMiB});
  EXPECT_EQ(grown(counts, GrowthRegion::mapping).count, 51);
  EXPECT_EQ(grown(counts, GrowthRegion::reserved).bytes, 64 * int64_t{kMiB});
  EXPECT_EQ(grown(counts, GrowthRegion::arena).bytes, 3 * int64_t{kMiB});
  EXPECT_EQ(counts.shrunk.bytes, 5 * int64_t{kMiB});
  int64_t sum = -counts.shrunk.bytes;
  for (size_t i = 0; i < kGrowthRegions; ++i) {
    if (i != static_cast<size_t>(GrowthRegion::arena)) {
      sum += counts.grown[i].bytes;
    }
  }
  EXPECT_EQ(sum, (end.total - begin.total) * 4096);
  const auto bytes = by_function(*probe_, stepper.pid(), false);
  EXPECT_EQ(bytes.at("map_blocks"), 50 * int64_t{kMiB});
  EXPECT_EQ(bytes.at("grow_heap"), 20 * int64_t{kMiB});
}

TEST_P(GrowthTest, KnowsThreadsStacks) {
  Stepper stepper([](char) {
    // Larger than those that glibc may have kept from threads of the tests
    // before, which a child inherits.
    pthread_attr_t large;
    ::pthread_attr_init(&large);
    ::pthread_attr_setstacksize(&large, 48 * kMiB);
    std::array<pthread_t, 4> threads;
    const auto nothing = [](void*) -> void* { return nullptr; };
    for (pthread_t& thread : threads) {
      if (::pthread_create(&thread, &large, nothing, nullptr) != 0) ::_exit(1);
    }
    for (const pthread_t thread : threads) ::pthread_join(thread, nullptr);
  });
  follow(stepper.pid());
  stepper.run('t');
  const GrowthCounts counts = *probe_->read(Pid{stepper.pid()});
  const GrowthAmount& stacks = grown(counts, GrowthRegion::thread_stack);
  // glibc keeps the stacks of ended threads for the next ones.
  EXPECT_GE(stacks.count, 1);
  EXPECT_LE(stacks.count, 4);
  EXPECT_GE(stacks.bytes, stacks.count * 48 * int64_t{kMiB});
  EXPECT_LT(grown(counts, GrowthRegion::arena).bytes, 1024 * 1024);
}

void expect_touched(GrowthProbe& probe, pid_t pid, int64_t bytes) {
  const GrowthCounts counts = *probe.read(Pid{pid});
  // What was touched after the last sample is not seen yet, and each CPU holds
  // back a batch of the counter.
  const int64_t cpus = ::sysconf(_SC_NPROCESSORS_ONLN);
  const int64_t slack = (61 + cpus * std::max<int64_t>(32, 2 * cpus)) * 4096;
  EXPECT_NEAR(static_cast<double>(touched_bytes(counts)),
              static_cast<double>(bytes), static_cast<double>(2 * slack));
}

TEST_P(GrowthTest, CountsTouchedMemoryAsProcDoes) {
  Stepper stepper([](char) { touch_pages(64 * kMiB, MADV_NOHUGEPAGE); });
  follow(stepper.pid());
  const GrowthBaseline begin = baseline_of(stepper.pid());
  stepper.run('t');
  const GrowthBaseline end = baseline_of(stepper.pid());
  expect_touched(*probe_, stepper.pid(),
                 (end.anonymous - begin.anonymous) * 4096);
  const int64_t held = testing_bpf::pages_held_back();
  std::printf("this kernel holds back up to %ld pages\n", held);
  EXPECT_GE(end.anonymous - begin.anonymous, int64_t{64 * kMiB / 4096} - held);
  const auto bytes = by_function(*probe_, stepper.pid(), true);
  EXPECT_GE(bytes.at("touch_pages"), int64_t{60 * kMiB});
}

TEST_P(GrowthTest, WeighsHugePages) {
  // Each CPU takes one in so many of the faults of all processes: beside
  // busy ones, a process waits longer than a period for its next sample. The
  // 256 faults here need a short one.
  GrowthOptions options;
  options.fault_period = 5;
  open(options);
  Stepper stepper([](char) { touch_pages(512 * kMiB, MADV_HUGEPAGE); });
  follow(stepper.pid());
  const GrowthBaseline begin = baseline_of(stepper.pid());
  stepper.run('t');
  const GrowthBaseline end = baseline_of(stepper.pid());
  const int64_t bytes = (end.anonymous - begin.anonymous) * 4096;
  // The ends of the block may be small pages.
  EXPECT_GE(bytes, int64_t{512 * kMiB} - testing_bpf::pages_held_back() * 4096);
  const std::string huge = proc_text(stepper.pid(), "smaps_rollup");
  const size_t at = huge.find("AnonHugePages:");
  ASSERT_NE(at, std::string::npos);
  if (std::atol(huge.c_str() + at + 14) < 256 * 1024) {
    GTEST_SKIP() << "no huge pages are to be had";
  }
  // 256 faults of 2 MiB: those after the last sample are not seen.
  const GrowthCounts counts = *probe_->read(Pid{stepper.pid()});
  EXPECT_GE(touched_bytes(counts), bytes - 64 * 2 * int64_t{kMiB});
  EXPECT_LE(touched_bytes(counts), bytes + 2 * int64_t{kMiB});
}

TEST_P(GrowthTest, StacksBeyondTheBudgetAreCountedToTheNext) {
  GrowthOptions options;
  options.stacks_per_second = 10;
  options.stacks_at_once = 5;
  open(options);
  Stepper stepper([](char) { map_blocks(500, 65536); });
  follow(stepper.pid());
  stepper.run('m');
  ::usleep(200'000);
  stepper.run('m');
  int stacks = 0;
  int64_t bytes = 0, calls = 0;
  ASSERT_TRUE(probe_->drain([&](const GrowthStack& stack) {
    if (stack.fault || stack.process.pid.value != stepper.pid()) return;
    ++stacks;
    bytes += stack.amount.bytes;
    calls += stack.amount.count;
  }));
  EXPECT_LT(stacks, 20);
  EXPECT_GT(calls, 500);  // those of the first step that had no stack, too
  EXPECT_EQ(bytes, calls * 65536);
}

TEST_P(GrowthTest, StacksBeyondTheRingAreCountedToTheNext) {
  GrowthOptions options;
  options.stacks_per_second = 1'000'000;
  options.stacks_at_once = 1'000'000;
  open(options);
  Stepper stepper([](char) { map_blocks(2000, 65536); });
  follow(stepper.pid());
  stepper.run('m');  // 8 MB of stacks
  EXPECT_GT(probe_->read(Pid{stepper.pid()})->no_room, 0);
  int64_t bytes = 0;
  const auto add_up = [&](const GrowthStack& stack) {
    if (!stack.fault && stack.process.pid.value == stepper.pid()) {
      bytes += stack.amount.bytes;
    }
  };
  ASSERT_TRUE(probe_->drain(add_up));
  EXPECT_LT(bytes, 2000 * 65536);
  stepper.run('m');
  ASSERT_TRUE(probe_->drain(add_up));
  EXPECT_GT(bytes, 2000 * 65536);  // what had no stack, too
}

TEST_P(GrowthTest, AnotherLifeOfThePidIsNotCounted) {
  Stepper stepper([](char) { map_blocks(50, kMiB); });
  ProcessKey other = key_of(stepper.pid());
  ++other.start_ticks;
  ASSERT_TRUE(probe_->follow(other, baseline_of(stepper.pid())));
  stepper.run('m');
  const GrowthCounts counts = *probe_->read(Pid{stepper.pid()});
  EXPECT_EQ(grown(counts, GrowthRegion::mapping).bytes, 0);
  probe_->forget(Pid{stepper.pid()});
  EXPECT_FALSE(probe_->read(Pid{stepper.pid()}));
}

INSTANTIATE_TEST_SUITE_P(Each, GrowthTest, testing::Values(true, false),
                         [](const auto& perf) {
                           return perf.param ? "perf_event" : "tracepoint";
                         });

}  // namespace
}  // namespace tidemark
