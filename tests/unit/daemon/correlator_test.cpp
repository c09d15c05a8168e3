#include "daemon/correlator.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

Event mark(int64_t time, EventKind kind, std::string name,
           uint32_t client = 1) {
  Event event;
  event.time = boot_time(time);
  event.kind = kind;
  event.name = std::move(name);
  event.subject = SubjectId(client);
  return event;
}

class CorrelatorTest : public testing::Test {
 protected:
  void add(std::vector<Event> events) { correlator_.add(events); }
  std::string release(int64_t horizon) {
    out_.clear();
    correlator_.release(boot_time(horizon), out_);
    std::string names;
    for (const Event& event : out_.events) names += event.name;
    return names;
  }

  Correlator correlator_;
  Correlator::Released out_;
};

TEST_F(CorrelatorTest, SourcesBecomeOneOrderOfTime) {
  add({mark(5, EventKind::note, "c"), mark(9, EventKind::note, "e")});
  add({mark(1, EventKind::note, "a"), mark(7, EventKind::note, "d")});
  add({mark(3, EventKind::note, "b")});
  EXPECT_EQ(release(10), "abcde");
  EXPECT_FALSE(correlator_.holds());
}

TEST_F(CorrelatorTest, WhatCameDuringTheDrainWaitsForTheNext) {
  // Thread 1's lane was drained before its begin, thread 2's after its end.
  add({mark(12, EventKind::phase_end, "e")});
  EXPECT_EQ(release(10), "");
  EXPECT_TRUE(correlator_.holds());
  add({mark(11, EventKind::phase_begin, "e")});
  EXPECT_EQ(release(20), "ee");
  ASSERT_EQ(correlator_.phases().phases().size(), 1u);
  EXPECT_EQ(correlator_.phases().phases()[0].status, PhaseStatus::ended);
  EXPECT_EQ(correlator_.phases().unmatched(), 0u);
}

TEST_F(CorrelatorTest, EqualTimesKeepTheirOrder) {
  add({mark(1, EventKind::note, "a"), mark(1, EventKind::note, "b")});
  add({mark(1, EventKind::note, "c")});
  EXPECT_EQ(release(1), "abc");
}

TEST_F(CorrelatorTest, PhaseEdgesAskForASample) {
  add({mark(1, EventKind::note, "n")});
  release(1);
  EXPECT_FALSE(out_.edge);
  add({mark(2, EventKind::phase_begin, "load")});
  release(2);
  EXPECT_TRUE(out_.edge);
  EXPECT_FALSE(out_.phase_ended);
  EXPECT_EQ(out_.edge_time, boot_time(2));
  add({mark(3, EventKind::phase_end, "load"),
       mark(4, EventKind::phase_begin, "cool")});
  release(9);
  EXPECT_TRUE(out_.phase_ended);
  EXPECT_EQ(out_.edge_time, boot_time(3));
  EXPECT_EQ(out_.last_edge_time, boot_time(4));
}

TEST_F(CorrelatorTest, JoiningAnOpenPhaseIsNoEdge) {
  add({mark(1, EventKind::phase_begin, "load", 1)});
  release(1);
  add({mark(2, EventKind::phase_begin, "load", 2)});
  release(2);
  EXPECT_FALSE(out_.edge);
  add({mark(3, EventKind::phase_end, "load", 1)});
  release(3);
  EXPECT_FALSE(out_.edge);
  add({mark(4, EventKind::phase_end, "load", 2)});
  release(4);
  EXPECT_TRUE(out_.edge);
}

TEST_F(CorrelatorTest, ADeadClientsPhaseIsAnEdge) {
  add({mark(1, EventKind::phase_begin, "load")});
  release(1);
  add({mark(2, EventKind::client_end, "")});
  release(2);
  EXPECT_TRUE(out_.edge);
  EXPECT_EQ(correlator_.phases().phases()[0].status, PhaseStatus::aborted);
}

TEST_F(CorrelatorTest, RunsAndSnapshotsAskToo) {
  for (const EventKind kind :
       {EventKind::run_begin, EventKind::snapshot, EventKind::run_end}) {
    add({mark(1, kind, "x")});
    release(1);
    EXPECT_TRUE(out_.edge);
  }
}

TEST_F(CorrelatorTest, QuiescesAreHandedOver) {
  Event quiesce = mark(1, EventKind::quiesce, "q", 7);
  quiesce.value = 42;
  add({quiesce});
  release(1);
  ASSERT_EQ(out_.quiesces.size(), 1u);
  EXPECT_EQ(out_.quiesces[0].value, 42);
  EXPECT_EQ(out_.quiesces[0].subject, SubjectId(7));
  EXPECT_FALSE(out_.edge);
}

}  // namespace
}  // namespace tidemark
