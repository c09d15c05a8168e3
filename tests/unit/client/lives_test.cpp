// Lives that overlap: no daemon, a late one, a restarted one; fork, exec,
// signals, death.
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "client/channel.h"
#include "core/os/unique_fd.h"
#include "tests/unit/client/channel_fixture.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

namespace tidemark::test {
namespace {

class Lives : public ChannelTest {
 protected:
  // Past the client's retry period.
  static void wait_for_retry() { ::usleep((TIDEMARK_RETRY_MS + 50) * 1000); }
};

TEST_F(Lives, WithoutADaemonEverythingIsSafe) {
  const Session session("app");
  EXPECT_FALSE(session.connected());
  session.note("unheard");
  Op op(session, "lives.op");
  ++op;
  EXPECT_EQ(session.quiesce(std::chrono::seconds(5)), Answer::no_daemon);
  EXPECT_EQ(session.flush(std::chrono::seconds(5)), Answer::no_daemon);
  // Left for the next test in this process.
  start_host();
  wait_for_retry();
  session.note("heard");
  turn();
  EXPECT_EQ(count(EventKind::note), 2u);
}

// Connections that the host has not accepted yet fill its queue.
TEST_F(Lives, AFullQueueIsADaemonToWaitFor) {
  start_host();
  std::vector<UniqueFd> flood;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket_.copy(address.sun_path, sizeof address.sun_path - 1);
  do {
    flood.emplace_back(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0));
  } while (::connect(flood.back().get(),
                     reinterpret_cast<const sockaddr*>(&address),
                     sizeof address) == 0);
  ASSERT_EQ(errno, EAGAIN);
  const Session session("app");
  session.note("kept");
  EXPECT_FALSE(session.connected());
  EXPECT_EQ(session.flush(std::chrono::milliseconds(5)), Answer::timed_out);
  flood.clear();
  for (int i = 0; i < 1000 && count(EventKind::note) == 0; ++i) {
    turn();
    ::usleep(TIDEMARK_BUSY_RETRY_MS * 1000);
    session.connected();  // looks for the daemon
  }
  EXPECT_EQ(count(EventKind::note), 1u);
}

TEST_F(Lives, ALateDaemonReadsWhatWasSaidBefore) {
  const Session session("app");
  session.note("before");
  const BootTime said = now();
  start_host();
  wait_for_retry();
  session.note("after");  // the mark that looks for a daemon
  turn();
  const auto notes = of_kind(EventKind::note);
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_EQ(notes[0].name, "before");
  EXPECT_LE(notes[0].time, said);
  EXPECT_EQ(notes[1].name, "after");
}

TEST_F(Lives, ARestartedDaemonLosesAndRepeatsNothing) {
  start_host();
  const Session session("app");
  int made = 0;
  for (int life = 0; life < 2; ++life) {
    for (int i = 0; i < 10; ++i) session.note(std::to_string(made++));
    turn();
    for (int i = 0; i < 10; ++i) session.note(std::to_string(made++));
    host_.reset();  // as SIGKILL: nothing of the second ten was read
    for (int i = 0; i < 10; ++i) session.note(std::to_string(made++));
    start_host();
    ASSERT_TRUE(turn_until([&] {
      session.snapshot("looking");
      return count(EventKind::note) == static_cast<size_t>(made);
    }));
  }
  const auto notes = of_kind(EventKind::note);
  for (int i = 0; i < made; ++i) {
    EXPECT_EQ(notes[static_cast<size_t>(i)].name, std::to_string(i));
  }
}

TEST_F(Lives, MarksReadButNotWrittenAreReadAgainByTheNextDaemon) {
  start_host();
  const Session session("app");
  session.note("written");
  turn();
  session.note("read only");
  turn(false);
  const auto first = of_kind(EventKind::note);
  events_.clear();
  held_.clear();
  host_.reset();
  start_host();
  ASSERT_TRUE(turn_until([&] {
    session.snapshot("looking");
    return count(EventKind::note) == 1;
  }));
  // The same client, lane and sequence: a reader that joins files knows it.
  const Event again = of_kind(EventKind::note).at(0);
  EXPECT_EQ(again.name, "read only");
  EXPECT_EQ(again.lane, first.at(1).lane);
  EXPECT_EQ(again.sequence, first.at(1).sequence);
}

TEST_F(Lives, ClosedAndOpenedAgainGoesOnWhereItWas) {
  start_host();
  for (int i = 0; i < 5; ++i) {
    const Session session("app");
    session.note(std::to_string(i));
    if (i % 2 == 0) turn(false);
  }
  turn();
  turn();
  const auto notes = of_kind(EventKind::note);
  ASSERT_EQ(notes.size(), 5u);
  std::set<uint64_t> sequences;
  for (const Event& note : notes) sequences.insert(note.sequence);
  EXPECT_EQ(sequences.size(), 5u);
  EXPECT_EQ(count(EventKind::client_begin), 5u);
  EXPECT_EQ(count(EventKind::client_end), 5u);
  held_.publish();
}

TEST_F(Lives, AForkedChildIsAClientOfItsOwn) {
  start_host();
  const Session session("app");
  Op op(session, "lives.fork");
  op += 1000;
  session.note("parent");
  turn();
  const pid_t child = in_child([&] {
    session.note("child");
    op += 7;
    session.note("child again");
  });
  EXPECT_EQ(wait_for(child), 0);
  session.note("parent again");
  turn();
  turn();
  const auto notes = of_kind(EventKind::note);
  ASSERT_EQ(notes.size(), 4u);
  const SubjectId parent = notes[0].subject;
  std::multiset<std::string> of_child;
  for (const Event& note : notes) {
    if (note.subject != parent) of_child.insert(note.name);
  }
  EXPECT_EQ(of_child, (std::multiset<std::string>{"child", "child again"}));
  TakenFrame frame;
  host_->sample(frame);
  const MetricId id =
      registry_.define_metric({"op.lives.fork", SubjectKind::client,
                               MetricKind::counter, Unit::count, ""});
  std::multiset<int64_t> values;
  for (const auto& [cell, value] : frame.values) {
    if (cell.first == id) values.insert(value);
  }
  EXPECT_EQ(values, (std::multiset<int64_t>{7, 1000}));
}

TEST_F(Lives, AChildThatSaysNothingIsNoClient) {
  start_host();
  const Session session("app");
  turn();
  EXPECT_EQ(wait_for(in_child([] {})), 0);
  turn();
  EXPECT_EQ(host_->totals().accepted, 1u);
  EXPECT_EQ(count(EventKind::client_end), 0u);
}

TEST_F(Lives, ExecEndsTheClient) {
  start_host();
  const pid_t child = in_child([] {
    const Session session("before exec");
    session.note("last words");
    ::execl("/bin/sleep", "sleep", "5", nullptr);
  });
  ASSERT_TRUE(turn_until([&] { return count(EventKind::client_end) == 1; }));
  EXPECT_EQ(of_kind(EventKind::note).at(0).name, "last words");
  EXPECT_EQ(of_kind(EventKind::client_end).at(0).value, 0);
  ::kill(child, SIGKILL);
  wait_for(child);
}

TEST_F(Lives, TheMarksOfAKilledClientAreKept) {
  start_host();
  const pid_t child = in_child([] {
    const Session session("victim");
    tidemark_phase_begin(session.get(), "open", TIDEMARK_LOAD);
    for (int i = 0; i < 100; ++i) session.note(std::to_string(i));
    ::raise(SIGKILL);
  });
  wait_for(child);
  ASSERT_TRUE(turn_until([&] { return count(EventKind::client_end) == 1; }));
  EXPECT_EQ(count(EventKind::note), 100u);
  EXPECT_EQ(of_kind(EventKind::client_end).at(0).value, 0);
  EXPECT_EQ(events_.back().kind, EventKind::client_end);
}

tidemark_session* handler_session = nullptr;
tidemark_metric handler_counter = 0;
std::atomic<uint64_t> handled = 0;

void mark_in_handler(int) {
  tidemark_note(handler_session, "from the handler");
  tidemark_count(handler_session, handler_counter, 1);
  ++handled;
}

TEST_F(Lives, ASignalHandlerMayMark) {
  start_host();
  const Session session("app");
  Counter counter(session, "lives.signal");
  handler_session = session.get();
  handler_counter = counter.id();
  const uint64_t dropped = session.dropped();
  struct sigaction action{};
  action.sa_handler = mark_in_handler;
  struct sigaction old{};
  ::sigaction(SIGALRM, &action, &old);
  itimerval every{{0, 200}, {0, 200}};
  ::setitimer(ITIMER_REAL, &every, nullptr);
  uint64_t made = 0;
  while (handled < 200) {
    session.note("from the thread");
    ++counter;
    ++made;
    if (made % 100 == 0) turn();
  }
  every = {};
  ::setitimer(ITIMER_REAL, &every, nullptr);
  ::sigaction(SIGALRM, &old, nullptr);
  turn();
  const uint64_t lost = session.dropped() - dropped;
  EXPECT_EQ(count(EventKind::note) + lost, made + handled);
  EXPECT_EQ(sampled("counter.lives.signal"),
            static_cast<int64_t>(made + handled));
}

TEST_F(Lives, MarksKeepErrno) {
  const Session session("app");  // no daemon: each look for one fails
  errno = 4711;
  session.note("x");
  wait_for_retry();
  session.note("y");
  EXPECT_EQ(session.quiesce(std::chrono::milliseconds(1)), Answer::no_daemon);
  EXPECT_EQ(errno, 4711);
  start_host();
  wait_for_retry();
  session.note("z");
  turn();  // leaves nothing for other tests
}

int64_t wall_ns() {
  timespec t{};
  ::clock_gettime(CLOCK_REALTIME, &t);  // the same in every time namespace
  return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

// What a client says of itself from inside of its namespaces.
struct Inside {
  std::atomic<pid_t> host_pid;  // told by its parent outside
  std::atomic<pid_t> own_pid;
  std::atomic<int> said;
  int64_t before[20], after[20];  // wall clock around each mark
};

// A process in pid, mount, ipc and time namespaces of its own, whose clock is a
// day ahead: it is known by its pid here, its marks are on our clock.
TEST_F(Lives, AClientInNamespacesIsKnownAndItsTimesCorrected) {
  start_host();
  auto* inside = static_cast<Inside*>(
      ::mmap(nullptr, sizeof(Inside), PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  const pid_t child = in_child([&] {
    ::setpgid(0, 0);
    constexpr int kAll =
        CLONE_NEWTIME | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC;
    if (::unshare(kAll) != 0) ::_exit(1);
    std::ofstream("/proc/self/timens_offsets") << "boottime 86400 5\n";
    const pid_t client = in_child([&] {
      inside->own_pid = ::getpid();
      const Session session("ahead");
      for (int i = 0; i < 20; ++i) {
        inside->before[i] = wall_ns();
        session.note("x");
        inside->after[i] = wall_ns();
      }
      inside->said = 20;
      ::pause();  // the dead have no namespace to ask for
    });
    inside->host_pid = client;
    wait_for(client);
  });
  int status = 0;
  ASSERT_TRUE(turn_until([&] {
    return (count(EventKind::note) == 20 && inside->host_pid != 0) ||
           ::waitpid(child, &status, WNOHANG) == child;
  }));
  if (status != 0) GTEST_SKIP() << "namespaces are not allowed here";
  const auto clients = host_->clients();
  ::kill(-child, SIGKILL);
  wait_for(child);
  EXPECT_EQ(inside->own_pid, 1) << "a pid namespace of its own";
  ASSERT_EQ(clients.size(), 1u);
  EXPECT_EQ(clients[0].process.pid.value, inside->host_pid);
  EXPECT_GT(clients[0].process.start_ticks, 0u);
  const int64_t to_boot = to_ns(now()) - wall_ns();
  const auto notes = of_kind(EventKind::note);
  int64_t worst = 0;
  for (size_t i = 0; i < notes.size(); ++i) {
    const int64_t at = to_ns(notes[i].time) - to_boot;
    worst = std::max({worst, inside->before[i] - at, at - inside->after[i]});
  }
  EXPECT_LE(worst, 1'000'000);
  std::printf(
      "a client in its own namespaces: pid 1 there, %d here, times off "
      "by %lld ns at most\n",
      inside->host_pid.load(), static_cast<long long>(worst));
  ::munmap(inside, sizeof(Inside));
}

TEST_F(Lives, ASecondDaemonIsRefusedAndADeadSocketReplaced) {
  start_host();
  ClientHostOptions options;
  options.path = socket_;
  const auto second = ClientHost::create(options, registry_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::full);
  const pid_t child = in_child([&] {
    host_.release();  // its socket file stays, as after SIGKILL
    ::raise(SIGKILL);
  });
  wait_for(child);
  host_.reset();
  ASSERT_EQ(::symlink("nowhere", (folder_ + "/link").c_str()), 0);
  options.path = folder_ + "/link";
  EXPECT_FALSE(ClientHost::create(options, registry_));
  start_host();
}

}  // namespace
}  // namespace tidemark::test
