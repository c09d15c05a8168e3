// Baselines: made of recordings, written, read, damaged, compared.
#include <fstream>

#include "core/analysis/compare/comparison.h"
#include "report/baselines/baseline_json.h"
#include "report/baselines/baseline_store.h"
#include "report/baselines/comparison_text.h"
#include "report/baselines/threshold.h"
#include "tests/unit/report/recorded_run.h"

namespace tidemark::synthetic {
namespace {

Baseline baseline_of(RunModel run, double seconds = kShopSeconds,
                     const RecordingInfo& info = recording_info()) {
  const RecordingFile file("baseline");
  write(file.path(), run, seconds, true, info);
  LoadOptions options;
  options.figures = true;
  const auto data = load_report(file.path(), options);
  EXPECT_TRUE(data) << data.error().what;
  return data ? *data->figures : Baseline();
}

const Baseline& shop_baseline() {
  static const Baseline baseline = baseline_of(shop(0));
  return baseline;
}

TEST(BaselineTest, KeepsWhatTheRunWas) {
  const Baseline& b = shop_baseline();
  EXPECT_EQ(b.scenario, "shop-soak");
  EXPECT_EQ(b.testbed.at("cpu_model"), "Test CPU");
  const BaselinePhase* load = b.phase("load");
  ASSERT_NE(load, nullptr);
  EXPECT_EQ(load->cycles, 12);
  EXPECT_NEAR(load->seconds, 240, 1);
  const BaselineSeries* cpu = load->find("cpu", "server");
  ASSERT_NE(cpu, nullptr);
  // 0.5 ms of each of 100 checkouts a second.
  EXPECT_NEAR(cpu->mean, 0.05, 0.002);
  ASSERT_TRUE(cpu->per_op.has_value());
  EXPECT_NEAR(*cpu->per_op, 5e-4, 5e-5);
  const BaselineSeries* memory = load->find("rss_anon", "server");
  ASSERT_NE(memory, nullptr);
  EXPECT_NEAR(memory->median, 220 * (1 << 20), 1 << 20);
  const BaselineSeries* span = load->find("span.checkout", "");
  ASSERT_NE(span, nullptr);
  EXPECT_NEAR(span->quantile(0.5), 2e-3, 2e-4);
  EXPECT_NEAR(span->sketch.back(), 2.98e-3, 1e-4);
  EXPECT_FALSE(b.findings.empty());
}

TEST(BaselineTest, TellsWhatOthersTook) {
  // Of four processors: 1 busy, of it 0.4 stolen, 0.05 the server's.
  RunModel run = shop(0);
  const SubjectId id = run.host();
  run.counts(id, "host.cpu_user", 6e8);
  run.counts(id, "host.cpu_steal", 4e8);
  const Baseline b = baseline_of(std::move(run));
  ASSERT_TRUE(b.interference);
  EXPECT_NEAR(b.interference->steal, 0.1, 0.01);
  EXPECT_NEAR(b.interference->others, 0.15 - 0.02, 0.02);
  const auto back = baseline_from_json(baseline_to_json(b));
  ASSERT_TRUE(back && back->interference);
  EXPECT_NEAR(back->interference->score(), b.interference->score(), 1e-5);
}

TEST(BaselineTest, KnowsTheTestbedByWhatTheRecordingSays) {
  RecordingInfo info = recording_info();
  info.levels.push_back("testbed.governor: performance");
  info.levels.push_back("testbed.container: docker");
  const Baseline b = baseline_of(shop(0), kShopSeconds, info);
  EXPECT_EQ(b.testbed.at("governor"), "performance");
  // An older recording does not tell: what both tell is what counts.
  EXPECT_TRUE(testbed_differences(b.testbed, shop_baseline().testbed).empty());
  Testbed other = b.testbed;
  other["governor"] = "powersave";
  EXPECT_EQ(testbed_differences(b.testbed, other),
            std::vector<std::string>{"governor"});
  EXPECT_NE(testbed_fingerprint(b.testbed), testbed_fingerprint(other));
}

TEST(BaselineTest, IsTheSameWhenReadBack) {
  const std::string text = baseline_to_json(shop_baseline());
  EXPECT_LT(text.size(), 50'000u);
  const auto back = baseline_from_json(text);
  ASSERT_TRUE(back) << back.error().what;
  EXPECT_EQ(baseline_to_json(*back), text);
  // A version control system shows a changed figure as one line.
  size_t longest = 0, begin = 0;
  while (begin < text.size()) {
    const size_t end = text.find('\n', begin);
    longest = std::max(longest, end - begin);
    begin = end + 1;
  }
  EXPECT_LT(longest, 1200u);
}

std::string error_of(const std::string& text) {
  const auto baseline = baseline_from_json(text);
  return baseline ? "no error" : baseline.error().what;
}

TEST(BaselineTest, SaysWhatIsWrongWithAFile) {
  const std::string good = baseline_to_json(shop_baseline());
  EXPECT_NE(error_of("").find("line 1: no JSON"), std::string::npos);
  EXPECT_NE(error_of(good.substr(0, good.size() / 2)).find("no JSON"),
            std::string::npos);
  EXPECT_NE(error_of("[1]").find("not an object"), std::string::npos);
  EXPECT_NE(error_of("{}").find("\"tidemark_baseline\" is missing"),
            std::string::npos);
  EXPECT_NE(error_of("{\"tidemark_baseline\": 9}").find("version 9"),
            std::string::npos);
  EXPECT_NE(error_of("{\"tidemark_baseline\": 1, \"scenario\": NaN}")
                .find("NaN is no number"),
            std::string::npos);
  EXPECT_NE(error_of("{\"tidemark_baseline\": 1, \"scenario\": \"x\"}")
                .find("\"phases\" is missing"),
            std::string::npos);
  std::string text = good;
  const size_t at = text.find("\"median\":");
  text.replace(at, 9, "\"median\":\"x\",\"y\":");
  EXPECT_NE(error_of(text).find(
                "phases[0].series[0]: \"median\" is no finite number"),
            std::string::npos)
      << error_of(text);
  text = good;
  text.replace(text.find("\"sketch\":["), 10, "\"sketch\":[9e99,");
  EXPECT_NE(error_of(text).find("eleven ascending"), std::string::npos);
  EXPECT_NE(error_of("{\"tidemark_baseline\": 1, \"seconds\": 1e999}")
                .find("no JSON"),
            std::string::npos);
}

TEST(BaselineTest, NoDamagedByteCrashes) {
  const std::string good = baseline_to_json(shop_baseline());
  for (size_t at = 0; at < good.size(); at += 7) {
    for (const char bad : {'\0', '"', '-', '9', '}', '\xff'}) {
      std::string text = good;
      text[at] = bad;
      static_cast<void>(baseline_from_json(text));
    }
    static_cast<void>(baseline_from_json(good.substr(0, at)));
  }
}

constexpr const char* kSeed = R"({
  "operation": "content_generation_baseline",
  "environment": "baseline", "version": "0.1.0",
  "timestamp": "2024-01-01T12:00:00",
  "response_time_mean": 2500.0, "response_time_median": 2000.0,
  "response_time_p95": 4500.0, "response_time_p99": 8000.0,
  "response_time_max": 12000.0, "requests_per_second": 8.5,
  "concurrent_users": 10, "total_requests": 2550, "error_rate": 0.02,
  "error_count": 51, "test_duration": 300,
  "raw_data": {"endpoints": {}, "timeline": [], "errors": []}})";

TEST(BaselineTest, ReadsThoseOfPythonFrameworks) {
  const auto b = baseline_from_json(kSeed);
  ASSERT_TRUE(b) << b.error().what;
  EXPECT_EQ(b->scenario, "content_generation_baseline");
  EXPECT_EQ(b->attributes.at("users"), "10");
  EXPECT_EQ(b->begin_ns, 1'704'110'400'000'000'000);
  const auto figures = figures_of(*b);
  const auto value = [&](const char* metric, const char* statistic) {
    return figures.at({"load", "", metric, statistic}).second;
  };
  EXPECT_DOUBLE_EQ(value("span.request", "p50"), 2.0);
  EXPECT_DOUBLE_EQ(value("span.request", "p95"), 4.5);
  EXPECT_DOUBLE_EQ(value("span.request", "p99"), 8.0);
  EXPECT_DOUBLE_EQ(value("op.request", "per second"), 8.5);
  EXPECT_DOUBLE_EQ(value("errors.request", "share"), 0.02);
  std::string text = kSeed;
  text.replace(text.find("2024-01-01T"), 11, "2024-13-01T");
  EXPECT_NE(error_of(text).find("\"timestamp\" is no time"), std::string::npos);
  text = kSeed;
  text.replace(text.find("4500.0"), 6, "1500.0");
  EXPECT_NE(error_of(text).find("descend"), std::string::npos);
}

Baseline scaled(const Baseline& from, double memory, int number) {
  Baseline run = from;
  run.begin_ns += number * 1'000'000'000LL;
  run.run[0] = static_cast<char>('a' + number % 6);
  run.run[1] = static_cast<char>('0' + number / 6);
  // A tenth of a percent apart, in no order.
  const double factor = memory * (1 + 0.001 * (number * 7 % 5));
  for (BaselinePhase& phase : run.phases) {
    for (BaselineSeries& series : phase.series) {
      if (series.metric != "rss_anon") continue;
      series.median *= factor;
      for (double& value : series.sketch) value *= factor;
    }
  }
  return run;
}

std::vector<Baseline> five(double memory, int from) {
  std::vector<Baseline> runs;
  for (int i = 0; i < 5; ++i) {
    runs.push_back(scaled(shop_baseline(), memory, from + i));
  }
  return runs;
}

TEST(ComparisonTest, FindsWhatIsWorse) {
  const auto before = five(1, 0), after = five(1.4, 5);
  const auto result = compare_runs(before, after);
  ASSERT_TRUE(result) << result.error().what;
  EXPECT_EQ(result->outcome(), Outcome::worse);
  EXPECT_EQ(result->severity(), Severity::major);
  const ComparedFigure& worst = result->figures.front();
  EXPECT_EQ(worst.key.metric, "rss_anon");
  EXPECT_NEAR(worst.result.change, 0.4, 0.01);
  EXPECT_EQ(comparison_exit_code(*result, Severity::minor, false), 21);
  EXPECT_EQ(comparison_exit_code(*result, Severity::critical, false), 0);
  EXPECT_EQ(comparison_exit_code(*result, Severity::critical, true), 10);
  const std::string text = comparison_text(*result, {});
  EXPECT_NE(text.find("major regression: rss_anon"), std::string::npos) << text;
  // The way back is an improvement.
  const auto back = compare_runs(after, before);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->outcome(), Outcome::better);
  EXPECT_EQ(comparison_exit_code(*back, Severity::slight, true), 0);
}

