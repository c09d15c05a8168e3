#include "daemon/sampler.h"

#include <gtest/gtest.h>

#include <map>

#include "daemon/process_table.h"
#include "daemon/registry.h"
#include "daemon/stack_desk.h"
#include "manual_clock.h"

namespace tidemark {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr MetricSpec kValue = {"test.value", SubjectKind::system,
                               MetricKind::gauge, Unit::count, "A test's."};

// What the doubles did, by collector; tests are single-threaded.
struct Script {
  ManualClock clock;
  std::map<std::string, int> runs;
  std::map<std::string, bool> fails;
  std::map<std::string, Nanoseconds> takes;
};
Script* script = nullptr;

template <char kName>
class Double final : public Collector {
 public:
  Result<std::string> start(const CollectorContext& context) override {
    if (script->fails[name() + "start"]) {
      return fail(ErrorKind::unsupported, "no such kernel");
    }
    metric_ = context.definer.define_metric(kValue);
    subject_ = context.definer.subject(SubjectKind::system, name());
    return "level " + name();
  }
  Status collect(const CollectRequest&, FrameBuilder& frame) override {
    ++script->runs[name()];
    frame.put(metric_, subject_, script->runs[name()]);
    script->clock.advance(script->takes[name()]);
    if (script->fails[name()]) return fail(ErrorKind::io, name() + " broke");
    return {};
  }
  static std::string name() { return std::string(1, kName); }

 private:
  MetricId metric_;
  SubjectId subject_;
};

template <char kName>
std::unique_ptr<Collector> make() {
  return std::make_unique<Double<kName>>();
}

constexpr CollectorEntry kEntries[] = {
    {"a", Tier::all, "", make<'a'>},
    {"w", Tier::watched, "", make<'w'>},
    {"h", Tier::host, "", make<'h'>},
    {"s", Tier::slow, "", make<'s'>},
};

class SamplerTest : public testing::Test {
 protected:
  SamplerTest() { script = &script_; }
  ~SamplerTest() override { script = nullptr; }

  void ticks(int n) {
    for (int i = 0; i < n; ++i) {
      sampler_.tick(script_.clock.now(), seconds(1), plan_, frame_, finish_);
      script_.clock.advance(seconds(1));
    }
  }
  void edge() {
    sampler_.edge(script_.clock.now(), seconds(1), plan_, frame_, finish_);
  }
  const Column* column(std::string_view name) {
    const MetricId id = registry_.define_metric(
        {name, SubjectKind::self, MetricKind::gauge, Unit::none, ""});
    for (const Column& found : frame_.columns) {
      if (found.metric == id) return &found;
    }
    return nullptr;
  }

  Script script_;
  Registry registry_;
  ProcessTable processes_{Roots{}, registry_};
  StackDesk stacks_{registry_, "/proc"};
  Sampler sampler_{kEntries,
                   {{}, registry_, processes_, stacks_, script_.clock}};
  SamplePlan plan_;
  Frame frame_;
  Sampler::Finish finish_ = [](FrameBuilder&) {};
};

TEST_F(SamplerTest, LevelsAreThoseTheCollectorsFound) {
  ASSERT_TRUE(sampler_.start());
  EXPECT_EQ(sampler_.levels(),
            (std::vector<std::string>{"a: level a", "w: level w", "h: level h",
                                      "s: level s"}));
}

TEST_F(SamplerTest, EachTierHasItsPeriod) {
  ASSERT_TRUE(sampler_.start());
  ticks(61);
  EXPECT_EQ(script_.runs["a"], 61);
  EXPECT_EQ(script_.runs["w"], 61);
  EXPECT_EQ(script_.runs["h"], 13);
  EXPECT_EQ(script_.runs["s"], 3);
}

TEST_F(SamplerTest, ThePlanStretchesAndDrops) {
  ASSERT_TRUE(sampler_.start());
  plan_ = {4, 20, seconds(30), false};
  ticks(40);
  EXPECT_EQ(script_.runs["a"], 10);
  EXPECT_EQ(script_.runs["w"], 40);
  EXPECT_EQ(script_.runs["h"], 2);
  EXPECT_EQ(script_.runs["s"], 0);
}

TEST_F(SamplerTest, EdgesReadTheWatchedAndTheSlowTierWithSpacing) {
  ASSERT_TRUE(sampler_.start());
  edge();
  script_.clock.advance(milliseconds(10));
  edge();
  EXPECT_EQ(frame_.kind, FrameKind::edge);
  EXPECT_EQ(script_.runs["w"], 2);
  EXPECT_EQ(script_.runs["s"], 1);
  EXPECT_EQ(script_.runs["h"], 0);
  script_.clock.advance(milliseconds(100));
  edge();
  EXPECT_EQ(script_.runs["s"], 2);
}

TEST_F(SamplerTest, ADearScanIsLeftToTheTicks) {
  ASSERT_TRUE(sampler_.start());
  edge();
  EXPECT_EQ(script_.runs["a"], 1);
  script_.takes["a"] = milliseconds(3);
  edge();
  edge();
  EXPECT_EQ(script_.runs["a"], 2);
}

TEST_F(SamplerTest, AFailureMarksTheFrameIsToldOnceAndBacksOff) {
  ASSERT_TRUE(sampler_.start());
  script_.fails["w"] = true;
  ticks(1);
  EXPECT_FALSE(frame_.complete);
  auto problems = sampler_.take_problems();
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].name, "w");
  EXPECT_EQ(problems[0].cause, "w broke");
  ticks(127);
  EXPECT_TRUE(sampler_.take_problems().empty());
  EXPECT_LT(script_.runs["w"], 12);
  EXPECT_EQ(script_.runs["a"], 128);
  const Column* errors = column("self.collector_errors");
  ASSERT_NE(errors, nullptr);
  EXPECT_EQ(errors->values.back(), script_.runs["w"]);
  script_.fails["w"] = false;
  ticks(130);
  const int before = script_.runs["w"];
  ticks(10);
  EXPECT_EQ(script_.runs["w"], before + 10);
  EXPECT_TRUE(frame_.complete);
}

TEST_F(SamplerTest, ACollectorThatCannotStartIsAProblemNotAnEnd) {
  script_.fails["hstart"] = true;
  ASSERT_TRUE(sampler_.start());
  const auto problems = sampler_.take_problems();
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].cause, "no such kernel");
  ticks(5);
  EXPECT_EQ(script_.runs["h"], 0);
}

TEST_F(SamplerTest, NoCollectorAtAllIsAnError) {
  for (const char* name : {"a", "w", "h", "s"}) {
    script_.fails[std::string(name) + "start"] = true;
  }
  EXPECT_FALSE(sampler_.start());
}

TEST_F(SamplerTest, TimesEachCollectorAndItsColumns) {
  ASSERT_TRUE(sampler_.start());
  script_.takes["a"] = milliseconds(7);
  const BootTime begin = script_.clock.now();
  ticks(1);
  const Column* durations = column("self.collector_duration");
  ASSERT_NE(durations, nullptr);
  EXPECT_EQ(durations->values, (std::vector<int64_t>{7'000'000, 0, 0, 0}));
  EXPECT_EQ(frame_.columns[0].read_begin, begin);
}

TEST_F(SamplerTest, WarmTicksReuseTheColumns) {
  ASSERT_TRUE(sampler_.start());
  ticks(31);
  const size_t columns = frame_.columns.size();
  const int64_t* values = frame_.columns[0].values.data();
  ticks(30);
  EXPECT_EQ(frame_.columns.size(), columns);
  EXPECT_EQ(frame_.columns[0].values.data(), values);
}

}  // namespace
}  // namespace tidemark
