// Baselines, comparisons and trends as a user meets them: files, words, exit
// codes.
#include <sys/wait.h>

#include <array>
#include <cstdio>

#include "tests/unit/report/recorded_run.h"

namespace tidemark::synthetic {
namespace {

namespace fs = std::filesystem;

constexpr double kMiB = 1024 * 1024;
constexpr double kSeconds = 60;

struct Said {
  int code = -1;
  std::string text;  // stdout and stderr
};

class BaselineCommandTest : public ::testing::Test {
 protected:
  BaselineCommandTest()
      : folder_(::testing::TempDir() + "tidemark-baselines-" +
                std::to_string(::getpid())) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~BaselineCommandTest() override { fs::remove_all(folder_); }

  // A server of so many MiB whose requests take so many milliseconds, both
  // with a little noise of the run's number; a day after the run before.
  std::string record(int number, double mebibytes, double milliseconds) {
    const double factor = 1 + 0.002 * (number * 7 % 5);
    RunModel run;
    const SubjectId server = run.process("serve", 7, "server");
    run.figure(server, "rss_anon",
               [=](double) { return std::floor(mebibytes * factor) * kMiB; });
    run.counts(server, "cpu_user", 1e8 * milliseconds * factor);
    run.counts(server, "cpu_system", 0);
    const SubjectId client = run.client("shop", server);
    run.counts(client, "op.request", 10);
    run.span(client, "request", 10, [=](int64_t i) {
      return static_cast<uint64_t>(
          (milliseconds + 0.01 * static_cast<double>(i % 10)) * factor * 1e6);
    });
    run.mark(client, EventKind::run_begin, "shop", 0);
    run.phase(client, "load", PhaseKind::load, 5, 55);
    run.mark(client, EventKind::run_end, "shop", 59);
    RecordingInfo info = recording_info();
    info.uuid[0] = static_cast<uint8_t>(number + 1);
    info.anchor.realtime_ns += number * 86'400'000'000'000;
    const std::string path = folder_ + "/run" + std::to_string(number) + ".tmk";
    write(path, run, kSeconds, true, info);
    return path;
  }

  std::string many(int from, int n, double mebibytes, double milliseconds) {
    std::string paths;
    for (int i = from; i < from + n; ++i) {
      paths += " " + record(i, mebibytes, milliseconds);
    }
    return paths;
  }

  Said run(const std::string& arguments) {
    const std::string command = "cd " + folder_ +
                                " && GITHUB_SHA= " + TIDEMARK_PROGRAM " " +
                                arguments + " 2>&1";
    Said said;
    FILE* pipe = ::popen(command.c_str(), "r");
    if (pipe == nullptr) return said;
    std::array<char, 4096> buffer{};
    while (const size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
      said.text.append(buffer.data(), n);
    }
    const int status = ::pclose(pipe);
    if (WIFEXITED(status)) said.code = WEXITSTATUS(status);
    return said;
  }
  void expect(const std::string& arguments, int code,
              const std::string& words) {
    const Said said = run(arguments);
    EXPECT_EQ(said.code, code) << arguments << "\n" << said.text;
    EXPECT_NE(said.text.find(words), std::string::npos) << arguments << "\n"
                                                        << said.text;
  }

