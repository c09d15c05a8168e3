// Two instants of one recording.
#include "report/run_diff.h"

#include "tests/unit/report/recorded_run.h"

namespace tidemark::synthetic {
namespace {

constexpr double kMiB = 1024 * 1024;

// A server that grows by a MiB a second and opens a file each 10 s; one site
// with 100 KiB a second; snapshots at 20, 60 and 80 s, a phase of 30..90 s.
RunModel growing() {
  RunModel run;
  const SubjectId server = run.process("serve", 7, "server");
  run.figure(server, "rss_anon", [](double t) { return (100 + t) * kMiB; });
  run.figure(server, "fds", [](double t) { return 10 + std::floor(t / 10); });
  run.figure(server, "fds_file", [](double t) { return std::floor(t / 10); });
  run.figure(server, "sockets", [](double) { return 3; });
  const SubjectId brief = run.process("brief", 8);
  run.figure(brief, "rss_anon", [](double) { return kMiB; });
  run.ends(brief, 50);
  const SubjectId client = run.client("shop", server);
  const SubjectId site = run.site(server, SiteKind::heap, 1, 0, "");
  run.figure(site, "site.live_bytes", [](double t) { return 102'400 * t; });
  run.figure(site, "site.live_count", [](double t) { return 100 * t; });
  run.stack(1, {"malloc", "Cart::checkout(Order const&) /src/cart.cpp:88",
                "Server::handle(Request const&) /src/server.cpp:41"});
  run.mark(client, EventKind::snapshot, "before", 20);
  run.mark(client, EventKind::snapshot, "after", 60);
  run.mark(client, EventKind::snapshot, "after", 80);
  run.phase(client, "load", PhaseKind::load, 30, 90);
  return run;
}

class RunDiffTest : public ::testing::Test {
 protected:
  RunDiffTest() : file_("diff") {
    RunModel run = growing();
    write(file_.path(), run, 100);
  }
  RunDiff diff(const char* before, const char* after) {
    auto found = diff_run(file_.path(), before, after);
    EXPECT_TRUE(found) << found.error().what;
    return found ? std::move(*found) : RunDiff();
  }
  std::string error(const char* before, const char* after) {
    const auto found = diff_run(file_.path(), before, after);
    return found ? "no error" : found.error().what;
  }
  static const LevelDiff& level(const ProcessDiff& process,
                                const std::string& metric) {
    static const LevelDiff kNone;
    const auto found =
        std::ranges::find(process.levels, metric, &LevelDiff::metric);
    EXPECT_NE(found, process.levels.end()) << metric;
    return found == process.levels.end() ? kNone : *found;
  }

  RecordingFile file_;
};

// Of a command that has ended, the end is when it was last seen.
TEST(RunDiffEnd, IsBeforeTheLastExit) {
  RecordingFile file("diff-end");
  RunModel run;
  const SubjectId job = run.process("job", 8);
  run.figure(job, "rss_anon", [](double t) { return (100 + t) * kMiB; });
  run.ends(job, 50);
  run.mark(job, EventKind::exit, "job", 50);
  write(file.path(), run, 60);
  const auto found = diff_run(file.path(), "begin", "end");
  ASSERT_TRUE(found) << found.error().what;
  EXPECT_NEAR(found->after.seconds, 50, 1.1);
  ASSERT_EQ(found->processes.size(), 1u);
  EXPECT_FALSE(found->processes[0].ended);
  EXPECT_NEAR(found->processes[0].levels.at(0).change(), 49 * kMiB, 2 * kMiB);
}

TEST_F(RunDiffTest, ComparesTwoSnapshots) {
  const RunDiff found = diff("before", "after");
  EXPECT_NEAR(found.before.seconds, 20, 1);
  EXPECT_NEAR(found.after.seconds, 60, 1);
  ASSERT_EQ(found.processes.size(), 2u);
  const ProcessDiff& server = found.processes[0];
  EXPECT_EQ(server.role, "server");
  EXPECT_NEAR(level(server, "rss_anon").change(), 40 * kMiB, 2 * kMiB);
  EXPECT_EQ(level(server, "fds").change(), 4);
  EXPECT_EQ(level(server, "fds_file").change(), 4);
  EXPECT_EQ(level(server, "sockets").change(), 0);
  ASSERT_EQ(server.sites.size(), 1u);
  EXPECT_EQ(server.sites[0].title, "Cart::checkout (cart.cpp:88)");
  EXPECT_NEAR(server.sites[0].bytes_after - server.sites[0].bytes_before,
              40 * 102'400, 2 * 102'400);
  EXPECT_TRUE(found.processes[1].ended);
}

TEST_F(RunDiffTest, KnowsEdgesTimesAndRepeatedNames) {
  EXPECT_NEAR(diff("load.begin", "load.end").after.seconds, 90, 1);
  EXPECT_NEAR(diff("load#1.begin", "after#2").after.seconds, 80, 1);
  const RunDiff whole = diff("begin", "end");
  EXPECT_NEAR(level(whole.processes[0], "rss_anon").change(), 100 * kMiB,
              3 * kMiB);
  EXPECT_NEAR(diff("+10s", "+40s").after.seconds, 40, 1e-6);
}

TEST_F(RunDiffTest, SaysWhatIsWrong) {
  EXPECT_NE(error("befor", "after").find("did you mean 'before'"),
            std::string::npos)
      << error("befor", "after");
  EXPECT_NE(error("after", "before").find("does not come before"),
            std::string::npos);
  EXPECT_NE(error("before", "before").find("does not come before"),
            std::string::npos);
  EXPECT_NE(error("+1s", "+2h").find("behind the end"), std::string::npos);
  EXPECT_NE(error("+1s", "+2x").find("2x"), std::string::npos);
  EXPECT_FALSE(diff_run("/nonexistent.tmk", "begin", "end"));
}

TEST_F(RunDiffTest, TellsItInTextAndJson) {
  const RunDiff found = diff("before", "after");
  const std::string text = diff_text(found, false);
  EXPECT_NE(text.find("server (pid 7)"), std::string::npos) << text;
  EXPECT_NE(text.find("heap +"), std::string::npos) << text;
  EXPECT_EQ(text.find("sockets"), std::string::npos) << text;
  EXPECT_NE(diff_text(found, true).find("sockets"), std::string::npos);
  const std::string json = diff_json(found);
  EXPECT_NE(json.find("\"fds_file\""), std::string::npos);
}

}  // namespace
}  // namespace tidemark::synthetic
