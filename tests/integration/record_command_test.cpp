// `tidemark record -- command`: exit codes, the command's tree, what is said.
#include "record_fixture.h"

namespace tidemark {
namespace {

TEST_F(RecordTest, ACommandThatSucceeds) {
  EXPECT_EQ(record({"-q", "--", "true"}), 0);
  const ReadBack run = read();
  EXPECT_TRUE(run.closed);
  EXPECT_TRUE(run.damages.empty());
  EXPECT_GE(run.ticks.size(), 1u);
  ASSERT_EQ(run.of(EventKind::command_begin).size(), 1u);
  ASSERT_EQ(run.of(EventKind::command_end).size(), 1u);
  EXPECT_EQ(run.of(EventKind::command_end)[0].value, 0);
  // Held until the first frame was written: that one is before its life.
  EXPECT_LE(run.ticks[0], run.of(EventKind::command_begin)[0].time);
  EXPECT_EQ(run.info.command, (std::vector<std::string>{"true"}));
  EXPECT_TRUE(said().empty()) << said();
}

TEST_F(RecordTest, ItsOwnCodeComesBack) {
  EXPECT_EQ(record({"--", "sh", "-c", "exit 7"}), 7);
  EXPECT_NE(said().find("the command exited with 7"), std::string::npos);
  EXPECT_EQ(WEXITSTATUS(read().of(EventKind::command_end)[0].value), 7);
}

TEST_F(RecordTest, KilledByASignalIs30) {
  EXPECT_EQ(record({"--", "sh", "-c", "kill -KILL $$"}), 30);
  EXPECT_NE(said().find("killed by signal 9 (Killed)"), std::string::npos);
  EXPECT_TRUE(read().closed);
}

TEST_F(RecordTest, ACommandThatDoesNotExistIsSaidAndLeavesNoFile) {
  EXPECT_EQ(record({"--", "no-such-command"}), 64);
  EXPECT_NE(said().find("'no-such-command': command not found"),
            std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(output()));
}

TEST_F(RecordTest, ACommandThatCannotBeExecutedIsSaid) {
  std::ofstream(path("plain")) << "no program\n";
  EXPECT_EQ(record({"--", path("plain")}), 64);
  EXPECT_NE(said().find("not executable"), std::string::npos);
  std::ofstream(path("broken")) << "#!/no/such/interpreter\n";
  std::filesystem::permissions(path("broken"),
                               std::filesystem::perms::owner_all);
  EXPECT_EQ(record({"--", path("broken")}), 64);
  EXPECT_NE(said().find("broken: No such file or directory"),
            std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(output()));
}

TEST_F(RecordTest, AnExistingRecordingIsNotTouched) {
  std::ofstream(output()) << "precious";
  EXPECT_EQ(record({"--", "true"}), 64);
  EXPECT_NE(said().find(output() + ": exists already"), std::string::npos);
  EXPECT_EQ(std::filesystem::file_size(output()), 8u);
}

TEST_F(RecordTest, WrongWordsAre64WithTheNearest) {
  EXPECT_EQ(record({"--intervall", "1s", "--", "true"}), 64);
  EXPECT_EQ(record({"--interval", "1", "--", "true"}), 64);
  EXPECT_EQ(record({"--role", "server=exee:x", "--", "true"}), 64);
  EXPECT_NE(said().find("at 8: unknown selector 'exee'; did you mean 'exe'?"),
            std::string::npos);
  std::ofstream(path("t.toml")) << "budget = \"1%\"\nwach = [\"x\"]\n";
  EXPECT_EQ(record({"--config", path("t.toml"), "--", "true"}), 64);
  EXPECT_NE(said().find("t.toml:2: unknown key 'wach'; did you mean 'watch'?"),
            std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(output()));
}

TEST_F(RecordTest, AFolderThatIsNotThereIsNamed) {
  EXPECT_EQ(wait_for(spawn(
                {kTidemark, "record", "-o", path("no/run.tmk"), "--", "true"})),
            64);
  EXPECT_NE(said().find("no/run.tmk"), std::string::npos);
}

TEST_F(RecordTest, ADaemonisedChildStaysWatched) {
  // The subshell ends at once; setsid leaves the session; the orphan is ours.
  EXPECT_EQ(record({"-q", "--interval", "100ms", "--", "sh", "-c",
                    "(setsid sleep 1.17 &); sleep 1"}),
            0);
  auto reader = RecordingReader::open(output());
  ASSERT_TRUE(reader);
  size_t readings = 0;
  bool watched = false;
  while (const auto item = reader->next()) {
    if (item->frame == nullptr) continue;
    const Metric* rss = reader->dictionary().find_metric("rss");
    if (rss == nullptr) continue;
    reader->for_each_value(rss->id, [&](SubjectId id, int64_t value) {
      const Subject* subject = reader->dictionary().subject(id);
      if (subject == nullptr || value <= 0) return;
      if (subject->command.find("1.17") == std::string::npos) return;
      if (subject->name != "sleep") return;
      watched |= subject->watched;
      ++readings;
    });
  }
  EXPECT_TRUE(watched);
  EXPECT_GE(readings, 3u);
}

TEST_F(RecordTest, ShortLivesAreAllSeen) {
  // By a name of its own: others on the host may run true too.
  const std::string program = path("short-life");
  std::filesystem::copy_file("/bin/true", program);
  EXPECT_EQ(record({"-q", "--", "sh", "-c",
                    "i=0; while [ $i -lt 200 ]; do " + program +
                        "; i=$((i+1)); done"}),
            0);
  const ReadBack run = read();
  if (!run.has_level("process_life: tp_btf")) {
    GTEST_SKIP() << "no process life probe here: lives between two ticks are "
                    "unseen, and the recording says so";
  }
  int64_t seen = 0;
  for (const Event& event : run.of(EventKind::exit)) {
    if (event.name != "short-life") continue;
    EXPECT_EQ(event.value, 0);
    EXPECT_GT(event.life.begin_ns, 0);
    EXPECT_LE(event.life.begin_ns, to_ns(event.time));
    EXPECT_GT(event.life.rss_peak_bytes, 0);
    ++seen;
  }
  EXPECT_EQ(seen, 200);
}

TEST_F(RecordTest, RolesAndWatchAreInTheRecording) {
  EXPECT_EQ(record({"-q", "--role", "sleeper=comm:sleep", "--watch",
                    "cmdline:*no such words*", "--", "sleep", "0.317"}),
            0);
  const Subject* sleeper = nullptr;
  const ReadBack run = read();
  sleeper = run.process("sleep", "0.317");
  ASSERT_NE(sleeper, nullptr);
  EXPECT_EQ(sleeper->role, "sleeper");
  EXPECT_TRUE(sleeper->watched);
  EXPECT_NE(said().find("'cmdline:*no such words*' met no process"),
            std::string::npos);
}

TEST_F(RecordTest, SecretsOfTheCommandAreNotRecorded) {
  EXPECT_EQ(record({"-q", "--", "sh", "-c", "sleep 0.1", "x",
                    "--password=hunter2", "--token", "hunter3"}),
            0);
  std::ifstream file(output());
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(bytes.find("hunter2"), std::string::npos);
  const auto recording = read();
  for (const std::string& word : recording.info.command) {
    EXPECT_EQ(word.find("hunter"), std::string::npos) << word;
  }
}

TEST_F(RecordTest, TheCommandFindsTheSocketInItsEnvironment) {
  EXPECT_EQ(
      record({"-q", "--", "sh", "-c",
              "test -S \"$TIDEMARK_SOCKET\" && " + std::string(kTidemark) +
                  " phase begin load && " + kTidemark + " phase end load"}),
      0);
  const ReadBack run = read();
  ASSERT_EQ(run.of(EventKind::phase_begin).size(), 1u);
  EXPECT_EQ(run.of(EventKind::phase_begin)[0].name, "load");
  EXPECT_EQ(run.of(EventKind::phase_end).size(), 1u);
}

}  // namespace
}  // namespace tidemark
