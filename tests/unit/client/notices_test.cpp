// Gates evaluated on a client's demand, and alerts that it polls.
#include <atomic>
#include <cmath>
#include <string>
#include <thread>

#include "client/channel.h"
#include "tests/unit/client/channel_fixture.h"
#include "tests/unit/client/raw_client.h"

namespace tidemark::test {
namespace {

class Notices : public ChannelTest {
 protected:
  // Asks from another thread while this one is the daemon.
  GateOutcome ask(const Session& session, const std::string& gate,
                  const GateEvaluator& evaluate) {
    GateOutcome outcome;
    std::atomic<bool> done = false;
    std::thread client([&] {
      outcome = session.gate(gate.c_str(), std::chrono::seconds(20));
      done = true;
    });
    EXPECT_TRUE(turn_until([&] {
      for (const GateRequest& request : host_->take_gate_requests()) {
        asked_.push_back(request.expr);
        host_->answer_gate(request, evaluate(request));
      }
      return done.load();
    }));
    client.join();
    return outcome;
  }
  static ClientAlert alert(const std::string& name,
                           GateStatus status = GateStatus::fail) {
    return {name, status, 1.5, boot_time(7)};
  }

  std::vector<std::string> asked_;
};

TEST_F(Notices, AGateIsAnswered) {
  start_host();
  const Session session("app");
  turn();
  const size_t events = events_.size();
  const GateOutcome outcome = ask(session, "max(rss_anon) < 1GiB", [](auto&) {
    return GateAnswer{tidemark::GateStatus::fail, 2e9, "1.9 GiB in server"};
  });
  EXPECT_EQ(outcome.answer, Answer::done);
  EXPECT_EQ(outcome.outcome(), Outcome::fail);
  EXPECT_FALSE(outcome.passed());
  EXPECT_EQ(outcome.value(), 2e9);
  EXPECT_STREQ(outcome.reason(), "1.9 GiB in server");
  EXPECT_EQ(asked_, std::vector<std::string>{"max(rss_anon) < 1GiB"});
  // A question is no event of the run.
  EXPECT_EQ(events_.size(), events);
}

TEST_F(Notices, WhatIsNotEvaluatedSaysSo) {
  start_host();
  const Session session("app");
  turn();
  const GateOutcome outcome =
      ask(session, "x", [](auto&) { return GateAnswer(); });
  EXPECT_EQ(outcome.outcome(), Outcome::inconclusive);
  EXPECT_TRUE(std::isnan(outcome.value()));
  EXPECT_STREQ(outcome.reason(), "gates are not evaluated here");
}

TEST_F(Notices, LongAnswersAreCutAndLongGatesRefused) {
  start_host();
  const Session session("app");
  turn();
  const GateOutcome cut = ask(session, std::string(424, 'g'), [](auto&) {
    return GateAnswer{tidemark::GateStatus::pass, {}, std::string(400, 'r')};
  });
  EXPECT_EQ(cut.reason(), std::string(TIDEMARK_NOTICE_TEXT, 'r'));
  EXPECT_EQ(asked_.at(0).size(), 424u);
  const GateOutcome refused = session.gate(std::string(425, 'g').c_str());
  EXPECT_EQ(refused.answer, Answer::done);
  EXPECT_EQ(refused.outcome(), Outcome::inconclusive);
  EXPECT_NE(std::string(refused.reason()).find("424"), std::string::npos);
}

TEST_F(Notices, WithoutAnAnswerTheTimeoutHolds) {
  start_host();
  const Session session("app");
  turn();
  const GateOutcome late = session.gate("x", std::chrono::milliseconds(3));
  EXPECT_EQ(late.answer, Answer::timed_out);
  EXPECT_STREQ(late.reason(), "no answer in time");
  EXPECT_EQ(tidemark_gate(nullptr, "x", 1000, nullptr), TIDEMARK_NO_DAEMON);
  turn();
  // Its late answer is not the next question's.
  const auto requests = host_->take_gate_requests();
  host_->answer_gate(requests.at(0), {tidemark::GateStatus::pass, {}, "old"});
  const GateOutcome next = ask(session, "y", [](auto&) {
    return GateAnswer{tidemark::GateStatus::warn, {}, "new"};
  });
  EXPECT_STREQ(next.reason(), "new");
}

TEST_F(Notices, QuestionsAreLimited) {
  start_host();
  RawClient raw;
  for (int i = 0; i < 100; ++i) {
    raw.note(0, "max(rss) < 1B");
    raw.segment().rings[0][i].kind = TIDEMARK_RECORD_GATE;
    raw.segment().rings[0][i].value = i;
  }
  ASSERT_TRUE(raw.join(socket_));
  turn();
  EXPECT_EQ(host_->take_gate_requests().size(), 20u);
  EXPECT_EQ(raw.segment().header.answers_written, 80u);
  const tidemark_notice& last =
      raw.segment().header.answers[79 % TIDEMARK_ANSWERS];
  EXPECT_EQ(last.token, 99u);
  EXPECT_EQ(last.status, TIDEMARK_GATE_INCONCLUSIVE);
}

TEST_F(Notices, AlertsArriveInOrder) {
  start_host();
  const Session session("app");
  turn();
  EXPECT_FALSE(session.alert());
  host_->deliver_alert(SubjectId(), alert("memory"));
  host_->deliver_alert(host_->clients().at(0).subject,
                       alert("memory", tidemark::GateStatus::pass));
  const auto first = session.alert();
  ASSERT_TRUE(first);
  EXPECT_STREQ(first->name, "memory");
  EXPECT_EQ(first->status, TIDEMARK_GATE_FAIL);
  EXPECT_EQ(first->value, 1.5);
  EXPECT_EQ(first->time_ns, 7);
  EXPECT_EQ(session.alert()->status, TIDEMARK_GATE_PASS);
  EXPECT_FALSE(session.alert());
  EXPECT_EQ(tidemark_alerts_missed(session.get()), 0u);
}

TEST_F(Notices, AlertsNotTakenAreOverwrittenAndCounted) {
  start_host();
  const Session session("app");
  turn();
  for (int i = 0; i < 20; ++i) {
    host_->deliver_alert(SubjectId(), alert(std::to_string(i)));
  }
  EXPECT_STREQ(session.alert()->name, "8");
  EXPECT_EQ(tidemark_alerts_missed(session.get()), 8u);
  int left = 0;
  while (session.alert()) ++left;
  EXPECT_EQ(left, TIDEMARK_ALERTS - 1);
}

TEST_F(Notices, AWatchCallsFromItsThread) {
  start_host();
  const Session session("app");
  turn();
  std::atomic<int> calls = 0;
  {
    const AlertWatch watch(session, [&](const tidemark_alert&) { ++calls; });
    for (int i = 0; i < 3; ++i) {
      host_->deliver_alert(SubjectId(), alert("a"));
      EXPECT_TRUE(turn_until([&] { return calls == i + 1; }));
    }
  }
  host_->deliver_alert(SubjectId(), alert("later"));
  EXPECT_EQ(calls, 3);
  EXPECT_TRUE(session.alert());
}

// The daemon writes while threads read: whole alerts only, none twice.
TEST_F(Notices, RacingReadersSeeWholeAlerts) {
  start_host();
  const Session session("app");
  turn();
  const uint64_t missed = tidemark_alerts_missed(session.get());
  constexpr size_t kAlerts = 20'000;
  std::atomic<bool> ended = false;
  std::atomic<uint64_t> taken = 0;
  const auto read = [&] {
    while (true) {
      const bool last = ended;
      while (const auto got = session.alert()) {
        const std::string name = got->name;
        EXPECT_EQ(name, std::string(name.size(), name.at(0)));
        ++taken;
      }
      if (last) return;
    }
  };
  std::thread one(read), other(read);
  for (size_t i = 0; i < kAlerts; ++i) {
    host_->deliver_alert(
        SubjectId(),
        alert(std::string(1 + i % 150, static_cast<char>('a' + i % 26))));
  }
  ended = true;
  one.join();
  other.join();
  EXPECT_EQ(taken + tidemark_alerts_missed(session.get()) - missed,
            uint64_t{kAlerts});
}

// A daemon that restarts, or a client that writes nonsense there.
TEST_F(Notices, ForgedNumbersDoNoHarm) {
  start_host();
  RawClient raw;
  raw.segment().header.alerts_written = UINT64_MAX;
  raw.segment().header.answers_written = UINT64_MAX - 1;
  ASSERT_TRUE(raw.join(socket_));
  turn();
  for (int i = 0; i < 3; ++i) host_->deliver_alert(SubjectId(), alert("a"));
  EXPECT_EQ(raw.segment().header.alerts_written, 2u);
}

}  // namespace
}  // namespace tidemark::test
