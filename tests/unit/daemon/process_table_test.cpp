// The process table: identity, reuse, exec, inheritance of `watched`.
#include "daemon/process_table.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/unit/daemon/fake_engine.h"

namespace tidemark {
namespace {

class ProcessTableTest : public testing::Test {
 protected:
  ProcessTableTest() {
    std::string pattern = testing::TempDir() + "/table_XXXXXX";
    root_ = ::mkdtemp(pattern.data());
    table_ = std::make_unique<ProcessTable>(
        Roots{root_.string(), root_.string()}, definer_);
  }
  ~ProcessTableTest() override { std::filesystem::remove_all(root_); }

  void write(int pid, const std::string& name, const std::string& text) {
    const auto folder = root_ / std::to_string(pid);
    std::filesystem::create_directories(folder);
    std::ofstream(folder / name) << text;
  }
  void write_process(int pid, uint64_t start, const std::string& cmdline) {
    write(pid, "stat",
          std::to_string(pid) +
              " (x) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 " +
              std::to_string(start) + " 4096 1 0\n");
    write(pid, "cmdline", cmdline);
    write(pid, "cgroup", "0::/jobs\n");
  }
  static ProcessSeen seen(int pid, uint64_t start, int parent,
                          std::string_view comm = "x", uint64_t exec_id = 0) {
    return {{Pid{pid}, start}, Pid{parent}, comm, false, exec_id};
  }
  std::vector<SubjectId> scan(const std::vector<ProcessSeen>& all) {
    table_->begin_scan();
    for (const ProcessSeen& one : all) table_->observe(one);
    return table_->end_scan();
  }
  bool watched(int pid) const { return table_->find_pid(Pid{pid})->watched; }

