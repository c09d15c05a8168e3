// Clients of a recording: edges at once, quiesce answered, the process watched.
#include <algorithm>
#include <tidemark/tidemark.hpp>

#include "record_fixture.h"

namespace tidemark {
namespace {

class RecordClientTest : public RecordTest {
 protected:
  RecordClientTest() {
    ::setenv("TIDEMARK_SOCKET", path("client.sock").c_str(), 1);
  }
  ~RecordClientTest() override { ::unsetenv("TIDEMARK_SOCKET"); }

  pid_t begin(const Session& session) {
    const pid_t pid = start({"-q", "--interval", "1s"});
    // A client looks for its daemon when it has something to say.
    EXPECT_TRUE(wait_until([&] {
      session.note("hello");
      return session.connected();
    }));
    return pid;
  }
  int end(pid_t pid) {
    ::kill(pid, SIGINT);
    return wait_for(pid);
  }
};

TEST_F(RecordClientTest, PhasesAreInOrderWithEdgesAtOnce) {
  const Session session("integration");
  const pid_t pid = begin(session);
  {
    const tidemark::Run test(session, "test");
    for (int cycle = 0; cycle < 3; ++cycle) {
      const Phase load(session, "load", Kind::load);
      std::this_thread::sleep_for(200ms);
    }
  }
  EXPECT_EQ(session.flush(5s), Answer::done);
  EXPECT_EQ(end(pid), 0);
  const ReadBack run = read();
  ASSERT_EQ(run.of(EventKind::phase_begin).size(), 3u);
  ASSERT_EQ(run.of(EventKind::phase_end).size(), 3u);
  EXPECT_TRUE(std::is_sorted(
      run.events.begin(), run.events.end(), [](const Event& a, const Event& b) {
        return is_mark(a.kind) && is_mark(b.kind) && a.time < b.time;
      }));
  // A 200 ms phase has readings of its own, though ticks are 1 s apart.
  for (const Event& mark : run.of(EventKind::phase_end)) {
    const bool read_at_once =
        std::any_of(run.edges.begin(), run.edges.end(), [&](BootTime edge) {
          return edge >= mark.time && edge - mark.time < 100ms;
        });
    EXPECT_TRUE(read_at_once);
    EXPECT_GE(mark.received, mark.time);
  }
}

TEST_F(RecordClientTest, TheClientsProcessIsWatchedUnderItsName) {
  const Session session("integration");
  const pid_t pid = begin(session);
  const Phase phase(session, "load", Kind::load);
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(end(pid), 0);
  bool found = false;
  const auto recording = read();
  for (const Subject& subject : recording.dictionary.subjects()) {
    if (subject.kind != SubjectKind::process) continue;
    if (subject.process.pid.value != ::getpid()) continue;
    found = true;
    EXPECT_TRUE(subject.watched);
    EXPECT_EQ(subject.role, "integration");
  }
  EXPECT_TRUE(found);
}

TEST_F(RecordClientTest, QuiesceIsAnsweredWhenThisProcessIsCalm) {
  const Session session("integration");
  const pid_t pid = begin(session);
  EXPECT_EQ(session.quiesce(10s), Answer::done);
  // The answer may come before the writer has written what it stands for.
  size_t edges = 0;
  for (int i = 0; i < 100 && edges == 0; ++i) {
    edges = read().edges.size();
    if (edges == 0) std::this_thread::sleep_for(20ms);
  }
  EXPECT_EQ(end(pid), 0);
  EXPECT_GE(edges, 1u);
  EXPECT_EQ(read().of(EventKind::quiesce).size(), 1u);
}

TEST_F(RecordClientTest, ASecondRecorderOnTheSameSocketIsRefused) {
  const Session session("integration");
  const pid_t pid = begin(session);
  EXPECT_EQ(wait_for(spawn({kTidemark, "record", "-o", path("second.tmk"),
                            "--socket", path("client.sock"), "--", "true"})),
            64);
  EXPECT_FALSE(std::filesystem::exists(path("second.tmk")));
  // An inherited one is left to its owner: a `record` inside of a `record`.
  EXPECT_EQ(wait_for(spawn({kTidemark, "record", "-q", "-o", path("inner.tmk"),
                            "--", "true"})),
            0);
  EXPECT_EQ(end(pid), 0);
}

}  // namespace
}  // namespace tidemark