TEST(ComparisonTest, RefusesAnotherTestbedOrWarns) {
  const auto before = five(1, 0);
  auto after = five(1.4, 5);
  for (Baseline& run : after) run.testbed["cpus"] = "64";
  const auto refused = compare_runs(before, after);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().what.find("cpus is '4' and '64'"),
            std::string::npos)
      << refused.error().what;
  ComparisonOptions allowed;
  allowed.allow_cross_testbed = true;
  const auto warned = compare_runs(before, after, allowed);
  ASSERT_TRUE(warned);
  EXPECT_EQ(warned->outcome(), Outcome::maybe_worse);
  EXPECT_EQ(comparison_exit_code(*warned, Severity::slight, false), 0);
}

TEST(ComparisonTest, SaysWhatCannotBeCompared) {
  EXPECT_FALSE(compare_runs({}, {}));
  auto before = five(1, 0), after = five(1, 5);
  after[0].aborted = "killed by signal 9";
  after[1].phases[2].aborted = 3;
  after[2].phases[3].series.clear();
  const auto result = compare_runs(before, after);
  ASSERT_TRUE(result);
  std::string all;
  for (const std::string& remark : result->remarks) all += remark + "\n";
  EXPECT_NE(all.find("was ended early: killed by signal 9"), std::string::npos);
  EXPECT_NE(all.find("3 of 12 of phase"), std::string::npos) << all;
  EXPECT_NE(all.find("is empty"), std::string::npos) << all;
  for (Baseline& run : after) {
    run.phases.clear();
    run.findings.clear();
  }
  const auto none = compare_runs(before, after);
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().what.find("not one figure in common"),
            std::string::npos);
}

