#include <atomic>
#include <string>
#include <thread>

#include "client/channel.h"
#include "tests/unit/client/channel_fixture.h"

namespace tidemark::test {
namespace {

class Marks : public ChannelTest {};

TEST_F(Marks, ArriveWithNameKindHandleAndTime) {
  start_host();
  const Session session("app");
  const BootTime before = now();
  {
    const client::Run run(session, "soak");
    const client::Phase phase(session, "steady", Kind::steady);
    session.note("half way");
    session.snapshot("middle");
  }
  const BootTime after = now();
  turn();
  EXPECT_EQ(count(EventKind::client_begin), 1u);
  const Event run = of_kind(EventKind::run_begin).at(0);
  EXPECT_EQ(run.name, "soak");
  EXPECT_GE(run.time, before);
  EXPECT_LE(run.time, after);
  EXPECT_GE(run.received, run.time);
  const Event begin = of_kind(EventKind::phase_begin).at(0);
  const Event end = of_kind(EventKind::phase_end).at(0);
  EXPECT_EQ(begin.name, "steady");
  EXPECT_EQ(begin.phase_kind, PhaseKind::steady);
  EXPECT_NE(begin.value, 0);
  EXPECT_EQ(end.value, begin.value);
  EXPECT_EQ(of_kind(EventKind::note).at(0).name, "half way");
  EXPECT_EQ(of_kind(EventKind::snapshot).at(0).name, "middle");
  EXPECT_EQ(of_kind(EventKind::run_end).at(0).value, 0);
  for (size_t i = 1; i < events_.size(); ++i) {
    EXPECT_LE(events_[i - 1].time, events_[i].time);
  }
}

TEST_F(Marks, TheClientIsWhoTheKernelSays) {
  start_host();
  const Session session("app");
  turn();
  const auto clients = host_->clients();
  ASSERT_EQ(clients.size(), 1u);
  EXPECT_EQ(clients[0].process.pid.value, ::getpid());
  EXPECT_GT(clients[0].process.start_ticks, 0u);
  EXPECT_EQ(clients[0].uid, ::getuid());
  EXPECT_EQ(clients[0].name, "app");
  EXPECT_EQ(host_->find(clients[0].subject)->name, "app");
  EXPECT_TRUE(session.connected());
}

TEST_F(Marks, EveryTextLengthComesWhole) {
  start_host();
  const Session session("app");
  std::string text;
  for (size_t length = 0; length <= TIDEMARK_TEXT_BYTES + 8; ++length) {
    session.note(text);
    turn();
    const auto notes = of_kind(EventKind::note);
    ASSERT_EQ(notes.size(), length + 1);
    EXPECT_EQ(notes.back().name, text.substr(0, TIDEMARK_TEXT_BYTES));
    text.push_back(static_cast<char>('a' + length % 26));
  }
}

TEST_F(Marks, BytesThatAreNoTextArriveAsTheyAre) {
  start_host();
  const Session session("\xff\xfe app");
  session.note("\xc3\x28 \x1b[2J \x80");
  turn();
  EXPECT_EQ(of_kind(EventKind::client_begin).at(0).name, "\xff\xfe app");
  EXPECT_EQ(of_kind(EventKind::note).at(0).name, "\xc3\x28 \x1b[2J \x80");
}

TEST_F(Marks, TheLaneWrapsWithoutLoss) {
  start_host();
  const Session session("app");
  const size_t total = 5 * TIDEMARK_LANE_RECORDS + 7;
  const uint64_t dropped = session.dropped();
  for (size_t i = 0; i < total; ++i) {
    session.note(std::to_string(i));
    if (i % 500 == 0) turn();
  }
  turn();
  const auto notes = of_kind(EventKind::note);
  ASSERT_EQ(notes.size(), total);
  for (size_t i = 0; i < total; ++i) {
    ASSERT_EQ(notes[i].name, std::to_string(i));
  }
  EXPECT_EQ(session.dropped(), dropped);
}

TEST_F(Marks, AFullLaneDropsAndCountsExactly) {
  start_host();
  const Session session("app");
  const uint64_t dropped_before = session.dropped();
  uint64_t made = 0;
  for (int round = 0; round < 3; ++round) {
    for (size_t i = 0; i < TIDEMARK_LANE_RECORDS + 100; ++i, ++made) {
      session.note("a text that takes more than one record in the lane");
    }
    turn();
    turn();
  }
  const uint64_t dropped = session.dropped() - dropped_before;
  EXPECT_GT(dropped, 0u);
  EXPECT_EQ(made, count(EventKind::note) + dropped);
  EXPECT_EQ(host_->totals().dropped, session.dropped());
}

TEST_F(Marks, UnpublishedMarksHoldTheirPlaceInTheLane) {
  start_host();
  const Session session("app");
  const uint64_t dropped = session.dropped();
  for (size_t i = 0; i < TIDEMARK_LANE_RECORDS; ++i) session.note("x");
  turn(false);  // read, not yet written to a recording
  session.note("no room");
  EXPECT_EQ(session.dropped(), dropped + 1);
  EXPECT_EQ(count(EventKind::note), size_t{TIDEMARK_LANE_RECORDS});
  held_.publish();
  session.note("room again");
  turn();
  EXPECT_EQ(of_kind(EventKind::note).back().name, "room again");
}

TEST_F(Marks, MoreThreadsThanLanesLoseNothing) {
  start_host();
  const Session session("app");
  constexpr int kThreads = 80;
  constexpr int kNotes = 10;
  const uint64_t dropped = session.dropped();
  std::vector<std::thread> threads;
  std::atomic<int> arrived = 0;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      session.note("thread " + std::to_string(t));
      ++arrived;
      while (arrived < kThreads) std::this_thread::yield();
      for (int i = 1; i < kNotes; ++i) session.note("n");
    });
  }
  for (std::thread& thread : threads) thread.join();
  turn();
  turn();
  EXPECT_EQ(count(EventKind::note) + session.dropped() - dropped,
            size_t{kThreads * kNotes});
  EXPECT_EQ(session.dropped(), dropped);
}

