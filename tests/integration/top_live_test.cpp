// tidemark top beside what it watches: a load test, a storm of sizes, a shell
// that stops it, a service that goes on in another file.
#include <signal.h>

#include <random>

#include "tests/integration/top_fixture.h"

namespace tidemark {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

// redis under load, recorded; ends with the test.
class TopLoadTest : public TopTest {
 protected:
  void start_load() {
    const std::string socket = path("redis.sock");
    recorder_ = record_live({"redis-server", "--port", "0", "--unixsocket",
                             socket, "--save", "", "--daemonize", "no",
                             "--logfile", path("redis.log")});
    ASSERT_TRUE(
        wait_until([&] { return ::access(socket.c_str(), R_OK) == 0; }));
    load_ = spawn({"sh", "-c",
                   "exec redis-benchmark -q -l -s " + socket +
                       " -c 4 -r 1000 -n 100000 -t set,get >/dev/null"});
    const auto reader = RecordingReader::open(output());
    ASSERT_TRUE(reader);
    socket_ = reader->info().socket;
  }
  // A mark from the command line.
  void say(const std::string& words) {
    EXPECT_EQ(
        run("env TIDEMARK_SOCKET=" + socket_ + " " + kTidemark + " " + words),
        "");
  }
  // Ends the load, then the recording.
  void stop_load() {
    if (load_ > 0) ::kill(load_, SIGKILL);
    if (load_ > 0) wait_for(load_);
    if (recorder_ > 0) ::kill(recorder_, SIGTERM);
    if (recorder_ > 0) wait_for(recorder_);
    load_ = recorder_ = -1;
  }
  void TearDown() override {
    stop_load();
    TopTest::TearDown();
  }

  pid_t recorder_ = -1, load_ = -1;
  std::string socket_;
};

TEST_F(TopLoadTest, WatchesRedisUnderLoadAndTravelsInIt) {
  ASSERT_NO_FATAL_FAILURE(start_load());
  say("phase begin warm --kind warmup");
  ASSERT_TRUE(wait_for_ticks(8));
  say("phase end warm");
  say("phase begin soak --kind steady");
  top("");
  await("LIVE");
  await("phase soak");
  await("redis-server");
  // Busy: whole per cents of a core.
  const std::string busy = await("redis-server");
  EXPECT_THAT(busy, ContainsRegex("cpu .*[1-9][0-9]*%"));

  keys("2");
  keys("w");  // all processes
  EXPECT_THAT(await("redis-benchmark"), HasSubstr("by CPU%"));
  keys("M");
  await("by ANON");
  keys("P");
  await("by CPU%");
  keys("F5");
  await("tree");
  keys("F5");
  keys("/");
  type("redis-server");
  keys("Enter");
  await("▶redis-server");
  keys("[");
  await("PAUSED");
  keys("[");
  await("phase warm");
  keys("]");
  await("phase soak");
  keys("1");
  keys("End");
  await("LIVE");
  // On a narrow screen a column is soon longer than two ticks.
  await("at 00:00:2");
  resize(60, 20);
  keys("+");
  await("zoom x2");
  keys("-");
  resize(120, 40);
  keys("End");
  await("LIVE");
  keys("m");
  type("deploy 42");
  keys("Enter");
  await("marked: deploy 42");
  keys("6");
  await("deploy 42");
  keys("q");
  expect_restored();
  stop_load();

  // The mark typed is in the recording, for every reader of it.
  const auto notes = read().of(EventKind::note);
  EXPECT_TRUE(std::ranges::any_of(
      notes, [](const Event& note) { return note.name == "deploy 42"; }));
  EXPECT_THAT(run(std::string(kTidemark) + " report -f text " + output()),
              HasSubstr("deploy 42"));
  top("run.tmk --view events");
  EXPECT_THAT(await("deploy 42"), HasSubstr("END"));
  keys("q");
  expect_restored();
}

TEST_F(TopTest, OutlivesAStormOfSizes) {
  const pid_t recorder = record_live({"sleep", "300"});
  top("");
  await("LIVE");
  std::mt19937 random(1);
  for (int i = 0; i < 100; ++i) {
    resize(static_cast<int>(10 + random() % 240),
           static_cast<int>(3 + random() % 67));
    if (i % 10 == 0) keys("Tab");
  }
  resize(120, 40);
  keys("1");
  EXPECT_THAT(await("LIVE"), HasSubstr("phases"));
  await("1 watched");
  keys("q");
  expect_restored();
  ::kill(recorder, SIGTERM);
  wait_for(recorder);
}

TEST_F(TopTest, StopsAndGoesOn) {
  record_something();
  enter("stty -tostop");
  await_end(0);
  top("run.tmk");
  await("phases");
  const pid_t pid = top_pid();
  ::kill(pid, SIGTSTP);
  // The shell's own screen, modes and cursor, while it is stopped.
  expect_restored(128 + SIGTSTP);
  type("fg");
  keys("Enter");
  EXPECT_THAT(await("phases"), HasSubstr("END"));
  keys("2");
  await("processes ─");
  EXPECT_EQ(run(tmux_ + " display -p -t top '#{alternate_on}'"), "1\n");
  keys("q");
  EXPECT_TRUE(wait_until([&] { return ::kill(pid, 0) != 0; }));
  EXPECT_EQ(modes(), modes_);
  EXPECT_EQ(run(tmux_ + " display -p -t top '#{alternate_on}'"), "0\n");
}

TEST_F(TopTest, EndsWithItsTerminal) {
  record_something();
  top("run.tmk");
  await("phases");
  const pid_t pid = top_pid();
  run(tmux_ + " kill-server");
  EXPECT_TRUE(wait_until([&] { return ::kill(pid, 0) != 0; }));
}

TEST_F(TopTest, GoesAlongWhenTheServiceBeginsAnotherFile) {
  std::ofstream(path("t.toml"))
      << "interval = \"100ms\"\nsocket = \"" << path("client.sock")
      << "\"\nstate_dir = \"" << folder_ << "\"\nrotate_age = \"3s\"\n";
  const pid_t daemon = spawn(
      {TIDEMARK_BINARY_DIR "/daemon/tidemarkd", "--config", path("t.toml")});
  const auto part = [&](const std::string& number) {
    return wait_until(
        [&] { return run("ls " + folder_).find(number) != std::string::npos; });
  };
  ASSERT_TRUE(part("-0001.tmk")) << said();
  top(".");
  await("LIVE");
  await("goes on in ./20");
  keys("w");
  await("LIVE");
  await("goes on in ./20");  // and once more
  ::kill(daemon, SIGTERM);
  EXPECT_EQ(wait_for(daemon), 0);
  await("END");
  keys("q");
  expect_restored();
}

}  // namespace
}  // namespace tidemark
