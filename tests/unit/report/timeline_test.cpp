// The run over time in columns: sums by role, floors and peaks, gaps.
#include "report/timeline.h"

#include <nlohmann/json.hpp>

#include "report/script_json.h"
#include "tests/unit/report/recorded_run.h"

namespace tidemark::synthetic {
namespace {

Timeline timeline_of(const std::string& name, RunModel run, double seconds) {
  const RecordingFile file(name);
  write(file.path(), run, seconds);
  return load(file.path()).timeline;
}

const TimelineChart* chart(const Timeline& timeline, const std::string& id) {
  const auto found = std::ranges::find(timeline.charts, id, &TimelineChart::id);
  return found == timeline.charts.end() ? nullptr : &*found;
}

const TimelineSeries* series(const Timeline& timeline, const std::string& id,
                             const std::string& name) {
  const TimelineChart* home = chart(timeline, id);
  if (home == nullptr) return nullptr;
  const auto found =
      std::ranges::find(home->series, name, &TimelineSeries::name);
  return found == home->series.end() ? nullptr : &*found;
}

TEST(Timeline, RatesAndLevelsOfTheShop) {
  const Timeline timeline = timeline_of("shop", shop(412), kShopSeconds);
  EXPECT_EQ(timeline.columns, 392u);
  EXPECT_EQ(timeline.column, Nanoseconds(1'000'000'000));
  const TimelineSeries* ops = series(timeline, "ops", "checkout");
  ASSERT_NE(ops, nullptr);
  EXPECT_NEAR(ops->mean[40], 100, 1e-9);  // in the load phase from 30 s
  EXPECT_NEAR(ops->mean[55], 0, 1e-9);    // in the rest from 50 s
  const TimelineSeries* cpu = series(timeline, "cpu", "server");
  ASSERT_NE(cpu, nullptr);
  EXPECT_NEAR(cpu->mean[40], 100 * 5e5 * 1e-9, 1e-9);
  const TimelineSeries* memory = series(timeline, "memory", "redis-server");
  ASSERT_NE(memory, nullptr);
  EXPECT_NEAR(memory->mean[10], 12.0 * (1 << 20), 64.0 * 1024);
  const TimelineSeries* latency = series(timeline, "latency_p50", "checkout");
  ASSERT_NE(latency, nullptr);
  // 60 calls a second, of 1 ms + 20 us * (i % 100): the 2,400th to 2,459th.
  EXPECT_NEAR(latency->mean[40], 1.58e-3, 2e-6);
}

TEST(Timeline, ProcessesOfOneRoleAreOneSeries) {
  RunModel run;
  for (int i = 0; i < 3; ++i) {
    const SubjectId worker = run.process("worker", 10 + i, "workers");
    run.figure(worker, "rss_anon", [](double) { return 1000; });
    if (i == 2) run.ends(worker, 20);
  }
  const Timeline timeline = timeline_of("role", std::move(run), 40);
  const TimelineSeries* memory = series(timeline, "memory", "workers");
  ASSERT_NE(memory, nullptr);
  EXPECT_EQ(memory->mean[10], 3000);
  EXPECT_EQ(memory->mean[30], 2000);
}

TEST(Timeline, APeakWithinAColumnIsKept) {
  RunModel run;
  const SubjectId server = run.process("server", 1);
  run.figure(server, "fds", [](double t) { return t == 5000 ? 900 : 10; });
  const Timeline timeline = timeline_of("peak", std::move(run), 9600);
  EXPECT_EQ(timeline.columns, 960u);
  const TimelineSeries* fds = series(timeline, "fds", "server");
  ASSERT_NE(fds, nullptr);
  EXPECT_EQ(*std::ranges::max_element(fds->max), 900);
  EXPECT_EQ(*std::ranges::max_element(fds->min), 10);
}

TEST(Timeline, NothingIsDrawnAcrossAGap) {
  RunModel run;
  const SubjectId server = run.process("server", 1);
  run.figure(server, "rss_anon", [](double) { return 1000; });
  run.counts(server, "cpu_user", 1e8);
  run.gap(40, 60, "late ticks");
  const Timeline timeline = timeline_of("gap", std::move(run), 100);
  for (const char* id : {"memory", "cpu"}) {
    const TimelineSeries* line = series(timeline, id, "server");
    ASSERT_NE(line, nullptr);
    EXPECT_TRUE(std::isfinite(line->mean[30])) << id;
    EXPECT_TRUE(std::isnan(line->mean[50])) << id;
    EXPECT_TRUE(std::isfinite(line->mean[70])) << id;
  }
}

TEST(Timeline, UnwatchedProcessesAreOneSeriesOfCpuAlone) {
  RunModel run;
  run.counts(run.process("server", 1), "cpu_user", 1e8);
  for (int i = 0; i < 5; ++i) {
    const SubjectId other = run.process("other", 20 + i);
    run.counts(other, "cpu_user", 2e8);
    run.figure(other, "threads", [](double) { return 4; });
    run.unwatch(other);
  }
  const Timeline timeline = timeline_of("others", std::move(run), 30);
  const TimelineSeries* others = series(timeline, "cpu", "everything else");
  ASSERT_NE(others, nullptr);
  EXPECT_NEAR(others->mean[10], 1.0, 1e-6);
  EXPECT_EQ(chart(timeline, "threads"), nullptr);
}

TEST(Timeline, OnlyTheGreatestSeriesAreKept) {
  RunModel run;
  for (int i = 0; i < 20; ++i) {
    const SubjectId one = run.process("p" + std::to_string(i), 10 + i);
    run.figure(one, "fds", [i](double) { return i + 1; });
  }
  const Timeline timeline = timeline_of("many", std::move(run), 10);
  const TimelineChart* fds = chart(timeline, "fds");
  ASSERT_NE(fds, nullptr);
  EXPECT_EQ(fds->series.size(), 8u);
  EXPECT_EQ(fds->left_out, 12);
  EXPECT_EQ(fds->series[0].name, "p19");
}

TEST(Timeline, OneTickIsOneColumn) {
  RunModel run;
  run.figure(run.process("server", 1), "rss_anon", [](double) { return 7; });
  const Timeline timeline = timeline_of("one", std::move(run), 0);
  EXPECT_EQ(timeline.columns, 1u);
  ASSERT_NE(series(timeline, "memory", "server"), nullptr);
  EXPECT_EQ(series(timeline, "memory", "server")->mean[0], 7);
}

TEST(Timeline, ItsJsonIsSafeInAScriptElement) {
  Timeline timeline;
  timeline.columns = 1;
  TimelineSeries hostile{"</script><!--\"\\\n\xe2\x80\xae\xff", {1}, {1}, {1}};
  timeline.charts.push_back(
      {"cpu", "CPU", ChartUnit::cores, {hostile}, {{"a<b", 2}}, 0});
  const std::string text = timeline_json(timeline, 5);
  EXPECT_EQ(text.find('<'), std::string::npos);
  const auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json["begin_ns"], 5);
  EXPECT_EQ(json["charts"][0]["limits"][0]["name"], "a<b");
  EXPECT_FALSE(json["charts"][0]["series"][0].contains("min"));
}

}  // namespace
}  // namespace tidemark::synthetic