TEST_F(Marks, ThreadsGiveTheirLanesBack) {
  start_host();
  const Session session("app");
  for (int t = 0; t < 200; ++t) {
    std::thread([&] { session.note("x"); }).join();
  }
  turn();
  const auto notes = of_kind(EventKind::note);
  ASSERT_EQ(notes.size(), 200u);
  for (const Event& note : notes) EXPECT_LE(note.lane, 2u);
}

TEST_F(Marks, QuiesceWaitsForTheAnswer) {
  start_host();
  const Session session("app");
  Answer answer = Answer::no_daemon;
  std::thread client(
      [&] { answer = session.quiesce(std::chrono::seconds(20)); });
  ASSERT_TRUE(turn_until([&] { return count(EventKind::quiesce) == 1; }));
  const Event asked = of_kind(EventKind::quiesce).at(0);
  host_->acknowledge(asked.subject, asked.value);
  client.join();
  EXPECT_EQ(answer, Answer::done);
}

TEST_F(Marks, QuiesceTimesOut) {
  start_host();
  const Session session("app");
  turn();
  EXPECT_EQ(session.quiesce(std::chrono::milliseconds(5)), Answer::timed_out);
}

TEST_F(Marks, FlushWaitsForThePublishedPosition) {
  start_host();
  const Session session("app");
  session.note("x");
  turn(false);
  EXPECT_EQ(session.flush(std::chrono::milliseconds(3)), Answer::timed_out);
  session.note("y");
  turn(true);
  EXPECT_EQ(session.flush(std::chrono::milliseconds(3)), Answer::done);
}

TEST_F(Marks, GoodbyeAndDetachedEndsAreTold) {
  start_host();
  {
    const Session session("app");
    turn();
  }
  turn();
  EXPECT_EQ(of_kind(EventKind::client_end).at(0).value, 1);
  {
    const Session session("tidemark", TIDEMARK_DETACHED);
    tidemark_phase_begin(session.get(), "outer", TIDEMARK_LOAD);
    turn();
  }
  turn();
  EXPECT_EQ(of_kind(EventKind::client_end).at(1).value, 2);
  const Event begin = of_kind(EventKind::phase_begin).at(0);
  EXPECT_EQ(begin.value, 0);  // ended by name, by another command
  EXPECT_EQ(begin.lane, static_cast<uint32_t>(::getpid()));
}

TEST_F(Marks, NullSessionsAndNullTextsDoNothingBad) {
  tidemark_run_begin(nullptr, "x");
  EXPECT_EQ(tidemark_phase_begin(nullptr, "x", TIDEMARK_LOAD), 0u);
  tidemark_phase_end(nullptr, 1);
  tidemark_note(nullptr, nullptr);
  tidemark_done(nullptr, tidemark_op(nullptr, "x"), 1);
  tidemark_gauge_set(nullptr, 0, 1);
  tidemark_span_end(nullptr, tidemark_span_begin(nullptr, 0), 1);
  EXPECT_EQ(tidemark_quiesce(nullptr, 1000), TIDEMARK_NO_DAEMON);
  EXPECT_EQ(tidemark_flush(nullptr, 1000), TIDEMARK_NO_DAEMON);
  EXPECT_EQ(tidemark_connected(nullptr), 0);
  tidemark_close(nullptr);
  start_host();
  const Session session(nullptr);
  tidemark_note(session.get(), nullptr);
  turn();
  EXPECT_EQ(of_kind(EventKind::note).at(0).name, "");
}

}  // namespace
}  // namespace tidemark::test
