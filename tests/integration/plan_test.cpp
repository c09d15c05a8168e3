// Whole plans on real targets: a soak of redis, a spike on postgresql, what
// goes wrong on the way.
#include <pwd.h>

#include "tests/integration/record_fixture.h"

namespace tidemark {
namespace {

class PlanTest : public RecordTest {
 protected:
  PlanTest() {
    // Ports of our own: by the process, out of the way of usual ones.
    port_ = std::to_string(20000 + ::getpid() % 20000);
    ::setenv("PORT", port_.c_str(), 1);
  }
  std::string plan(const std::string& text) const {
    std::ofstream(path("plan.toml")) << text;
    return path("plan.toml");
  }
  int run(const std::string& text, std::vector<std::string> more = {}) const {
    std::vector<std::string> words = {kTidemark, "plan", plan(text), "-o",
                                      output()};
    words.insert(words.end(), more.begin(), more.end());
    return wait_for(spawn(words));
  }
  std::string file_text(const std::string& name) const {
    std::ifstream file(path(name));
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::string report() const {
    wait_for(spawn({kTidemark, "report", output(), "-f", "json", "-o",
                    path("report.json")}));
    return file_text("report.json");
  }
  std::vector<std::string> phases() const {
    std::vector<std::string> names;
    for (const Event& event : read().of(EventKind::phase_begin)) {
      names.push_back(event.name);
    }
    return names;
  }

  std::string port_;
};

const std::string kRedis =
    "interval = \"200ms\"\n"
    "[[target]]\nname = \"redis\"\n"
    "command = \"redis-server --port ${PORT} --save '' --appendonly no\"\n"
    "healthy = \"command:redis-cli -p ${PORT} ping\"\n";
const std::string kLoad =
    "command = \"redis-benchmark -p ${PORT} -t set -n 20000 -r 1000 "
    "-c ${LEVEL} -q\"\nthroughput = \"{} requests per second\"\n";

TEST_F(PlanTest, SoaksRedisInCycles) {
  const int code = run("name = \"redis soak\"\n" + kRedis +
                       "[[phase]]\nname = \"load\"\n" + kLoad +
                       "levels = [5]\ncycles = 3\nrest = \"600ms\"\n"
                       "[[gate]]\nexpr = \"max(rss_anon{role='redis'}) < "
                       "256MiB\"\n"
                       "[[gate]]\nexpr = \"p95(cpu{role='redis'}) during "
                       "level-5 < 150%\"\n");
  EXPECT_EQ(code, 0) << said();
  EXPECT_EQ(phases(),
            (std::vector<std::string>{"setup", "load", "level-5", "load-rest",
                                      "load", "level-5", "load-rest", "load",
                                      "level-5", "load-rest", "teardown"}));
  const ReadBack back = read();
  EXPECT_TRUE(back.closed);
  const auto runs = back.of(EventKind::run_end);
  ASSERT_EQ(runs.size(), 1u);
  EXPECT_EQ(runs[0].value, 0);
  EXPECT_NE(said().find("2 gates: 2 passed; score 100 %"), std::string::npos)
      << said();
  // What it started has ended.
  const Subject* redis = back.process("redis-server", port_);
  ASSERT_NE(redis, nullptr);
  EXPECT_EQ(redis->role, "redis");
  EXPECT_FALSE(std::filesystem::exists(
      "/proc/" + std::to_string(redis->process.pid.value)));
}

TEST_F(PlanTest, SpikesRedis) {
  const std::string steady = "kind = \"steady\"\nlevels = [2]\n" + kLoad;
  const int code = run(
      "name = \"redis spike\"\n" + kRedis + "[[phase]]\nname = \"base\"\n" +
      steady + "[[phase]]\nname = \"spike\"\nkind = \"load\"\nlevels = [50]\n" +
      kLoad + "[[phase]]\nname = \"recovery\"\n" + steady +
      "[[gate]]\nexpr = \"max(rss_anon{role='redis'}) during spike < "
      "256MiB\"\n"
      "[[gate]]\nexpr = \"max(fds{role='redis'}) during spike < 100\"\n"
      "[[gate]]\nexpr = \"max(threads{role='redis'}) during recovery < "
      "16\"\n");
  EXPECT_EQ(code, 0) << said();
  EXPECT_EQ(phases(), (std::vector<std::string>{"setup", "base", "level-2",
                                                "spike", "level-50", "recovery",
                                                "level-2", "teardown"}));
  EXPECT_NE(said().find("3 gates: 3 passed; score 100 %"), std::string::npos)
      << said();
  EXPECT_TRUE(read().closed);
}

TEST_F(PlanTest, StressesRedisUntilTheKnee) {
  // A load whose throughput is made up, so that the knee is known.
  std::ofstream(path("load"))
      << "#!/bin/sh\ncase $1 in\n"
         "1) echo rate 100;;\n2) echo rate 190;;\n"
         "4) echo rate 200;;\n*) echo rate 999;;\nesac\n";
  std::filesystem::permissions(path("load"), std::filesystem::perms::owner_all);
  const int code =
      run("[[phase]]\nname = \"stress\"\ncommand = \"" + path("load") +
          " ${LEVEL}\"\nlevels = [1, 2, 4, 8]\n"
          "until = \"knee\"\nthroughput = \"rate {}\"\n");
  EXPECT_EQ(code, 0) << said();
  EXPECT_EQ(phases(), (std::vector<std::string>{"stress", "level-1", "level-2",
                                                "level-4", "teardown"}));
  EXPECT_NE(said().find("knee of stress: level 2, 190 per second"),
            std::string::npos)
      << said();
}

TEST_F(PlanTest, ATargetKilledInTheMiddleAbortsTheRun) {
  // The phase kills it; nothing else of that port is there.
  std::ofstream(path("murder"))
      << "#!/bin/sh\nredis-cli -p " << port_
      << " info server | tr -d '\\r' | sed -n 's/^process_id://p' | "
         "xargs kill -9\nsleep 30\n";
  std::filesystem::permissions(path("murder"),
                               std::filesystem::perms::owner_all);
  const int code = run(kRedis +
                       "[[phase]]\nname = \"load\"\nkind = \"load\"\n"
                       "command = \"" +
                       path("murder") + "\"\n");
  EXPECT_EQ(code, 30) << said();
  const ReadBack back = read();
  EXPECT_TRUE(back.closed);
  EXPECT_TRUE(back.damages.empty());
  EXPECT_NE(said().find("target 'redis' died of signal 9 (Killed) in phase "
                        "'load'"),
            std::string::npos)
      << said();
  const std::string json = report();
  EXPECT_NE(json.find("\"status\": \"aborted\""), std::string::npos);
}

TEST_F(PlanTest, ATargetThatIsNeverHealthyAbortsTheRun) {
  const int code =
      run("[[target]]\nname = \"idle\"\ncommand = \"sleep 60\"\n"
          "healthy = \"tcp:127.0.0.1:${PORT}\"\nwithin = \"300ms\"\n"
          "[[phase]]\nname = \"load\"\nfor = \"1s\"\n");
  EXPECT_EQ(code, 30) << said();
  EXPECT_NE(said().find("target 'idle' was not healthy within"),
            std::string::npos)
      << said();
  EXPECT_NE(said().find("Connection refused"), std::string::npos) << said();
}

TEST_F(PlanTest, AFailingLoadFailsTheRun) {
  EXPECT_EQ(run("[[phase]]\nname = \"load\"\ncommand = \"sh -c 'echo no luck; "
                "exit 3'\"\n"),
            1)
      << said();
  EXPECT_NE(said().find("phase 'load': sh exited with 3: no luck"),
            std::string::npos)
      << said();
}

TEST_F(PlanTest, MistakesAreToldBeforeAnythingRuns) {
  EXPECT_EQ(run("[[phase]]\nname = \"load\"\ncommand = \"no-such-program\"\n"),
            64);
  EXPECT_NE(said().find("phase 'load': 'no-such-program': command not found"),
            std::string::npos)
      << said();
  EXPECT_EQ(run("gates = [\"soack\"]\n[[phase]]\nname = \"load\"\nfor = "
                "\"1s\"\n"),
            64);
  EXPECT_EQ(run("[[phase]]\nname = \"load\"\nfor = \"1s\"\n[[gate]]\nexpr = "
                "\"max(rss_anon) during laod < 1GiB\"\n"),
            64);
  EXPECT_FALSE(std::filesystem::exists(output()));
}

TEST_F(PlanTest, EveryTemplateIsAPlan) {
  for (const char* name :
       {"redis-benchmark", "wrk", "pgbench", "k6", "locust", "jmeter"}) {
    const std::string file = path(std::string(name) + ".toml");
    ASSERT_EQ(wait_for(spawn({"/bin/sh", "-c",
                              std::string(kTidemark) + " plan --template " +
                                  name + " > " + file})),
              0)
        << said();
    // Read as --check does, but for programs that are not installed here.
    ::setenv("DATA", path("data").c_str(), 1);
    const int code = wait_for(spawn({kTidemark, "plan", "--check", file}));
    const bool fine = code == 0 ||
                      said().find("command not found") != std::string::npos ||
                      said().find("No such file") != std::string::npos;
    EXPECT_TRUE(fine) << name << ": " << code << " " << said();
    std::filesystem::remove(path("stderr"));
  }
}

TEST_F(PlanTest, ALeakOfKnownSizeWouldFail) {
  EXPECT_EQ(wait_for(spawn({kTidemark, "selftest", "--inject", "64KiB/s"})), 0)
      << said();
  EXPECT_EQ(wait_for(spawn({kTidemark, "selftest", "--inject", "64"})), 64);
}

// A target of its own data folder, filled by pgbench.
class PostgresPlanTest : public PlanTest {
 protected:
  static constexpr const char* kPrograms = "/usr/lib/postgresql/15/bin/";