TEST(ComparisonTest, JsonHoldsNoNaN) {
  const auto before = five(1, 0);
  const std::vector<Baseline> after = {scaled(shop_baseline(), 2, 9)};
  const auto result = compare_runs(before, after);
  ASSERT_TRUE(result);
  const std::string json = comparison_json(*result);
  EXPECT_EQ(json.find("nan"), std::string::npos);
  EXPECT_EQ(json.find("inf"), std::string::npos);
  EXPECT_NE(json.find("\"outcome\": \"maybe_worse\""), std::string::npos);
}

class BaselineStoreTest : public ::testing::Test {
 protected:
  BaselineStoreTest()
      : folder_(::testing::TempDir() + "tidemark-store-" +
                std::to_string(::getpid())) {
    std::filesystem::remove_all(folder_);
  }
  ~BaselineStoreTest() override { std::filesystem::remove_all(folder_); }
  std::string folder_;
};

TEST_F(BaselineStoreTest, KeepsRunsAndSaysWhichFilesAreNone) {
  EXPECT_TRUE(read_baselines(folder_)->all.empty());
  for (const Baseline& run : five(1, 0)) {
    ASSERT_TRUE(save_baseline(folder_, run));
  }
  std::ofstream(folder_ + "/broken.json") << "{";
  const auto found = read_baselines(folder_);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->all.size(), 5u);
  ASSERT_EQ(found->unreadable.size(), 1u);
  EXPECT_NE(found->unreadable[0].what.find("restore the file"),
            std::string::npos);
  EXPECT_EQ(baselines_of(*found, "shop-soak", "").size(), 5u);
  EXPECT_TRUE(baselines_of(*found, "shop-soak", "other").empty());
}

