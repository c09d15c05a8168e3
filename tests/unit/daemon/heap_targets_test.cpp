// The ladder, on this very process: its maps are real, its probes are not.
#include "daemon/heap_targets.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "probes/symbolizer.h"
#include "tests/unit/daemon/fake_heap_tracer.h"
#include "tests/unit/daemon/manual_clock.h"

namespace tidemark {
namespace {

using State = FakeHeapTracer::State;

class HeapTargetsTest : public testing::Test {
 protected:
  HeapTargetsTest() { start("/proc"); }
  void start(const std::string& proc) {
    targets_.emplace(proc, settings_, tracer_, clock_, symbolizer_);
  }
  void after(Nanoseconds time) {
    clock_.advance(time);
    targets_->drain(output_);
    targets_->look_if_due(output_);
  }
  // Attached, counted and found cheap enough.
  void sample() {
    targets_->attach(own_, output_);
    after(HeapTargets::kBurst);
  }
  const FakeHeapTracer::Slot& slot() const { return tracer_.slots[0]; }
  std::string last_said() const {
    return output_.notices.empty() ? "" : output_.notices.back().text;
  }
  testing::AssertionResult says(const std::string& words) const {
    if (last_said().find(words) != std::string::npos) {
      return testing::AssertionSuccess();
    }
    return testing::AssertionFailure() << "said: " << last_said();
  }