  void SetUp() override {
    const passwd* user = ::getpwnam("postgres");
    ASSERT_NE(user, nullptr) << "postgresql is not installed";
    // A folder that only the user may enter, below one that everybody may.
    std::filesystem::permissions(folder_, std::filesystem::perms(0755));
    std::filesystem::create_directory(path("pg"));
    ASSERT_EQ(::chown(path("pg").c_str(), user->pw_uid, user->pw_gid), 0);
  }
  std::string program(const std::string& name) const {
    return std::string(kPrograms) + name;
  }
  std::string at_port(const std::string& name) const {
    return program(name) + " -h 127.0.0.1 -p " + port_;
  }
  std::string target() const {
    return "interval = \"200ms\"\n"
           "[[target]]\nname = \"postgres\"\nuser = \"postgres\"\n"
           "directory = \"" +
           path("pg") + "\"\nprepare = \"" + program("initdb") +
           " -D data -A trust --no-sync\"\ncommand = \"" + program("postgres") +
           " -D data -k . -p " + port_ +
           " -F\"\nhealthy = \"command:" + at_port("pg_isready") +
           "\"\nwithin = \"60s\"\nstop = \"INT\"\n"
           "select = [\"comm:postgres\"]\n"
           "[[phase]]\nname = \"fill\"\nkind = \"setup\"\n"
           "user = \"postgres\"\ncommand = \"" +
           at_port("pgbench") + " -i -s 1 -q postgres\"\n";
  }
  std::string bench(const std::string& seconds) const {
    return "user = \"postgres\"\ncommand = \"" + at_port("pgbench") +
           " -c ${LEVEL} -T " + seconds +
           " postgres\"\nthroughput = \"tps = {}\"\n";
  }
};

TEST_F(PostgresPlanTest, SpikesPostgresql) {
  const int code = run(
      "name = \"postgresql spike\"\n" + target() +
      "[[phase]]\nname = \"base\"\nkind = \"steady\"\nlevels = [1]\n" +
      bench("2") +
      "[[phase]]\nname = \"spike\"\nkind = \"load\"\nlevels = [10]\n" +
      bench("2") +
      "[[phase]]\nname = \"recovery\"\nkind = \"steady\"\nlevels = [1]\n" +
      bench("2") +
      "[[gate]]\nlabel = \"memory\"\nexpr = \"max(rss_anon{role='postgres'}) "
      "during spike < 512MiB\"\n");
  EXPECT_EQ(code, 0) << said();
  EXPECT_NE(said().find("1 gate: 1 passed; score 100 %"), std::string::npos)
      << said();
  const auto names = phases();
  EXPECT_EQ(std::count(names.begin(), names.end(), "spike"), 1);
  EXPECT_EQ(std::count(names.begin(), names.end(), "recovery"), 1);
}

TEST_F(PostgresPlanTest, SoaksPostgresqlInCycles) {
  const int code = run(
      "name = \"postgresql soak\"\n" + target() +
      "[[phase]]\nname = \"load\"\nlevels = [4]\ncycles = 3\n"
      "rest = \"600ms\"\n" +
      bench("1") +
      "[[gate]]\nexpr = \"max(rss_anon{role='postgres'}) < 512MiB\"\n"
      "[[gate]]\nexpr = \"max(fds{role='postgres'}) during level-4 < 2000\"\n");
  EXPECT_EQ(code, 0) << said();
  EXPECT_NE(said().find("2 gates: 2 passed; score 100 %"), std::string::npos)
      << said();
  const auto names = phases();
  EXPECT_EQ(std::count(names.begin(), names.end(), "level-4"), 3);
  EXPECT_EQ(std::count(names.begin(), names.end(), "load-rest"), 3);
  EXPECT_TRUE(read().closed);
}

}  // namespace
}  // namespace tidemark