TEST_F(BaselineStoreTest, ComparesWithTheNewestLevel) {
  auto runs = five(1, 0);
  runs[3].level = "more items per page";
  std::vector<StoredBaseline> stored;
  for (const Baseline& run : runs) stored.push_back({"x", run});
  EXPECT_EQ(reference_runs(stored, runs[0].testbed).size(), 2u);
  for (int i = 0; i < 30; ++i) stored.push_back({"x", runs[4]});
  EXPECT_EQ(reference_runs(stored, runs[0].testbed).size(), 20u);
}

TEST_F(BaselineStoreTest, NamesAreSafeAsFiles) {
  Baseline run = shop_baseline();
  run.scenario = "../../etc/passwd";
  run.branch =
      ".git/\x01"
      "feature/a b";
  const std::string path = baseline_path(run);
  EXPECT_EQ(path.find(".."), 0u + std::string::npos) << path;
  EXPECT_EQ(std::ranges::count(path, '/'), 3);
}

TEST(ThresholdTest, GatesItSuggestsAreGates) {
  const auto thresholds = suggest_thresholds(five(1, 0));
  ASSERT_FALSE(thresholds.empty());
  int gates = 0;
  for (const Threshold& each : thresholds) {
    if (each.gate.empty()) continue;
    ++gates;
    const auto gate = make_gate(
        each.gate, "test", [](const char*) -> const char* { return nullptr; });
    EXPECT_TRUE(gate) << each.gate << ": " << gate.error().what;
  }
  EXPECT_GT(gates, 10);
}

