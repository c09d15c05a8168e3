// A client may die at any instruction: no mark is torn, and none is lost
// whose call had returned.
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <atomic>
#include <random>
#include <set>
#include <string>

#include "client/channel.h"
#include "tests/unit/client/channel_fixture.h"
#include "tests/unit/client/raw_client.h"

namespace tidemark::test {
namespace {

class Kill : public ChannelTest {
 protected:
  Kill()
      : returned_(static_cast<std::atomic<uint64_t>*>(
            ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {}
  ~Kill() override { ::munmap(returned_, 4096); }

  // A text of every size that a mark can have, told apart by its number.
  static std::string text(uint64_t i) {
    return std::to_string(i) + ":" + std::string(i * 37 % 420, 'x');
  }
  // Waits for the end of a client that was killed; its notes, in order.
  std::vector<Event> notes_of_ended() {
    EXPECT_TRUE(turn_until([&] { return count(EventKind::client_end) == 1; }));
    return of_kind(EventKind::note);
  }

  std::atomic<uint64_t>* returned_;  // marks whose call returned, in the child
};

TEST_F(Kill, TwoHundredAtRandomMoments) {
  start_host();
  RawClient bystander;
  ASSERT_TRUE(bystander.join(socket_));
  turn();
  std::mt19937_64 random(11);
  // All of them fit into the lane, read or not.
  constexpr uint64_t kMarks = 100;
  uint64_t marks = 0;
  uint64_t cut_short = 0;
  uint64_t well = 0;
  for (uint64_t round = 0; round < 200; ++round) {
    events_.clear();
    *returned_ = 0;
    const pid_t child = ::fork();
    if (child == 0) {
      const Session session("victim");
      for (uint64_t i = 0; i < kMarks; ++i) {
        session.note(text(i));
        returned_->fetch_add(1, std::memory_order_release);
        const BootTime next = now() + Nanoseconds(5000);
        while (now() < next) {
        }
      }
      ::pause();
    }
    ::usleep(static_cast<useconds_t>(random() % 1200));
    if (round % 2 == 0) turn();
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    const uint64_t returned = *returned_;
    turn();
    turn();
    auto notes = of_kind(EventKind::note);
    well += std::erase_if(
        notes, [](const Event& note) { return note.name == "well"; });
    // One more: stored, but killed before the call returned.
    ASSERT_GE(notes.size(), returned) << "lost";
    ASSERT_LE(notes.size(), returned + 1);
    std::set<std::string> seen;
    for (const Event& note : notes) {
      const uint64_t number = std::stoull(note.name);
      ASSERT_EQ(note.name, text(number)) << "torn";
      ASSERT_TRUE(seen.insert(note.name).second) << "twice";
    }
    marks += notes.size();
    cut_short += notes.size() > 0 && notes.size() < kMarks;
    bystander.note(0, "well");
  }
  events_.clear();
  turn();
  EXPECT_EQ(well + count(EventKind::note), 200u);
  EXPECT_GT(cut_short, 20u) << "the kills came too early or too late";
  RecordProperty("marks", std::to_string(marks));
  RecordProperty("cut_short", std::to_string(cut_short));
}

bool can_trace() {
  const pid_t child = ::fork();
  if (child == 0) {
    ::_exit(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0 ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  return status == 0;
}

class KillAtEveryInstruction : public Kill,
                               public ::testing::WithParamInterface<int> {};

TEST_P(KillAtEveryInstruction, NothingTorn) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "instructions of the sanitizer, too many to step through";
#endif
  if (!can_trace()) GTEST_SKIP() << "ptrace(2) is not allowed here";
  start_host();
  const std::string stepped(static_cast<size_t>(GetParam()), 's');
  const pid_t child = ::fork();
  if (child == 0) {
    const Session session("victim");
    session.note("warm");
    tidemark_session* raw = session.get();
    const char* text = stepped.c_str();
    ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    ::raise(SIGSTOP);
    tidemark_note(raw, text);
    ::raise(SIGSTOP);
    ::_exit(0);
  }
  // Shared memory after instruction i is what a SIGKILL at i would leave; so
  // the daemon reads it there.
  int status = 0;
  int steps = 0;
  int committed_at = -1;
  ::waitpid(child, &status, 0);
  do {
    turn();
    ASSERT_EQ(count(EventKind::client_quarantined), 0u) << "step " << steps;
    if (committed_at < 0 && count(EventKind::note) == 2) committed_at = steps;
    ::ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr);
    ::waitpid(child, &status, 0);
  } while (WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP &&
           ++steps < 20'000);
  ASSERT_TRUE(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
  ::kill(child, SIGKILL);
  ::waitpid(child, &status, 0);
  const auto notes = notes_of_ended();
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_EQ(notes[0].name, "warm");
  EXPECT_EQ(notes[1].name, stepped);
  EXPECT_GT(committed_at, 20);
  EXPECT_GT(steps, committed_at);
  RecordProperty("instructions", steps);
}

INSTANTIATE_TEST_SUITE_P(Texts, KillAtEveryInstruction,
                         ::testing::Values(4, 60, 400));

}  // namespace
}  // namespace tidemark::test
