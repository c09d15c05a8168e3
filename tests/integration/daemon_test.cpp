// tidemarkd: records until SIGTERM, meets clients at its socket.
#include <algorithm>

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

TEST_F(RecordTest, TheDaemonRefusesWhatItDoesNotKnow) {
  EXPECT_EQ(wait_for(spawn({kDaemon, "--intervall", "1s"})), 64);
  EXPECT_NE(said().find("did you mean 'interval'?"), std::string::npos);
  EXPECT_EQ(wait_for(spawn({kDaemon, "--interval"})), 64);
  EXPECT_EQ(wait_for(spawn({kDaemon, "now"})), 64);
}

}  // namespace
}  // namespace tidemark