  const Pid own_{::getpid()};
  HeapSettings settings_;
  FakeHeapTracer tracer_;
  ManualClock clock_;
  Symbolizer symbolizer_;
  std::optional<HeapTargets> targets_;
  HeapOutput output_;
};

TEST_F(HeapTargetsTest, CountsBeforeItSamples) {
  targets_->attach(own_, output_);
  EXPECT_EQ(slot().state, State::counting);
  EXPECT_FALSE(slot().objects.empty());
  tracer_.slots[0].counts.fast_traps = 100;
  after(HeapTargets::kBurst);
  EXPECT_EQ(slot().state, State::sampling);
  EXPECT_EQ(slot().period, settings_.sample_bytes);
  EXPECT_TRUE(says("500 allocator calls/s would cost"));
  ASSERT_EQ(output_.begun.size(), 1u);
  EXPECT_EQ(output_.begun[0].second, own_);
}

TEST_F(HeapTargetsTest, RefusesWhatWouldCostTooMuch) {
  targets_->attach(own_, output_);
  tracer_.slots[0].counts.fast_traps = 200'000;  // 0.2 s of 0.2
  after(HeapTargets::kBurst);
  EXPECT_EQ(slot().state, State::free);
  EXPECT_TRUE(says("refused: 1000000 allocator calls/s would cost"));
  EXPECT_TRUE(says("--heap=shim"));
  EXPECT_TRUE(output_.begun.empty());
  EXPECT_TRUE(targets_->empty());
}

TEST_F(HeapTargetsTest, NamesSlowProbesInItsRefusal) {
  targets_->attach(own_, output_);
  tracer_.slots[0].counts.slow_traps = 20'000;
  after(HeapTargets::kBurst);
  EXPECT_TRUE(says("some by slow probes"));
}

TEST_F(HeapTargetsTest, DetachesWithinASecondOfTooManyCalls) {
  sample();
  int looks = 0;
  while (slot().state == State::sampling && looks < 20) {
    tracer_.slots[0].counts.fast_traps += 90'000;  // 900,000 a second
    after(HeapTargets::kPeriod);
    ++looks;
  }
  EXPECT_LE(looks * HeapTargets::kPeriod, std::chrono::milliseconds(500));
  EXPECT_TRUE(says("detached after"));
  ASSERT_EQ(output_.ended.size(), 1u);
  // Its rows are read once more; then all of it is gone.
  EXPECT_EQ(slot().state, State::detached);
  targets_->purge(output_.ended[0]);
  EXPECT_EQ(slot().state, State::free);
}

TEST_F(HeapTargetsTest, ABurstWithinTheBudgetIsForgiven) {
  sample();
  tracer_.slots[0].counts.fast_traps += 60'000;
  after(HeapTargets::kPeriod);
  for (int i = 0; i < 50; ++i) after(HeapTargets::kPeriod);
  tracer_.slots[0].counts.fast_traps += 60'000;
  after(HeapTargets::kPeriod);
  EXPECT_EQ(slot().state, State::sampling);
}

TEST_F(HeapTargetsTest, TakesFewerSamplesWhenThereAreTooMany) {
  sample();
  tracer_.slots[0].counts.samples = 1000;  // in 0.1 s
  after(HeapTargets::kPeriod);
  EXPECT_EQ(slot().period, 2 * settings_.sample_bytes);
  EXPECT_TRUE(says("one sample in 131072 bytes"));
  tracer_.slots[0].counts.samples += 10;
  after(HeapTargets::kPeriod);
  EXPECT_EQ(slot().period, settings_.sample_bytes);
}

TEST_F(HeapTargetsTest, AFullLiveMapMeansFewerSamplesToo) {
  sample();
  tracer_.slots[0].counts.live_full = 3;
  tracer_.slots[0].counts.samples = 100;
  after(HeapTargets::kPeriod);
  EXPECT_EQ(slot().period, 2 * settings_.sample_bytes);
}

TEST_F(HeapTargetsTest, AnExecEndsOneLifeAndBeginsAnother) {
  sample();
  const uint32_t first = slot().epoch;
  tracer_.slots[0].epoch = first + 1;
  tracer_.waiting.push_back({HeapEventKind::execed, 0, first + 1, own_});
  after(HeapTargets::kPeriod);
  ASSERT_EQ(output_.ended.size(), 1u);
  EXPECT_EQ(output_.ended[0].epoch, first);
  ASSERT_EQ(output_.begun.size(), 2u);
  EXPECT_EQ(output_.begun[1].first.epoch, first + 1);
  targets_->purge(output_.ended[0]);
  EXPECT_EQ(slot().state, State::sampling);
}

TEST_F(HeapTargetsTest, AChildIsFollowedFromItsFork) {
  sample();
  tracer_.waiting.push_back({HeapEventKind::forked, 0, 1, Pid{1}});
  after(HeapTargets::kPeriod);
  EXPECT_EQ(tracer_.slots[1].state, State::sampling);
  // Its parent's objects, before any of its own.
  EXPECT_EQ(tracer_.slots[1].objects.front(), tracer_.slots[0].objects.front());
  ASSERT_EQ(output_.begun.size(), 2u);
  EXPECT_EQ(output_.begun[1].second, Pid{1});
}

TEST_F(HeapTargetsTest, SaysOnceThatNoSlotIsLeft) {
  tracer_.slots[0].state = tracer_.slots[1].state = State::sampling;
  targets_->attach(own_, output_);
  targets_->attach(own_, output_);
  ASSERT_EQ(output_.notices.size(), 1u);
  EXPECT_EQ(output_.notices[0].kind, EventKind::degraded);
  EXPECT_TRUE(says("no slot is left"));
}

TEST_F(HeapTargetsTest, AProcessThatIsGoneIsNamed) {
  targets_->attach(Pid{0x7ffffff0}, output_);
  ASSERT_EQ(output_.notices.size(), 1u);
  EXPECT_EQ(output_.notices[0].kind, EventKind::degraded);
  EXPECT_TRUE(says("process 2147483632 ended before"));
  EXPECT_EQ(slot().state, State::free);
}

TEST_F(HeapTargetsTest, ProbesThatAreRefusedAreNamed) {
  tracer_.refuses_objects = true;
  targets_->attach(own_, output_);
  EXPECT_TRUE(says("not ours"));
  EXPECT_EQ(slot().state, State::free);
}

TEST_F(HeapTargetsTest, AHeapThatCannotBeSeenIsNamed) {
  const std::string proc = testing::TempDir() + "heap-targets-proc";
  std::filesystem::create_directories(proc + "/77");
  std::ofstream(proc + "/77/comm") << "scripted\n";
  std::ofstream(proc + "/77/maps")
      << "7ffd00000000-7ffd00021000 rw-p 00000000 00:00 0    [stack]\n";
  start(proc);
  targets_->attach(Pid{77}, output_);
  // It may have been executed just now.
  EXPECT_TRUE(says(""));
  EXPECT_FALSE(targets_->empty());
  after(std::chrono::milliseconds(300));
  EXPECT_TRUE(says("scripted (77): heap not visible: no allocator"));
  EXPECT_EQ(output_.notices.size(), 1u);
  EXPECT_EQ(slot().state, State::free);
  EXPECT_TRUE(targets_->empty());
  std::filesystem::remove_all(proc);
}

TEST_F(HeapTargetsTest, AnAllocatorThatIsMappedLateIsFound) {
  const std::string proc = testing::TempDir() + "heap-targets-late";
  const std::string here = proc + "/" + std::to_string(own_.value);
  std::filesystem::create_directories(here);
  std::ofstream(here + "/maps")
      << "7ffd00000000-7ffd00021000 rw-p 00000000 00:00 0    [stack]\n";
  start(proc);
  targets_->attach(own_, output_);
  EXPECT_EQ(slot().state, State::free);
  std::filesystem::remove_all(here);
  std::filesystem::create_directory_symlink(
      "/proc/" + std::to_string(own_.value), here);
  after(HeapTargets::kPeriod);
  EXPECT_EQ(slot().state, State::counting);
  EXPECT_TRUE(output_.notices.empty());
  std::filesystem::remove_all(proc);
}

TEST_F(HeapTargetsTest, AStaticProgramWithoutAnAllocatorIsToldAtOnce) {
  const std::string proc = testing::TempDir() + "heap-targets-static";
  const std::string here = proc + "/" + std::to_string(own_.value);
  std::filesystem::create_directories(here);
  std::ofstream(here + "/maps")
      << "00400000-00401000 r-xp 00000000 08:01 12       /nowhere/static\n"
      << "7ffd00000000-7ffd00021000 rw-p 00000000 00:00 0    [stack]\n";
  start(proc);
  targets_->attach(own_, output_);
  EXPECT_TRUE(targets_->empty());
  ASSERT_FALSE(output_.notices.empty());
  EXPECT_NE(output_.notices.back().text.find("heap not visible"),
            std::string::npos)
      << output_.notices.back().text;
  std::filesystem::remove_all(proc);
}

TEST_F(HeapTargetsTest, HostileMapsAreNoMapsAndNoCrash) {
  const std::string proc = testing::TempDir() + "heap-targets-hostile";
  std::filesystem::create_directories(proc + "/78");
  std::ofstream(proc + "/78/maps")
      << "zzzz-\x01 r-xp ffffffffffffffffffff 00:00 0\n"
      << "ffffffffffffffff-0 r-xp 00000000 08:01 12 /etc/passwd\n";
  start(proc);
  targets_->attach(Pid{78}, output_);
  after(std::chrono::milliseconds(300));
  ASSERT_FALSE(output_.notices.empty());
  EXPECT_EQ(output_.notices.back().kind, EventKind::degraded);
  EXPECT_EQ(slot().state, State::free);
  std::filesystem::remove_all(proc);
}

}  // namespace
}  // namespace tidemark
