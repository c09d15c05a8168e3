#include "daemon/process_notes.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/daemon/fake_engine.h"

namespace tidemark {
namespace {

class ProcessNotesTest : public testing::Test {
 protected:
  // A scan that finds `count` processes, from `first` on.
  void scan(int first, int count) {
    table_.begin_scan();
    for (int pid = first; pid < first + count; ++pid) {
      table_.observe({key(pid), Pid{1}, "x"});
    }
    table_.end_scan();
  }
  static ProcessKey key(int pid) { return {Pid{pid}, 7}; }

  FakeDefiner definer_;
  ProcessTable table_{{"/nonexistent", "/nonexistent"}, definer_};
  ProcessNotes<int> notes_;
};

TEST_F(ProcessNotesTest, FollowsWhoIsAliveNotWhoEverWas) {
  for (int i = 0; i < 100; ++i) {
    scan(1 + 100 * i, 100);
    for (int pid = 1 + 100 * i; pid <= 100 + 100 * i; ++pid) {
      notes_[key(pid)] = pid;
    }
    notes_.forget_ended(table_);
    EXPECT_LE(notes_.size(), ProcessNotes<int>::kSlack + 200);
  }
  // Whoever is alive is not forgotten.
  for (int pid = 9901; pid <= 10000; ++pid) {
    ASSERT_NE(notes_.find(key(pid)), nullptr);
    EXPECT_EQ(*notes_.find(key(pid)), pid);
  }
}

TEST_F(ProcessNotesTest, MakesANoteOnce) {
  EXPECT_EQ(notes_.find(key(5)), nullptr);
  EXPECT_EQ(notes_.get(key(5), 3), 3);
  EXPECT_EQ(notes_.get(key(5), 4), 3);
  notes_.erase(key(5));
  EXPECT_FALSE(notes_.contains(key(5)));
}

}  // namespace
}  // namespace tidemark