  FakeDefiner definer_;
  std::filesystem::path root_;
  std::unique_ptr<ProcessTable> table_;
};

TEST_F(ProcessTableTest, DescribesOnceAndEnds) {
  write_process(10, 5,
                std::string("server\0--port\0"
                            "80\0",
                            17));
  scan({seen(10, 5, 1)});
  const Subject* subject = table_->find_pid(Pid{10});
  ASSERT_NE(subject, nullptr);
  EXPECT_EQ(subject->command, std::string("server\0--port\0"
                                          "80",
                                          16));
  EXPECT_EQ(subject->cgroup, "/jobs");
  const int definitions = definer_.definitions;
  scan({seen(10, 5, 1)});
  EXPECT_EQ(definer_.definitions, definitions);
  const SubjectId id = subject->id;
  EXPECT_EQ(scan({}), std::vector<SubjectId>{id});
  EXPECT_EQ(definer_.ended, std::vector<SubjectId>{id});
  EXPECT_EQ(table_->find_pid(Pid{10}), nullptr);
  EXPECT_EQ(table_->find(id), nullptr);
  EXPECT_EQ(table_->size(), 0u);
}

TEST_F(ProcessTableTest, SecretsDoNotReachTheSubject) {
  write_process(10, 5, std::string("db\0--password=hunter2\0", 23));
  scan({seen(10, 5, 1)});
  EXPECT_EQ(table_->find_pid(Pid{10})->command.find("hunter2"),
            std::string::npos);
}

TEST_F(ProcessTableTest, ReusedPidIsAnotherProcess) {
  write_process(10, 5, "old");
  scan({seen(10, 5, 1)});
  const SubjectId old_id = table_->find_pid(Pid{10})->id;
  write_process(10, 90, "new");
  const auto ended = scan({seen(10, 90, 1)});
  EXPECT_EQ(ended, std::vector<SubjectId>{old_id});
  const Subject* now = table_->find_pid(Pid{10});
  ASSERT_NE(now, nullptr);
  EXPECT_NE(now->id, old_id);
  EXPECT_EQ(now->command, "new");
}

TEST_F(ProcessTableTest, DoesNotDescribeByAnotherLife) {
  write_process(10, 90, "another");
  scan({seen(10, 5, 1)});
  EXPECT_EQ(table_->find_pid(Pid{10})->command, "");
}

TEST_F(ProcessTableTest, ExecIsANewEpochOfTheSameSubject) {
  write_process(10, 5, "sh");
  scan({seen(10, 5, 1, "sh", 3)});
  const SubjectId id = table_->find_pid(Pid{10})->id;
  write_process(10, 5, "server");
  scan({seen(10, 5, 1, "server", 4)});
  const Subject* subject = table_->find_pid(Pid{10});
  EXPECT_EQ(subject->id, id);
  EXPECT_EQ(subject->exec_epoch, 1u);
  EXPECT_EQ(subject->command, "server");
  EXPECT_EQ(subject->name, "server");
  // A new name alone is none.
  scan({seen(10, 5, 1, "worker", 4)});
  EXPECT_EQ(subject->exec_epoch, 1u);
  EXPECT_EQ(subject->name, "worker");
}

TEST_F(ProcessTableTest, WatchReachesDescendantsInAnyOrder) {
  scan({seen(30, 9, 20), seen(20, 8, 10), seen(10, 5, 1), seen(40, 5, 1)});
  table_->watch(table_->find_pid(Pid{10})->id);
  EXPECT_TRUE(watched(10) && watched(20) && watched(30));
  EXPECT_FALSE(watched(40));
  // Grandchild before child.
  scan({seen(6, 20, 5), seen(5, 19, 10), seen(10, 5, 1), seen(20, 8, 10),
        seen(30, 9, 20), seen(40, 5, 1)});
  EXPECT_TRUE(watched(5) && watched(6));
  EXPECT_EQ(table_->watched().size(), 5u);
}

TEST_F(ProcessTableTest, WatchedStaysAfterReparenting) {
  scan({seen(10, 5, 1), seen(20, 8, 10)});
  table_->watch(table_->find_pid(Pid{10})->id);
  scan({seen(20, 8, 1)});
  EXPECT_TRUE(watched(20));
  EXPECT_EQ(table_->find_pid(Pid{20})->parent, Pid{1});
}

TEST_F(ProcessTableTest, AdoptedDaemonIsWatched) {
  table_->set_adopter(Pid{7});
  scan({seen(7, 2, 1), seen(20, 8, 7), seen(21, 9, 1)});
  EXPECT_TRUE(watched(20));
  EXPECT_FALSE(watched(21));
  EXPECT_FALSE(watched(7));
}

TEST_F(ProcessTableTest, YoungerParentIsAReusedPid) {
  scan({seen(10, 50, 1), seen(20, 8, 10)});
  table_->watch(table_->find_pid(Pid{10})->id);
  EXPECT_FALSE(watched(20));
}

TEST_F(ProcessTableTest, LivesBetweenScans) {
  scan({seen(10, 5, 1)});
  EXPECT_FALSE(table_->on_fork(seen(20, 8, 10)).valid());
  table_->watch(table_->find_pid(Pid{10})->id);
  const SubjectId child = table_->on_fork(seen(20, 8, 10, "sh", 2));
  ASSERT_TRUE(child.valid());
  // A daemon: its parent ends before any scan saw the two.
  const SubjectId daemon = table_->on_fork(seen(21, 8, 20, "sh", 2));
  ASSERT_TRUE(daemon.valid());
  table_->on_exit({Pid{20}, 8});
  EXPECT_EQ(table_->watched().size(), 2u);
  const auto ended = scan({seen(10, 5, 1), seen(21, 8, 1, "sh", 2)});
  EXPECT_EQ(ended, std::vector<SubjectId>{child});
  EXPECT_TRUE(watched(21));
  write_process(21, 8, "daemon");
  table_->on_exec(seen(21, 8, 1, "daemon", 3));
  EXPECT_EQ(table_->find(daemon)->command, "daemon");
}

TEST_F(ProcessTableTest, ZombieKeepsItsSubject) {
  scan({seen(10, 5, 1)});
  const SubjectId id = table_->find_pid(Pid{10})->id;
  table_->watch(id);
  table_->on_exit({Pid{10}, 5});
  EXPECT_TRUE(table_->watched().empty());
  EXPECT_TRUE(scan({seen(10, 5, 1)}).empty());
  EXPECT_EQ(table_->find_pid(Pid{10})->id, id);
  EXPECT_TRUE(table_->watched().empty());
}

TEST_F(ProcessTableTest, ClassifyGivesRoleAndWatch) {
  table_->set_classify([](Subject& subject) {
    if (subject.name == "redis") {
      subject.role = "store";
      subject.watched = true;
    }
  });
  scan({seen(10, 5, 1, "redis"), seen(11, 6, 10, "child"), seen(12, 6, 1)});
  EXPECT_EQ(table_->find_pid(Pid{10})->role, "store");
  EXPECT_TRUE(watched(11));
  EXPECT_FALSE(watched(12));
}

TEST_F(ProcessTableTest, MoversAreWhatMovedSinceLastListed) {
  const auto at = [](int64_t rss) {
    ProcessSeen one = seen(10, 5, 1);
    one.rss_estimate = rss;
    return one;
  };
  constexpr int64_t kBig = int64_t{1} << 40;
  scan({at(0), seen(11, 5, 1)});
  EXPECT_TRUE(table_->movers().empty());
  scan({at(kBig)});
  EXPECT_EQ(table_->movers(),
            std::vector<SubjectId>{table_->find_pid(Pid{10})->id});
  scan({at(kBig + 4096)});
  EXPECT_TRUE(table_->movers().empty());
}

}  // namespace
}  // namespace tidemark
