// tidemarkd: records until SIGTERM, meets clients at its socket.
#include <algorithm>

#include "core/store/recording_series.h"
#include "record_fixture.h"

namespace tidemark {
namespace {

constexpr const char* kDaemon = TIDEMARK_BINARY_DIR "/daemon/tidemarkd";

TEST_F(RecordTest, TheDaemonRecordsUntilSigterm) {
  std::ofstream(path("t.toml"))
      << "interval = \"100ms\"\nsocket = \"" << path("client.sock")
      << "\"\nstate_dir = \"" << folder_ << "\"\n";
  const pid_t pid =
      spawn({kDaemon, "--config", path("t.toml"), "--output=" + output()});
  ASSERT_TRUE(wait_for_ticks(3)) << said();
  ::setenv("TIDEMARK_SOCKET", path("client.sock").c_str(), 1);
  EXPECT_EQ(wait_for(spawn({kTidemark, "phase", "begin", "load"})), 0);
  EXPECT_EQ(wait_for(spawn({kTidemark, "phase", "end", "load"})), 0);
  ::unsetenv("TIDEMARK_SOCKET");
  ::kill(pid, SIGTERM);
  EXPECT_EQ(wait_for(pid), 0);
  const ReadBack run = read();
  EXPECT_TRUE(run.closed);
  EXPECT_EQ(run.of(EventKind::phase_end).size(), 1u);
}

TEST_F(RecordTest, TheDaemonNamesARecordingByTheDate) {
  const pid_t pid =
      spawn({kDaemon, "--state-dir", folder_, "--socket", path("client.sock")});
  const auto made = [&] {
    return std::count_if(
        std::filesystem::directory_iterator(folder_), {},
        [](const auto& entry) { return entry.path().extension() == ".tmk"; });
  };
  EXPECT_TRUE(wait_until([&] { return made() == 1; }));
  ::kill(pid, SIGTERM);
  EXPECT_EQ(wait_for(pid), 0);
}

class ServiceTest : public RecordTest {
 protected:
  std::string config() const { return path("t.toml"); }
  void configure(const std::string& text) const {
    std::ofstream(config())
        << "socket = \"" << path("client.sock") << "\"\nstate_dir = \""
        << folder_ << "\"\ninterval = \"50ms\"\n"
        << text;
  }
  pid_t serve() const { return spawn({kDaemon, "--config", config()}); }
  std::vector<std::string> parts() const {
    std::vector<std::string> paths;
    const auto found = series_parts(folder_);
    for (const SeriesPart& part : found.value()) {
      paths.push_back(part.path());
    }
    return paths;
  }
  bool wait_for_parts(size_t count) const {
    return wait_until([&] { return parts().size() >= count; });
  }
  bool wait_to_say(const std::string& text) const {
    return wait_until([&] { return said().find(text) != std::string::npos; });
  }
  static int end(pid_t pid) {
    ::kill(pid, SIGTERM);
    return wait_for(pid);
  }
};

TEST_F(ServiceTest, RotatesAndEachPartCanBeReadAlone) {
  configure("rotate_age = \"1s\"\n");
  const pid_t pid = serve();
  ASSERT_TRUE(wait_for_parts(1)) << said();
  ::setenv("TIDEMARK_SOCKET", path("client.sock").c_str(), 1);
  EXPECT_EQ(wait_for(spawn({kTidemark, "phase", "begin", "load"})), 0);
  ::unsetenv("TIDEMARK_SOCKET");
  EXPECT_TRUE(wait_for_parts(3)) << said();
  EXPECT_EQ(end(pid), 0) << said();
  const auto paths = parts();
  for (const std::string& part : paths) {
    const auto back = try_read(part);
    ASSERT_TRUE(back) << part;
    EXPECT_TRUE(back->closed) << part;
    EXPECT_TRUE(back->damages.empty()) << part;
    EXPECT_EQ(back->of(EventKind::phase_begin).size(), 1u) << part;
    EXPECT_GT(back->dictionary.subjects().size(), 1u) << part;
  }
}

TEST_F(ServiceTest, ARunIsExportedAsOneFile) {
  configure("rotate_age = \"1s\"\n");
  const pid_t pid = serve();
  ASSERT_TRUE(wait_for_parts(1)) << said();
  ::setenv("TIDEMARK_SOCKET", path("client.sock").c_str(), 1);
  EXPECT_EQ(wait_for(spawn({kTidemark, "run", "begin", "soak"})), 0);
  EXPECT_EQ(wait_for(spawn({kTidemark, "phase", "begin", "load"})), 0);
  EXPECT_TRUE(wait_for_parts(4)) << said();
  EXPECT_EQ(wait_for(spawn({kTidemark, "phase", "end", "load"})), 0);
  EXPECT_EQ(wait_for(spawn({kTidemark, "run", "end", "soak"})), 0);
  ::unsetenv("TIDEMARK_SOCKET");
  const size_t during = parts().size();
  EXPECT_TRUE(wait_for_parts(during + 1)) << said();
  EXPECT_EQ(end(pid), 0) << said();
  EXPECT_EQ(wait_for(spawn({kTidemark, "export", folder_, "-o", output(),
                            "--run", "soak"})),
            0)
      << said();
  const ReadBack run = read();
  EXPECT_TRUE(run.closed);
  EXPECT_TRUE(run.damages.empty());
  ASSERT_EQ(run.of(EventKind::run_begin).size(), 1u);
  EXPECT_EQ(run.of(EventKind::phase_begin).size(), 1u);
  EXPECT_EQ(run.of(EventKind::phase_end).size(), 1u);
  ASSERT_EQ(run.of(EventKind::run_end).size(), 1u);
  // Every tick of the parts in that time, once.
  const BootTime from = run.of(EventKind::run_begin)[0].time;
  const BootTime to = run.of(EventKind::run_end)[0].time;
  size_t ticks = 0;
  for (const std::string& part : parts()) {
    const auto back = try_read(part);
    ASSERT_TRUE(back);
    ticks += static_cast<size_t>(std::ranges::count_if(
        back->ticks,
        [&](BootTime time) { return time >= from && time <= to; }));
  }
  EXPECT_EQ(run.ticks.size(), ticks);
  EXPECT_GT(ticks, 10u);
  EXPECT_EQ(wait_for(spawn({kTidemark, "export", folder_, "-o", path("b.tmk"),
                            "--run", "none"})),
            64);
  EXPECT_EQ(wait_for(spawn({kTidemark, "export", folder_, "-o", path("c.tmk"),
                            "--from", "yesterday"})),
            64);
}

TEST_F(ServiceTest, IsAloneInItsFolder) {
  configure("");
  const pid_t pid = serve();
  ASSERT_TRUE(wait_for_parts(1)) << said();
  EXPECT_EQ(wait_for(serve()), 64);
  EXPECT_NE(said().find("another tidemarkd records into " + folder_),
            std::string::npos)
      << said();
  EXPECT_EQ(parts().size(), 1u);
  EXPECT_EQ(end(pid), 0);
}

TEST_F(ServiceTest, ASocketThatNobodyListensOnIsTakenOver) {
  configure("");
  const pid_t pid = serve();
  ASSERT_TRUE(wait_to_say("recording to")) << said();
  ::kill(pid, SIGKILL);
  wait_for(pid);
  ASSERT_TRUE(std::filesystem::exists(path("client.sock")));
  const pid_t next = serve();
  ASSERT_TRUE(wait_for_parts(2)) << said();
  ::setenv("TIDEMARK_SOCKET", path("client.sock").c_str(), 1);
  EXPECT_EQ(wait_for(spawn({kTidemark, "mark", "here"})), 0) << said();
  ::unsetenv("TIDEMARK_SOCKET");
  EXPECT_EQ(end(next), 0);
}

TEST_F(ServiceTest, ReloadsAndKeepsTheOldOptionsWhenTheNewAreWrong) {
  configure("rotate_age = \"1h\"\n");
  const pid_t pid = serve();
  ASSERT_TRUE(wait_for_parts(1)) << said();
  configure("rotate_aeg = \"1s\"\n");
  ::kill(pid, SIGHUP);
  EXPECT_TRUE(wait_to_say("did you mean 'rotate_age'?")) << said();
  EXPECT_TRUE(wait_to_say("stay as they are")) << said();
  EXPECT_EQ(parts().size(), 1u);
  configure("rotate_age = \"1s\"\nheap = \"off\"\n");
  ::kill(pid, SIGHUP);
  EXPECT_TRUE(wait_to_say("heap will hold after a restart")) << said();
  EXPECT_TRUE(wait_for_parts(2)) << said();
  EXPECT_EQ(end(pid), 0);
}

TEST_F(ServiceTest, GatesAreHeldFromPartToPart) {
  std::ofstream(path("gates.toml"))
      << "[[gate]]\nexpr = \"max(threads{comm='late-comer'}) < 1\"\n"
      << "[[gate]]\nexpr = \"leak(server) in {none}\"\n";
  const std::string heard = path("heard");
  configure("rotate_age = \"1s\"\nalert_hold = \"0s\"\ngates = [\"" +
            path("gates.toml") +
            "\"]\non_alert = [\"/bin/sh\", \"-c\", \"cat >> " + heard +
            "\"]\n");
  const pid_t pid = serve();
  ASSERT_TRUE(wait_for_parts(3)) << said();
  EXPECT_NE(said().find("leak(server) in {none}: left out"), std::string::npos)
      << said();
  std::filesystem::copy_file("/bin/sleep", path("late-comer"));
  const pid_t late = spawn({path("late-comer"), "60"});
  const auto told = [&] {
    std::ifstream file(heard);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    return text.find("\"fail\"") != std::string::npos;
  };
  EXPECT_TRUE(wait_until(told)) << said();
  ::kill(late, SIGKILL);
  wait_for(late);
  EXPECT_EQ(end(pid), 0) << said();
  size_t alerts = 0;
  for (const std::string& part : parts()) {
    for (const Event& event : try_read(part)->of(EventKind::alert)) {
      EXPECT_GE(parse_series_part(part)->number, 3u);
      alerts += event.value == 2 ? 1 : 0;
    }
  }
  EXPECT_EQ(alerts, 1u);
}

TEST_F(ServiceTest, SaysWhyItCannotWrite) {
  std::ofstream(path("file")) << "x";
  EXPECT_EQ(wait_for(spawn({kDaemon, "--state-dir", path("file"), "--socket",
                            path("client.sock")})),
            64);
  EXPECT_NE(said().find("is no folder"), std::string::npos) << said();
}

TEST_F(RecordTest, TheDaemonRefusesWhatItDoesNotKnow) {
  EXPECT_EQ(wait_for(spawn({kDaemon, "--intervall", "1s"})), 64);
  EXPECT_NE(said().find("did you mean 'interval'?"), std::string::npos);
  EXPECT_EQ(wait_for(spawn({kDaemon, "--interval"})), 64);
  EXPECT_EQ(wait_for(spawn({kDaemon, "now"})), 64);
}

}  // namespace
}  // namespace tidemark