  std::string folder_;
};

TEST_F(BaselineCommandTest, SavesComparesAndExitsWith21) {
  const std::string old = many(0, 5, 100, 2);
  const std::string slow = many(5, 5, 100, 2.8);
  expect("baseline save --branch main --commit abc123" + old, 0,
         "baselines/shop/");
  expect("baseline list", 0, "abc123");
  expect("baseline show shop", 0, "p95(span.request) during load <");
  expect("compare shop vs" + slow, 21,
         "major regression: cpu per op of server in load");
  expect("compare shop vs" + slow + " --fail-on critical", 0, "major");
  expect("compare shop vs" + slow + " --fail-on none", 0, "major");
  expect("compare" + slow + " vs shop", 0, "better");
  expect("compare shop vs" + old, 0, "no regression");
  expect("compare shop vs" + slow + " -f json", 21, "\"severity\": \"major\"");
  expect("compare --branch other shop vs" + slow, 64, "neither a file nor");
}

TEST_F(BaselineCommandTest, ChecksOneRunAgainstTheStore) {
  const std::string old = many(0, 5, 100, 2);
  const std::string fine = record(5, 100, 2);
  const std::string slow = record(6, 100, 2.8);
  const std::string gate =
      " --gate \"change(p95(span.request) during load) vs baseline < +10%\" ";
  expect("check " + fine + gate, 0, "there is no baseline");
  expect("baseline save" + old, 0, "baselines/shop/");
  expect("check " + fine + gate + "--baseline shop", 0, "no regression");
  expect("check " + slow + gate + "--baseline shop", 20, "beyond the limit");
  // One run alone is never a regression for certain.
  expect("check " + slow + " --baseline shop", 0, "at least 5 each");
  expect("check " + slow + " --baseline shpo", 64, "did you mean 'shop'?");
  expect("check " + slow +
             " --gate \"change(p95(span.request)) vs run:" + fine + " < +10%\"",
         20, "against 1 run");
}

TEST_F(BaselineCommandTest, ReportsShowTheComparison) {
  const std::string old = many(0, 5, 100, 2);
  const std::string slow = record(6, 100, 2.8);
  expect("baseline save" + old, 0, "baselines/shop/");
  const std::string with = "report " + slow + " --baseline shop -f ";
  expect(with + "text", 0, "Against the baseline");
  expect(with + "json", 0, "\"comparison\"");
  expect(with + "html", 0, "id=\"comparison\"");
  expect(with + "html", 0, "class=\"spark\"");
  expect(with + "md", 0, "### Against the baseline");
  expect(with + "md", 0, "| p50 of span\\.request in load | maybe worse |");
}

TEST_F(BaselineCommandTest, GroupsByAttribute) {
  const std::string small = many(0, 5, 100, 2), large = many(5, 5, 100, 3.2);
  expect("baseline save --attribute model_size=small" + small, 0, "shop");
  expect("baseline save --attribute model_size=large" + large, 0, "shop");
  expect("compare --by model_size baselines", 21,
         "model_size large against small");
  expect("compare --by colour baselines", 64, "has no 'colour'");
  expect("compare --by branch baselines", 64, "all runs have the same");
}

TEST_F(BaselineCommandTest, RefusesWhatIsNoBaseline) {
  std::ofstream(folder_ + "/bad.json") << "{\"tidemark_baseline\": 1, ";
  expect("compare bad.json bad.json", 64, "bad.json: line 1: no JSON");
  expect("baseline save /etc/passwd", 64, "not a Tidemark recording");
  expect("baseline show nothing", 64, "holds no baseline");
  expect("baseline list", 0, "No baseline in baselines");
  expect("baseline save --attribute x " + record(0, 100, 2), 64,
         "write KEY=VALUE");
  expect("compare " + record(1, 100, 2), 64, "name two sides");
  expect("trend", 64, "holds no baseline");
}

TEST_F(BaselineCommandTest, PromotesAndPrunes) {
  expect("baseline save" + many(0, 5, 100, 2), 0, "shop");
  expect("baseline save" + many(5, 1, 140, 2), 0, "shop");
  expect("baseline promote shop --reason 'larger pages'", 0, "a new level");
  expect("baseline show shop --json", 0, "\"level\": \"larger pages\"");
  const std::string next = record(6, 140, 2);
  expect("compare shop " + next, 0, "no regression");
  expect("baseline prune --keep 2 --dry-run", 0, "would remove");
  expect("baseline prune --keep 2", 0, "removed");
  const Said list = run("baseline list");
  EXPECT_EQ(std::ranges::count(list.text, '\n'), 3) << list.text;
}

TEST_F(BaselineCommandTest, TellsTheTrend) {
  expect("baseline save --commit old" + many(0, 12, 100, 2), 0, "shop");
  expect("baseline save --commit new" + many(12, 6, 140, 2), 0, "shop");
  expect("trend shop --days 30", 0, "+40 % with new");
  expect("trend", 0, "▁");
  expect("trend -f json", 0, "\"worsens\": true");
  expect("trend --days 0.5", 64, "one run in 0.5 days");
}

}  // namespace
}  // namespace tidemark::synthetic
