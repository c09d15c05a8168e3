// A client may die at any instruction: no mark is torn, and none is lost
// whose call had returned.
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <ostream>
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

// The full measure is 1,000.
uint64_t kills() {
  const char* asked = std::getenv("TIDEMARK_TEST_CLIENT_KILLS");
  return asked != nullptr ? std::stoull(asked) : 200;
}

TEST_F(Kill, AtRandomMoments) {
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
  const uint64_t rounds = kills();
  for (uint64_t round = 0; round < rounds; ++round) {
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
  EXPECT_EQ(well + count(EventKind::note), rounds);
  EXPECT_GT(cut_short, rounds / 10) << "the kills came too early or too late";
  std::printf(
      "%llu clients killed, %llu of them amid their marks: %llu marks, none "
      "torn, twice or lost\n",
      static_cast<unsigned long long>(rounds),
      static_cast<unsigned long long>(cut_short),
      static_cast<unsigned long long>(marks));
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

// What is stepped through, and how many records of the lane came before it: a
// mark behind 1,020 of 1,024 wraps around.
struct Stepped {
  const char* name;
  int text;  // its bytes
  EventKind kind;
  int before;
};
void PrintTo(const Stepped& stepped, std::ostream* out) {
  *out << stepped.name << stepped.text << " behind " << stepped.before;
}

class KillAtEveryInstruction : public Kill,
                               public ::testing::WithParamInterface<Stepped> {
 protected:
  static void say(tidemark_session* session, const char* text) {
    switch (GetParam().kind) {
      case EventKind::phase_begin:
        tidemark_phase_begin(session, text, TIDEMARK_STEADY);
        return;
      case EventKind::attribute:
        tidemark_attribute(session, 0, "key", text);
        return;
      default: tidemark_note(session, text);
    }
  }
};

TEST_P(KillAtEveryInstruction, NothingTorn) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "instructions of the sanitizer, too many to step through";
#endif
  if (!can_trace()) GTEST_SKIP() << "ptrace(2) is not allowed here";
  start_host();
  const Stepped stepped = GetParam();
  const std::string said(static_cast<size_t>(stepped.text), 's');
  const pid_t child = ::fork();
  if (child == 0) {
    const Session session("victim");
    for (int i = 0; i < stepped.before; ++i) session.note("warm");
    tidemark_session* raw = session.get();
    const char* text = said.c_str();
    ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    ::raise(SIGSTOP);
    say(raw, text);
    ::raise(SIGSTOP);
    ::_exit(0);
  }
  const size_t warm = static_cast<size_t>(stepped.before);
  const auto marks = [&] {
    return count(EventKind::note) + count(EventKind::phase_begin) +
           count(EventKind::attribute);
  };
  int status = 0;
  int steps = 0;
  int committed_at = -1;
  ::waitpid(child, &status, 0);
  turn();
  ASSERT_EQ(count(EventKind::note), warm);
  for (const Event& note : of_kind(EventKind::note)) {
    ASSERT_EQ(note.name, "warm");
  }
  // A step must be short: a reading of the clock begins again at each tick of
  // the kernel's.
  events_.clear();
  // Shared memory after instruction i is what a SIGKILL at i would leave; so
  // the daemon reads it there.
  do {
    turn();
    ASSERT_EQ(count(EventKind::client_quarantined), 0u) << "step " << steps;
    if (committed_at < 0 && marks() == 1) committed_at = steps;
    ::ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr);
    ::waitpid(child, &status, 0);
  } while (WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP &&
           ++steps < 20'000);
  ASSERT_TRUE(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
  ::kill(child, SIGKILL);
  ::waitpid(child, &status, 0);
  const auto notes = notes_of_ended();
  ASSERT_EQ(marks(), 1u) << "lost or twice";
  const bool is_note = stepped.kind == EventKind::note;
  const Event last = is_note ? notes.back() : of_kind(stepped.kind).at(0);
  const bool keyed = stepped.kind == EventKind::attribute;
  EXPECT_EQ(last.name, (keyed ? "key=" : "") + said) << "torn";
  EXPECT_GT(committed_at, 20);
  EXPECT_GT(steps, committed_at);
  std::printf(
      "%s of %d bytes behind %d records: %d instructions, there from "
      "number %d on\n",
      stepped.name, stepped.text, stepped.before, steps, committed_at);
}

INSTANTIATE_TEST_SUITE_P(
    Marks, KillAtEveryInstruction,
    ::testing::Values(Stepped{"note", 4, EventKind::note, 1},
                      Stepped{"note", 60, EventKind::note, 1},
                      Stepped{"note", 400, EventKind::note, 1},
                      Stepped{"note", 400, EventKind::note, 1020},
                      Stepped{"phase", 30, EventKind::phase_begin, 1},
                      Stepped{"phase", 100, EventKind::phase_begin, 1023},
                      Stepped{"attribute", 100, EventKind::attribute, 1},
                      Stepped{"attribute", 100, EventKind::attribute, 1023}));

}  // namespace
}  // namespace tidemark::test
