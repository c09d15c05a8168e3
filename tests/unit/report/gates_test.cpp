// Gates held against whole recordings.
#include "core/analysis/gates.h"

#include <cmath>

#include "tests/unit/report/recorded_run.h"

namespace tidemark::synthetic {
namespace {

constexpr double kMiB = 1024 * 1024;
const char* no_variables(const char*) { return nullptr; }

// 200 s: server 100 MiB + 1 MiB/s during 100..200, half a processor; phases
// warm 0..100 and steady 100..200; spans of 1..100 ms; 10 requests a second.
RunModel two_phases() {
  RunModel run;
  const SubjectId server = run.process("serve", 7, "server");
  run.figure(server, "rss_anon", [](double t) {
    return 100 * kMiB + std::max(0.0, t - 100) * kMiB;
  });
  run.counts(server, "cpu_user", 5e8);
  run.counts(server, "cpu_system", 0);
  const SubjectId client = run.client("shop", server);
  run.counts(client, "op.request", 10);
  run.counts(client, "span_errors.request", 0.5);
  run.span(client, "request", 10, [](int64_t i) {
    return static_cast<uint64_t>(i % 100 + 1) * 1'000'000;
  });
  const SubjectId brief = run.process("brief", 8);
  run.counts(brief, "io_read_bytes", 100);  // read once
  run.ends(brief, 0.5);
  run.phase(client, "warm", PhaseKind::warmup, 0, 100);
  run.phase(client, "steady", PhaseKind::steady, 100, 200);
  return run;
}

std::vector<GateResult> results(const std::vector<std::string>& gates,
                                bool ci = false) {
  RunModel run = two_phases();
  const RecordingFile file("gates");
  write(file.path(), run, 200);
  LoadOptions options;
  options.ci = ci;
  for (const std::string& text : gates) {
    auto gate = make_gate(text, "test", no_variables);
    EXPECT_TRUE(gate) << gate.error().what;
    if (gate) options.gates.push_back(std::move(*gate));
  }
  const auto data = load_report(file.path(), options);
  EXPECT_TRUE(data) << data.error().what;
  return data ? data->gates : std::vector<GateResult>();
}
GateResult result(const std::string& gate, bool ci = false) {
  const auto all = results({gate}, ci);
  return all.empty() ? GateResult() : all[0];
}

TEST(Gates, MeasuresLevelsInPhases) {
  const GateResult warm = result("max(rss_anon) during warm < 101MiB");
  EXPECT_EQ(warm.status, GateStatus::pass) << warm.reason;
  EXPECT_NEAR(*warm.value, 100 * kMiB, 1);
  EXPECT_EQ(warm.unit, "bytes");
  EXPECT_EQ(warm.phase, "warm");
  EXPECT_GE(warm.n, 100);
  EXPECT_EQ(warm.subject, "server (pid 7)");
  const GateResult steady = result("max(rss_anon) during steady < 150MiB");
  EXPECT_EQ(steady.status, GateStatus::fail);
  EXPECT_NEAR(*steady.value, 200 * kMiB, kMiB);
  EXPECT_NEAR(*result("median(rss_anon) during steady < 1GiB").value,
              150 * kMiB, 1.5 * kMiB);
  EXPECT_NEAR(*result("p90(rss_anon) during steady < 1GiB").value, 190 * kMiB,
              1.5 * kMiB);
  EXPECT_NEAR(*result("min(rss_anon) > 1MiB").value, 100 * kMiB, 1);
  EXPECT_NEAR(*result("growth(rss_anon) < 1GiB").value, 100 * kMiB, 1);
}

TEST(Gates, WarnsBeforeItFails) {
  const GateResult gate = result("max(rss_anon) < 1GiB, warn 150MiB");
  EXPECT_EQ(gate.status, GateStatus::warn);
  EXPECT_EQ(gate.reason,
            "server (pid 7): beyond the limit of warning, 150 MiB");
}

TEST(Gates, MeasuresRatesOfCounters) {
  EXPECT_NEAR(*result("mean(cpu) < 90%").value, 0.5, 1e-6);
  EXPECT_NEAR(*result("p95(cpu{role='server'}) < 90%").value, 0.5, 1e-3);
  EXPECT_EQ(result("p95(cpu) < 40%").status, GateStatus::fail);
  EXPECT_NEAR(*result("rate(op.request) >= 9").value, 10, 0.1);
  EXPECT_NEAR(*result("growth(cpu) per op during steady < 1s").value, 0.05,
              1e-3);
  EXPECT_NEAR(*result("count(op.request) during steady > 5").value, 1000, 11);
}

TEST(Gates, MeasuresSpans) {
  EXPECT_NEAR(*result("p95(span.request) during steady < 1s").value, 0.095,
              0.001);
  EXPECT_NEAR(*result("max(span.*) < 5s").value, 0.1, 0.001);
  EXPECT_NEAR(*result("ratio(span_errors.*, span.*) < 10%").value, 0.05, 0.002);
  EXPECT_NEAR(*result("rate(span.request) > 5").value, 10, 0.1);
}

TEST(Gates, KnowsSlopesWithTheirCertainty) {
  const GateResult fails = result("slope(rss_anon) per min < 10MiB @99%");
  EXPECT_EQ(fails.status, GateStatus::fail) << fails.reason;
  EXPECT_NEAR(*fails.value, 60 * kMiB, kMiB);
  EXPECT_EQ(fails.unit, "bytes/min");
  EXPECT_DOUBLE_EQ(*fails.confidence, 0.99);
  const GateResult passes =
      result("slope(rss_anon) per min during warm < 10MiB @99%");
  EXPECT_EQ(passes.status, GateStatus::pass) << passes.reason;
  EXPECT_NEAR(*result("slope(rss_anon) per op during steady < 1GiB").value,
              0.1 * kMiB, 0.01 * kMiB);
}

TEST(Gates, OnlyWhatLastsCountsWithFor) {
  const GateResult gate = result("max(rss_anon) < 195MiB, for 20s");
  EXPECT_EQ(gate.status, GateStatus::pass);
  EXPECT_NEAR(*gate.value, 180 * kMiB, 1.5 * kMiB);
}

TEST(Gates, SayWhyThereIsNoData) {
  const GateResult phase = result("max(rss_anon) during stedy < 1GiB");
  EXPECT_EQ(phase.status, GateStatus::inconclusive);
  EXPECT_FALSE(phase.value);
  EXPECT_EQ(phase.reason, "unknown phase 'stedy'; did you mean 'steady'?");
  EXPECT_EQ(result("max(rss_anon{role='sever'}) < 1GiB").reason,
            "the selector matches nothing: unknown role 'sever'; did you mean "
            "'server'?");
  EXPECT_EQ(result("max(fds) < 10").reason, "'fds' was not recorded");
  EXPECT_EQ(result("p95(span.nothing) < 1s").reason,
            "no 'span.nothing' was timed");
  EXPECT_EQ(result("max(fds) < 10", true).status, GateStatus::fail);
  EXPECT_EQ(result("max(fds) < 10, on nodata pass", true).status,
            GateStatus::pass);
  EXPECT_EQ(result("change(max(rss_anon)) vs baseline < 10%").status,
            GateStatus::inconclusive);
}

TEST(Gates, OneReadingOfACounterIsNoRate) {
  const GateResult gate = result("rate(io_read_bytes) < 1MB/s");
  EXPECT_EQ(gate.status, GateStatus::inconclusive);
  EXPECT_FALSE(gate.value);
  EXPECT_EQ(gate.reason, "no reading of 'io_read_bytes' in that time");
  EXPECT_EQ(result("sum(io_read_bytes) < 1MB").status,
            GateStatus::inconclusive);
}

TEST(Gates, ReadVerdicts) {
  const GateResult none = result("leak(nobody) in {none}");
  EXPECT_EQ(none.status, GateStatus::inconclusive);
  const GateResult all = result(
      "leak(server) in {none, suspect, leak, step, startup, saturating, "
      "inconclusive}");
  EXPECT_EQ(all.status, GateStatus::pass);
  EXPECT_GT(all.n, 0);
  EXPECT_TRUE(all.words);
}

TEST(Gates, ScoreWhatWasDecided) {
  const auto all = results({"max(rss_anon) < 1GiB", "max(rss_anon) < 1MiB",
                            "max(fds) < 10", "p95(cpu) < 90%"});
  ASSERT_EQ(all.size(), 4u);
  EXPECT_NEAR(*gate_score(all), 66.7, 0.1);
}

TEST(Gates, PacksAreSoundAndTakeVariables) {
  const auto variables = [](const char* name) -> const char* {
    return std::string_view(name) == "PERF_API_RESPONSE_TARGET" ? "50"
                                                                : nullptr;
  };
  for (const GatePack& pack : gate_packs()) {
    const auto gates = load_gate_pack(pack, variables);
    ASSERT_TRUE(gates) << gates.error().what;
    EXPECT_GE(gates->size(), 3u) << pack.name;
  }
  const auto ci = load_gate_pack(*find_gate_pack("ci"), variables);
  EXPECT_DOUBLE_EQ(ci->at(0).expr.limit.value, 0.05);
  EXPECT_EQ(ci->at(0).expr.text, "p95(span.*) < 50ms");
}

TEST(Gates, FilesNameTheLineOfAMistake) {
  const auto error = [](std::string_view text) {
    const auto gates = parse_gate_file(text, "g.toml", no_variables);
    return gates ? std::string("accepted") : gates.error().what;
  };
  EXPECT_EQ(error("[[gate]]\nexpr = \"max(rss) < 5\"\n").substr(0, 43),
            "g.toml:2: gate 'max(rss) < 5': at 12: '5' i");
  EXPECT_EQ(error("[[gate]]\nexp = \"max(rss) < 5B\"\n"),
            "g.toml:2: unknown key 'exp'; did you mean 'expr'?");
  EXPECT_EQ(error("packs = [\"sok\"]\n"),
            "g.toml:1: unknown pack 'sok'; did you mean 'soak'?");
  EXPECT_EQ(error(""),
            "g.toml: holds no gate; write [[gate]] and expr = "
            "\"...\"");
  EXPECT_EQ(error("[[gate]]\nexpr = \"max(rss) < ${LIMIT}\"\n"),
            "g.toml:2: ${LIMIT} is not set; ${LIMIT:-VALUE} gives it a "
            "default");
  EXPECT_EQ(error("[thresholds]\n\"span.x\" = [\"p(95)<500ms\", \"max<2s\"]"),
            "accepted");
}

TEST(Gates, FailingSetsStatusAndExitCode) {
  RunModel run = two_phases();
  const RecordingFile file("gates-exit");
  write(file.path(), run, 200);
  LoadOptions options;
  options.gates.push_back(
      *make_gate("memory: max(rss_anon) < 1MiB", "test", no_variables));
  const auto data = load_report(file.path(), options);
  ASSERT_TRUE(data) << data.error().what;
  EXPECT_EQ(data->status, ReportStatus::fail);
  EXPECT_EQ(exit_code(*data), data->counts.leak > 0 ? 22 : 20);
  EXPECT_EQ(*data->score, 0);
  const std::string text = *render_report(*data, "text");
  EXPECT_NE(text.find("✗ memory: "), std::string::npos);
  EXPECT_NE(text.find("1 gate: 1 failed; score 0 %"), std::string::npos);
  const std::string json = *render_report(*data, "json");
  EXPECT_NE(json.find("\"score\": 0.0"), std::string::npos);
}

TEST(Gates, ACounterThatBeginsAgainLosesNothing) {
  RunModel run;
  const SubjectId server = run.process("server", 7, "server");
  const SubjectId client = run.client("shop", server);
  run.figure(server, "rss_anon", [](double) { return 1 << 20; });
  run.figure(client, "op.request",
             [](double t) { return t < 50 ? t : t - 50; });
  const RecordingFile file("gates-odd");
  write(file.path(), run, 100);
  LoadOptions options;
  options.gates.push_back(
      *make_gate("growth(op.request) < 1000", "test", no_variables));
  const auto data = load_report(file.path(), options);
  ASSERT_TRUE(data) << data.error().what;
  EXPECT_EQ(data->gates[0].status, GateStatus::pass) << data->gates[0].reason;
  EXPECT_NEAR(data->gates[0].value.value_or(-1), 98, 2);
}

TEST(Gates, OldRecordingsAreHeldAgainstNewGates) {
  for (const char* name : {"v1.0-small", "v1.0-full", "v1.1-small"}) {
    LoadOptions options;
    for (const char* text :
         {"max(rss_anon) < 900TiB, warn 1TiB, on nodata pass",
          "leak(*) in {none, leak, inconclusive}, on nodata pass"}) {
      options.gates.push_back(*make_gate(text, "test", no_variables));
    }
    const std::string path = std::string(TIDEMARK_SOURCE_DIR) +
                             "/tests/fixtures/recordings/" + name + ".tmk";
    const auto once = load_report(path, options);
    ASSERT_TRUE(once) << name << ": " << once.error().what;
    ASSERT_EQ(once->gates.size(), 2u);
    for (const GateResult& gate : once->gates) {
      EXPECT_NE(gate.status, GateStatus::fail) << name << ": " << gate.reason;
    }
    const auto again = load_report(path, options);
    ASSERT_TRUE(again);
    EXPECT_EQ(render(*once, "json"), render(*again, "json"));
  }
}

}  // namespace
}  // namespace tidemark::synthetic