// The run that a suggestion was made from passes it.
TEST(ThresholdTest, ItsOwnRunPassesThem) {
  RunModel run = shop(0);
  const RecordingFile file("thresholds");
  write(file.path(), run, kShopSeconds);
  LoadOptions options;
  for (const Threshold& each : suggest_thresholds(five(1, 0))) {
    if (each.gate.empty()) continue;
    auto gate = make_gate(each.gate, "test",
                          [](const char*) -> const char* { return nullptr; });
    if (gate) options.gates.push_back(std::move(*gate));
  }
  const auto data = load_report(file.path(), options);
  ASSERT_TRUE(data);
  for (const GateResult& gate : data->gates) {
    EXPECT_EQ(gate.status, GateStatus::pass) << gate.expr << gate.reason;
  }
}

std::vector<GateResult> change_gates(const std::vector<std::string>& gates,
                                     const std::vector<Baseline>& runs) {
  RunModel run = shop(0);
  const RecordingFile file("changes");
  write(file.path(), run, kShopSeconds);
  LoadOptions options;
  for (const std::string& text : gates) {
    auto gate = make_gate(text, "test",
                          [](const char*) -> const char* { return nullptr; });
    EXPECT_TRUE(gate) << gate.error().what;
    if (gate) options.gates.push_back(std::move(*gate));
  }
  for (const Baseline& each : runs) {
    options.references["baseline"].runs.push_back(&each);
  }
  const auto data = load_report(file.path(), options);
  EXPECT_TRUE(data);
  return data ? data->gates : std::vector<GateResult>();
}

TEST(ChangeGateTest, ComparesWithTheBaseline) {
  const std::vector<Baseline> less = {scaled(shop_baseline(), 0.8, 0)};
  const auto results = change_gates(
      {"change(max(rss_anon{role='server'}) during load) vs baseline < +10%, "
       "warn +5%",
       "change(p95(span.checkout) during load) vs baseline < +10%, warn +5%",
       "change(mean(cpu{role='server'}) during load) vs baseline < +10%",
       "change(max(rss_anon{role='nobody'})) vs baseline < +10%",
       "change(max(gauge.users)) vs baseline < +10%"},
      less);
  ASSERT_EQ(results.size(), 5u);
  EXPECT_EQ(results[0].status, GateStatus::fail) << results[0].reason;
  EXPECT_NEAR(*results[0].value, 0.25, 0.01);
  EXPECT_EQ(results[1].status, GateStatus::pass) << results[1].reason;
  EXPECT_EQ(results[2].status, GateStatus::pass) << results[2].reason;
  EXPECT_EQ(results[3].status, GateStatus::inconclusive);
  EXPECT_NE(results[3].reason.find("unknown role 'nobody'"), std::string::npos)
      << results[3].reason;
  EXPECT_NE(results[4].reason.find("keeps no 'gauge.users'"), std::string::npos)
      << results[4].reason;
}

TEST(ChangeGateTest, MayAskForAReduction) {
  const std::vector<Baseline> more = {scaled(shop_baseline(), 1.6, 0)};
  const auto results =
      change_gates({"change(max(rss_anon{role='server'})) vs baseline <= -30%",
                    "change(max(rss_anon{role='server'})) vs baseline <= -50%"},
                   more);
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0].status, GateStatus::pass) << results[0].reason;
  EXPECT_NEAR(*results[0].value, -0.375, 0.01);
  EXPECT_EQ(results[1].status, GateStatus::fail) << results[1].reason;
}

TEST(ChangeGateTest, WithoutABaselineIsUndecided) {
  const auto results =
      change_gates({"change(p95(span.checkout)) vs baseline < +10%"}, {});
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].status, GateStatus::inconclusive);
  EXPECT_NE(results[0].reason.find("no baseline"), std::string::npos);
}

}  // namespace
}  // namespace tidemark::synthetic
