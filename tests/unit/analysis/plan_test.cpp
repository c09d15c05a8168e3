// Plans: what they hold, and every mistake with its place.
#include "core/analysis/plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

namespace tidemark {
namespace {

const char* lookup(const char* name) {
  return std::strcmp(name, "PORT") == 0 ? "7777" : nullptr;
}

Result<Plan> parse(const std::string& text) {
  return parse_plan(text, "plan.toml", lookup);
}

std::string mistake(const std::string& text) {
  const auto plan = parse(text);
  return plan ? "no mistake" : plan.error().what;
}

const std::string kTarget =
    "[[target]]\nname = \"redis\"\n"
    "command = \"redis-server --port ${PORT}\"\n";
const std::string kPhase =
    "[[phase]]\nname = \"load\"\ncommand = \"redis-benchmark -q\"\n";

TEST(Plan, HoldsTargetsPhasesAndGates) {
  const auto plan = parse(R"(
name = "redis soak"
gates = ["soak"]
until = "decided"
max = "2h"
[[target]]
name = "redis"
command = "redis-server --port ${PORT} --save ''"
healthy = "tcp:127.0.0.1:${PORT}"
within = "5s"
stop = "INT"
environment = { A = "b" }
[[phase]]
name = "stress"
kind = "load"
command = ["redis-benchmark", "-c", "${LEVEL}", "-q"]
levels = [1, 5, 10, 20, 50]
until = "knee"
throughput = "{} requests per second"
[[phase]]
name = "soak"
kind = "steady"
command = "redis-benchmark -q"
for = "30s"
cycles = 14
rest = "5s"
[[gate]]
label = "memory"
expr = "max(rss_anon{role='redis'}) during soak < 1GiB"
)");
  ASSERT_TRUE(plan) << plan.error().what;
  EXPECT_EQ(plan->max, "2h");
  ASSERT_EQ(plan->targets.size(), 1u);
  EXPECT_EQ(plan->targets[0].command,
            (std::vector<std::string>{"redis-server", "--port", "7777",
                                      "--save", ""}));
  EXPECT_EQ(plan->targets[0].healthy.kind, PlanProbe::Kind::tcp);
  EXPECT_EQ(plan->targets[0].healthy.port, "7777");
  EXPECT_EQ(plan->targets[0].within, std::chrono::seconds(5));
  EXPECT_EQ(plan->targets[0].stop_signal, 2);
  ASSERT_EQ(plan->phases.size(), 2u);
  EXPECT_EQ(plan->phases[0].levels.size(), 5u);
  EXPECT_TRUE(plan->phases[0].until_knee);
  EXPECT_EQ(plan_command(plan->phases[0].command, 20, 1)[2], "20");
  EXPECT_EQ(plan->phases[1].kind, PhaseKind::steady);
  EXPECT_EQ(plan->phases[1].cycles, 14);
  ASSERT_EQ(plan->gates.size(), 1u);
  EXPECT_EQ(plan->gates[0].expr.label, "memory");
}

TEST(Plan, TakesTheVariablesOfATest) {
  const std::string text =
      "[[phase]]\nname = \"load\"\n"
      "command = \"load -u ${LEVEL} -r ${PERF_REQUEST_RATE:-10}\"\n"
      "for = \"${PERF_TEST_DURATION:-60}s\"\n"
      "levels = [\"${PERF_CONCURRENT_USERS:-50}\"]\n";
  const auto usual = parse(text);
  ASSERT_TRUE(usual) << usual.error().what;
  EXPECT_EQ(usual->phases[0].length, std::chrono::seconds(60));
  EXPECT_EQ(usual->phases[0].levels, std::vector<int64_t>{50});
  EXPECT_EQ(usual->phases[0].command.back(), "10");
  const auto in_ci = parse_plan(text, "plan.toml", [](const char* name) {
    return std::strcmp(name, "PERF_TEST_DURATION") == 0      ? "30"
           : std::strcmp(name, "PERF_CONCURRENT_USERS") == 0 ? "10"
                                                             : nullptr;
  });
  ASSERT_TRUE(in_ci) << in_ci.error().what;
  EXPECT_EQ(in_ci->phases[0].length, std::chrono::seconds(30));
  EXPECT_EQ(in_ci->phases[0].levels, std::vector<int64_t>{10});
}

TEST(Plan, RampsGoEvenly) {
  const auto plan = parse(
      "[[phase]]\nname = \"ramp\"\nkind = \"ramp\"\n"
      "command = \"load ${LEVEL}\"\nramp = { from = 10, to = 50, steps = 5 "
      "}\n");
  ASSERT_TRUE(plan) << plan.error().what;
  EXPECT_EQ(plan->phases[0].levels, (std::vector<int64_t>{10, 20, 30, 40, 50}));
}

TEST(Plan, TellsEachMistakeWithItsLine) {
  EXPECT_EQ(mistake("nmae = \"x\"\n"),
            "plan.toml:1: unknown key 'nmae'; did you mean 'name'?");
  EXPECT_EQ(mistake(kTarget), "plan.toml: has no [[phase]]");
  EXPECT_EQ(mistake(kTarget + "helthy = \"tcp:x:1\"\n" + kPhase),
            "plan.toml:4: unknown key 'helthy'; did you mean 'healthy'?");
  EXPECT_EQ(mistake(kTarget + "healthy = \"udp:x:1\"\n" + kPhase),
            "plan.toml:4: healthy is tcp:HOST:PORT, http://HOST:PORT/PATH or "
            "command:WORDS");
  EXPECT_EQ(mistake(kTarget + "healthy = \"tcp:x\"\n" + kPhase),
            "plan.toml:4: 'x' is no HOST:PORT");
  EXPECT_EQ(mistake(kTarget + "within = \"5\"\n" + kPhase).substr(0, 12),
            "plan.toml:4:");
  EXPECT_EQ(mistake(kTarget + "stop = \"TREM\"\n" + kPhase),
            "plan.toml:4: a signal is TERM, INT, QUIT, HUP or KILL");
  EXPECT_EQ(mistake(kTarget + kTarget + kPhase),
            "plan.toml:4: two targets are called 'redis'");
  EXPECT_EQ(mistake("[[target]]\nname = \"x\"\n" + kPhase),
            "plan.toml:1: target 'x' has no command");
  EXPECT_EQ(mistake("[[phase]]\nname = \"load\"\n"),
            "plan.toml:1: phase 'load' has neither command nor for");
  EXPECT_EQ(mistake(kPhase + "kind = \"stedy\"\n"),
            "plan.toml:4: unknown kind 'stedy'; did you mean 'steady'?");
  EXPECT_EQ(mistake(kPhase + "levels = [1, 5]\n"),
            "plan.toml:1: phase 'load' has levels but says ${LEVEL} nowhere");
  EXPECT_EQ(mistake("[[phase]]\nname = \"load\"\ncommand = \"x ${LEVEL}\"\n"),
            "plan.toml:1: phase 'load' says ${LEVEL} but has no levels");
  EXPECT_EQ(mistake(kPhase + "cycles = 0\n"),
            "plan.toml:4: a whole number of 1 to 100000 is expected");
  EXPECT_EQ(mistake(kPhase + "throughput = \"tps\"\n"),
            "plan.toml:4: a text with one {} where the number stands");
  EXPECT_EQ(mistake("[[phase]]\nname = \"a\"\ncommand = \"x 'y\"\n"),
            "plan.toml:3: a ' is never closed: x 'y");
  EXPECT_EQ(mistake("[[phase]]\nname = \"a\"\ncommand = \"x ${NOWHERE}\"\n")
                .substr(0, 12),
            "plan.toml:3:");
  EXPECT_NE(mistake(kPhase + "[[gate]]\nexpr = \"max(rss_anon) < 5\"\n")
                .find("plan.toml:5: gate"),
            std::string::npos)
      << mistake(kPhase + "[[gate]]\nexpr = \"max(rss_anon) < 5\"\n");
}

std::string gate_mistake(const std::string& expr) {
  const auto plan = parse(kTarget + kPhase +
                          "rest = \"5s\"\n[[gate]]\nexpr = '" + expr + "'\n");
  if (!plan) return plan.error().what;
  const Status status = check_plan_gates(*plan, plan->gates);
  return status ? "no mistake" : status.error().what;
}

TEST(Plan, GatesMustMeanSomethingInIt) {
  EXPECT_EQ(gate_mistake("max(rss_anon{role=\"redis\"}) during load < 1GiB"),
            "no mistake");
  EXPECT_EQ(gate_mistake("max(rss_anon) during load#3 < 1GiB"), "no mistake");
  EXPECT_EQ(gate_mistake("max(rss_anon) during *rest < 1GiB"), "no mistake");
  EXPECT_EQ(gate_mistake("leak(*) in {none}"), "no mistake");
  EXPECT_NE(gate_mistake("max(rss_anon) during laod < 1GiB")
                .find("at 22: unknown phase 'laod'; did you mean 'load'?"),
            std::string::npos)
      << gate_mistake("max(rss_anon) during laod < 1GiB");
  EXPECT_NE(gate_mistake("max(rss_anon{role=\"rediss\"}) < 1GiB")
                .find("unknown role 'rediss'; did you mean 'redis'?"),
            std::string::npos);
  EXPECT_NE(gate_mistake("leak(sever) in {none}").find("unknown target"),
            std::string::npos);
}

TEST(Plan, GatesThatContradictAreAMistake) {
  const auto conflict = [](const std::string& a, const std::string& b) {
    const auto one = make_gate(a, "a", lookup);
    const auto two = make_gate(b, "b", lookup);
    EXPECT_TRUE(one && two);
    const Gate both[] = {*one, *two};
    const Status status = check_contradictions(both);
    return status ? std::string() : status.error().what;
  };
  EXPECT_EQ(conflict("max(fds) < 100", "max(fds) > 200"),
            "b: gate 'max(fds) > 200' contradicts 'max(fds) < 100' of a: no "
            "run can pass both");
  EXPECT_EQ(conflict("max(fds) < 100", "max(fds) > 50"), "");
  EXPECT_EQ(conflict("max(fds) < 100", "min(fds) > 200"), "");
  EXPECT_EQ(conflict("max(fds) during a < 100", "max(fds) during b > 200"), "");
  EXPECT_NE(conflict("leak(x) in {none}", "leak(x) in {saturating}"), "");
  EXPECT_EQ(conflict("max(fds) <= 100", "max(fds) >= 100"), "");
  EXPECT_NE(conflict("max(fds) < 100", "max(fds) >= 100"), "");
}

TEST(Plan, FindsFiguresInWhatLoadsPrint) {
  EXPECT_EQ(find_figure("SET: 81234.50 requests per second, p50=0.3 msec\n",
                        "{} requests per second"),
            81234.5);
  EXPECT_EQ(find_figure("Requests/sec:   1234.5\nTransfer/sec: 1MB\n",
                        "Requests/sec: {}"),
            1234.5);
  EXPECT_EQ(find_figure("tps = 431.2 (without initial)\n", "tps = {}"), 431.2);
  // The last one counts; progress is overwritten in its line.
  EXPECT_EQ(find_figure("SET: rps=1.0\rSET: rps=2.0\n", "rps={}"), 2);
  EXPECT_EQ(find_figure("12 requests\n34 requests\n", "{} requests"), 34);
  // k6 fills its columns with as many dots as its longest name needs.
  EXPECT_EQ(find_figure("    http_reqs......................: 2233   36.8/s\n",
                        "http_reqs...: {}"),
            2233);
  EXPECT_EQ(find_figure("    http_reqs..........................: 45  6.5/s\n",
                        "http_reqs...: {}"),
            45);
  EXPECT_EQ(find_figure("http_reqs: 45\n", "http_reqs...: {}"), std::nullopt);
  EXPECT_EQ(find_figure("summary +     10 in 00:00:01 =   10.0/s\n"
                        "summary =   1234 in 00:00:30 =   41.1/s\n",
                        "summary = {} in"),
            1234);
  EXPECT_EQ(find_figure("none\n", "tps = {}"), std::nullopt);
  EXPECT_EQ(find_figure("", "tps = {}"), std::nullopt);
}

}  // namespace
}  // namespace tidemark
