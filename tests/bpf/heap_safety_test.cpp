// The heap tracer does no harm: samples within their error, and targets that
// outlive any number of attachments, with no probe left.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>

#include "probes/heap_plan.h"
#include "tests/bpf/heap_fixture.h"
#include "tests/bpf/workload.h"

namespace tidemark {
namespace {

using namespace std::chrono_literals;
using testing_bpf::CuedTarget;
using testing_bpf::HeapSession;

constexpr uint8_t kBreakpoint = 0xcc;  // int3, which a uprobe puts there

class HeapSafetyTest : public testing_bpf::HeapFixture {
 protected:
  // The address of the first probe of glibc in a process.
  static uint64_t probe_address(const HeapSession& session) {
    for (const AllocatorObject& object : session.allocators().objects) {
      for (const Mapping& mapping : session.maps().mappings) {
        const uint64_t offset = object.probes.front().probe_offset;
        if (mapping.file != object.file || !mapping.executable) continue;
        if (offset < mapping.file_offset) continue;
        return mapping.begin + offset - mapping.file_offset;
      }
    }
    return 0;
  }
  // What stands there, in the process's own memory.
  static uint8_t byte_at(Pid pid, uint64_t address) {
    const std::string path = "/proc/" + std::to_string(pid.value) + "/mem";
    const UniqueFd memory(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    uint8_t byte = 0;
    EXPECT_EQ(::pread(memory.get(), &byte, 1, static_cast<off_t>(address)), 1);
    return byte;
  }
  static bool comes_true(const std::function<bool()>& condition) {
    for (int i = 0; i < 500 && !condition(); ++i) {
      std::this_thread::sleep_for(20ms);
    }
    return condition();
  }
};

// Live bytes of the target's blocks, which it computes in the same way.
double sampled_truth() {
  double bytes = 0;
  unsigned random = 12345;
  for (int i = 0; i < 6000; ++i) {
    random = random * 1103515245u + 12345u;
    const unsigned size = 16 + (random >> 8) % (i % 8 == 0 ? 131072 : 600);
    if (i % 3 != 0) bytes += size;
  }
  return bytes;
}

TEST_F(HeapSafetyTest, SamplesAreWithinTheirErrorInNineteenOfTwentySeeds) {
  constexpr uint64_t kPeriod = 64 << 10;
  const double truth = sampled_truth();
  const double error = 2 * std::sqrt(double(kPeriod) * truth);
  int within = 0;
  double sum = 0;
  for (int seed = 0; seed < 40; ++seed) {
    HeapSession session(*tracer_);
    CuedTarget target({TIDEMARK_HEAP_TARGET, "sampled"});
    ASSERT_TRUE(target.hear("ready\n"));
    ASSERT_NO_FATAL_FAILURE(trace(session, target, kPeriod));
    double live = 0;
    for (const HeapSite& site : session.sites()) {
      live += static_cast<double>(site.live_bytes);
    }
    sum += live;
    within += std::abs(live - truth) <= error;
  }
  std::printf("truth %.0f bytes, mean of 40 seeds %.0f, within +-%.0f: %d\n",
              truth, sum / 40, error, within);
  EXPECT_GE(within, 38);
  // The mean of 40 has a 40th of the variance: no bias is to be seen.
  EXPECT_NEAR(sum / 40, truth, 2 * error / std::sqrt(40.0));
}

TEST_F(HeapSafetyTest, AThrowingThreadedTargetOutlivesAThousandAttachments) {
  CuedTarget target({TIDEMARK_HEAP_TARGET, "exceptions"});
  ASSERT_TRUE(target.hear("ready\n"));
  target.answer();
  ASSERT_TRUE(target.hear("throwing\n"));
  AllocatorFinder finder;
  const auto found = finder.find(target.pid());
  ASSERT_TRUE(found) << found.error().what;
  std::vector<HeapObject> plans;
  for (const AllocatorObject& object : found->objects) {
    plans.push_back(plan_object(object));
  }
  const int attachments = testing_bpf::times("TIDEMARK_ATTACHMENTS", 1000);
  uint64_t samples = 0;
  for (int cycle = 0; cycle < attachments; ++cycle) {
    const auto slot = tracer_->reserve(target.pid());
    ASSERT_TRUE(slot) << slot.error().what;
    for (const HeapObject& plan : plans) {
      const Status added = tracer_->add_object(*slot, plan);
      ASSERT_TRUE(added) << added.error().what << " in cycle " << cycle;
    }
    tracer_->sample(*slot, cycle % 2 == 0 ? HeapTracer::kExact : 4096);
    if (cycle % 10 == 0) std::this_thread::sleep_for(2ms);
    samples += tracer_->counts(*slot).samples;
    tracer_->detach(*slot);
    if (cycle % 50 == 0) tracer_->purge(*slot, UINT32_MAX);
    tracer_->release(*slot);
  }
  std::printf("%d attachments, %lu samples\n", attachments, samples);
  EXPECT_GT(samples, static_cast<uint64_t>(attachments));
  HeapSession session(*tracer_);
  ASSERT_TRUE(session.attach(target.pid()));
  const uint64_t address = probe_address(session);
  EXPECT_EQ(byte_at(target.pid(), address), kBreakpoint);
  tracer_->detach(session.slot());
  EXPECT_NE(byte_at(target.pid(), address), kBreakpoint);
  // It still works, and ends of its own will.
  target.answer();
  ASSERT_TRUE(target.hear("done\n"));
  target.answer();
  EXPECT_EQ(target.wait(), 0);
}

TEST_F(HeapSafetyTest, NoProbeOutlivesAKilledTracer) {
  CuedTarget target({TIDEMARK_HEAP_TARGET, "malloc"});
  ASSERT_TRUE(target.hear("ready\n"));
  HeapSession session(*tracer_);
  ASSERT_TRUE(session.attach(target.pid()));
  const uint64_t address = probe_address(session);
  tracer_->detach(session.slot());
  const uint8_t original = byte_at(target.pid(), address);
  ASSERT_NE(original, kBreakpoint);
  const pid_t killed = ::fork();
  if (killed == 0) {
    auto tracer = HeapTracer::open({});
    if (!tracer) ::_exit(1);
    HeapSession other(**tracer);
    if (!other.attach(target.pid())) ::_exit(1);
    other.sample(HeapTracer::kExact);
    while (true) ::pause();
  }
  EXPECT_TRUE(comes_true(
      [&] { return byte_at(target.pid(), address) == kBreakpoint; }));
  ::kill(killed, SIGKILL);
  ::waitpid(killed, nullptr, 0);
  EXPECT_TRUE(
      comes_true([&] { return byte_at(target.pid(), address) == original; }));
  target.answer();
  ASSERT_TRUE(target.hear("done\n"));
  target.answer();
  EXPECT_EQ(target.wait(), 0);
}

TEST_F(HeapSafetyTest, ATargetThatEndsIsGoneWithAName) {
  CuedTarget target({TIDEMARK_HEAP_TARGET, "malloc"});
  ASSERT_TRUE(target.hear("ready\n"));
  HeapSession session(*tracer_);
  ASSERT_TRUE(session.attach(target.pid()));
  session.sample(HeapTracer::kExact);
  target.answer();
  target.answer();
  EXPECT_EQ(target.wait(), 0);
  ASSERT_TRUE(session.read());
  ASSERT_EQ(session.events().size(), 1u);
  EXPECT_EQ(session.events()[0].kind, HeapEventKind::exited);
  // What it held when it ended is still to be read.
  EXPECT_GE(session.live_count(), 12);
  HeapSession late(*tracer_);
  const Status refused = late.attach(session.maps().pid);
  ASSERT_FALSE(refused);
  EXPECT_FALSE(refused.error().what.empty());
}

TEST_F(HeapSafetyTest, ADeletedAndStrippedProgramIsTracedAllTheSame) {
  const std::string copy = folder_ + "/target";
  ASSERT_EQ(
      std::system(("strip -o " + copy + " " TIDEMARK_HEAP_TARGET).c_str()), 0);
  CuedTarget target({copy, "malloc"});
  ASSERT_TRUE(target.hear("ready\n"));
  ASSERT_EQ(std::filesystem::remove_all(folder_), 2u);
  expect_traced(target);
}

TEST_F(HeapSafetyTest, AFullLiveMapRefusesAndCounts) {
  HeapTracerOptions small;
  small.live_blocks = 8;
  auto tracer = HeapTracer::open(small);
  ASSERT_TRUE(tracer) << tracer.error().what;
  HeapSession session(**tracer);
  CuedTarget target({TIDEMARK_HEAP_TARGET, "calloc"});
  ASSERT_TRUE(target.hear("ready\n"));
  ASSERT_NO_FATAL_FAILURE(trace(session, target));
  const HeapCounts counts = session.counts();
  // Those that it holds are the oldest, and each refused one is counted.
  EXPECT_GT(counts.live_full, 0u);
  EXPECT_EQ(counts.untracked, counts.live_full);
  EXPECT_EQ(session.live_count() + static_cast<int64_t>(counts.untracked), 11);
}

TEST_F(HeapSafetyTest, AFullRingOfStacksIsCountedAndTriedAgain) {
  HeapTracerOptions small;
  small.ring_bytes = 16 << 10;  // no stack fits
  auto tracer = HeapTracer::open(small);
  ASSERT_TRUE(tracer) << tracer.error().what;
  HeapSession session(**tracer);
  CuedTarget target({TIDEMARK_HEAP_TARGET, "calloc"});
  ASSERT_TRUE(target.hear("ready\n"));
  ASSERT_NO_FATAL_FAILURE(trace(session, target));
  EXPECT_EQ(session.counts().stack_ring_full, 11u);
  EXPECT_TRUE(session.stacks().empty());
  EXPECT_EQ(session.live_count(), 11);
}

}  // namespace
}  // namespace tidemark
