// Descriptors, sockets and threads by stack, held against /proc/PID/fd and
// /proc/PID/task of the same process.
#include "probes/handles.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/close_range.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "probes/symbolizer.h"
#include "tests/bpf/handle_fixture.h"
#include "tests/bpf/workload.h"

namespace tidemark {
namespace {

using testing_bpf::Child;
using testing_bpf::Steps;

size_t entries(pid_t pid, const char* folder) {
  const std::filesystem::directory_iterator all("/proc/" + std::to_string(pid) +
                                                "/" + folder);
  return static_cast<size_t>(std::distance(begin(all), end(all)));
}

class HandlesTest : public testing_bpf::HandleFixture {
 protected:
  int64_t open_of(SiteKind kind, int cohort = -1) const {
    return open_now(kind, cohort).count;
  }
  int64_t open_descriptors() const {
    return open_of(SiteKind::fd) + open_of(SiteKind::socket);
  }
  void expect_no_loss(HandleSlot slot) const {
    const HandleCounts counts = tracer_->counts(slot);
    EXPECT_EQ(counts.untracked(), 0u);
    EXPECT_EQ(counts.ring_full, 0u);
    EXPECT_EQ(counts.missed_closes, 0u);
  }
};

void must_open(const auto& call) {
  if (call() < 0) ::abort();
}

void open_one_of_each() {
  ::open("/dev/null", O_RDONLY);
  ::syscall(SYS_open, "/dev/null", O_RDONLY);
  ::syscall(SYS_creat, "/dev/null", 0600);
  open_how how = {};
  how.flags = O_RDONLY;
  ::syscall(SYS_openat2, AT_FDCWD, "/dev/null", &how, sizeof(how));
  const int pipe_end = ::dup(1);
  ::dup2(1, 300);
  ::dup3(1, 301, O_CLOEXEC);
  ::fcntl(1, F_DUPFD, 400);
  ::fcntl(1, F_DUPFD_CLOEXEC, 400);
  ::fcntl(1, F_GETFD);
  std::array<int, 2> pair = {};
  must_open([&] { return ::pipe(pair.data()); });
  must_open([&] { return ::pipe2(pair.data(), O_CLOEXEC); });
  ::eventfd(0, 0);
  ::epoll_create(1);
  ::epoll_create1(0);
  ::timerfd_create(CLOCK_MONOTONIC, 0);
  sigset_t mask;
  sigemptyset(&mask);
  const int signals = ::signalfd(-1, &mask, 0);
  ::signalfd(signals, &mask, 0);  // changes it
  ::memfd_create("x", 0);
  ::inotify_init();
  ::inotify_init1(0);
  ::syscall(SYS_pidfd_open, ::getpid(), 0);
  ::open("/nowhere", O_RDONLY);  // fails
  ::dup2(pipe_end, pipe_end);    // nothing
}

void open_sockets() {
  std::array<int, 2> pair = {};
  ::socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data());
  must_open([&] { return ::dup(pair[0]); });
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_storage name = {};
  socklen_t size = sizeof(name);
  ::listen(listener, 4);
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&name), &size);
  for (int i = 0; i < 2; ++i) {
    const int client = ::socket(AF_INET, SOCK_STREAM, 0);
    ::connect(client, reinterpret_cast<sockaddr*>(&name), size);
    if (i == 0) ::accept(listener, nullptr, nullptr);
    if (i == 1) ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  }
}

void close_in_many_ways() {
  ::close(300);
  ::dup2(1, 301);                            // closes what was there
  ::close_range(400, 401, 0);                // two
  ::close_range(1000, ~0u, 0);               // none
  ::close_range(3, 3, CLOSE_RANGE_CLOEXEC);  // not now
}

TEST_F(HandlesTest, CountsWhatProcShowsForEverySystemCall) {
  Steps child({open_one_of_each, open_sockets, close_in_many_ways});
  const size_t before = entries(child.pid(), "fd");
  const HandleSlot slot = attach(child.pid());
  for (int step = 0; step < 3; ++step) {
    child.next();
    EXPECT_EQ(static_cast<size_t>(open_descriptors()),
              entries(child.pid(), "fd") - before)
        << step;
    if (step == 0) {
      EXPECT_EQ(open_of(SiteKind::socket), 0);
    }
    if (step == 1) {
      EXPECT_EQ(open_of(SiteKind::socket), 8);
    }
  }
  expect_no_loss(slot);
}

void reopen_many() {
  for (int i = 0; i < 20000; ++i) ::close(::open("/dev/null", O_RDONLY));
  ::open("/dev/null", O_RDONLY);
}

TEST_F(HandlesTest, IsExactUnderManyOpensAndCloses) {
  Steps child({reopen_many});
  const HandleSlot slot = attach(child.pid());
  child.next();
  EXPECT_EQ(open_of(SiteKind::fd), 1);
  const HandleCounts counts = tracer_->counts(slot);
  EXPECT_EQ(counts.opened, 20001u);
  EXPECT_EQ(counts.closed, 20000u);
  expect_no_loss(slot);
}

// Each its own place, so that its stack is told apart.
template <size_t kPlace>
[[gnu::noinline]] void open_here() {
  ::open("/dev/null", O_RDONLY);
  asm volatile("" : : "i"(kPlace));
}
template <size_t... kPlaces>
void open_at(std::index_sequence<kPlaces...>) {
  (open_here<kPlaces>(), ...);
}
void open_by_many_ways() { open_at(std::make_index_sequence<200>()); }

void open_forty() {
  for (int i = 0; i < 40; ++i) ::open("/dev/null", O_RDONLY);
}

TEST_F(HandlesTest, FullMapsAreCountedAndWhatTheyHoldStaysTrue) {
  HandleTracerOptions small;
  small.open_handles = 16;
  tracer_.reset();
  auto tracer = HandleTracer::open(small);
  ASSERT_TRUE(tracer) << tracer.error().what;
  tracer_ = std::move(*tracer);
  Steps child({open_forty});
  const HandleSlot slot = attach(child.pid());
  child.next();
  const HandleCounts counts = tracer_->counts(slot);
  EXPECT_GT(counts.open_full, 0u);
  EXPECT_EQ(open_of(SiteKind::fd) + static_cast<int64_t>(counts.open_full), 40);
}

TEST_F(HandlesTest, AFullRingIsCountedAndTheStackTriedAgain) {
  Steps child({open_by_many_ways, open_by_many_ways});
  const HandleSlot slot = attach(child.pid());
  child.next();  // more new stacks than the ring has room for
  EXPECT_GT(tracer_->counts(slot).ring_full, 0u);
  const auto drained = [&] {
    size_t stacks = 0;
    EXPECT_TRUE(tracer_->drain([&](const HandleStack&) { ++stacks; },
                               [](HandleSlot, HandleEvent) {}));
    return stacks;
  };
  EXPECT_GT(drained(), 0u);
  EXPECT_EQ(open_of(SiteKind::fd), 200);  // each is counted all the same
  child.next();
  EXPECT_GT(drained(), 0u);  // those that were refused before
}

void race_of_two_threads() {
  const auto work = [](void*) -> void* {
    for (int i = 0; i < 20000; ++i) ::close(::open("/dev/null", O_RDONLY));
    ::open("/dev/null", O_RDONLY);
    return nullptr;
  };
  pthread_t threads[4];
  for (pthread_t& each : threads)
    ::pthread_create(&each, nullptr, work, nullptr);
  for (const pthread_t each : threads) ::pthread_join(each, nullptr);
}

TEST_F(HandlesTest, IsExactWhereThreadsPassNumbersOn) {
  Steps child({race_of_two_threads});
  const HandleSlot slot = attach(child.pid());
  child.next();
  EXPECT_EQ(open_of(SiteKind::fd), 4);
  // Who was joined may still be on its way out.
  while (entries(child.pid(), "task") > 1) ::usleep(1000);
  EXPECT_EQ(open_of(SiteKind::thread), 0);
  expect_no_loss(slot);
}

void start_five_threads_end_two() {
  const auto stay = [](void*) -> void* { testing_bpf::sleep_forever(); };
  const auto leave = [](void*) -> void* { return nullptr; };
  pthread_t thread;
  for (int i = 0; i < 3; ++i) ::pthread_create(&thread, nullptr, stay, nullptr);
  for (int i = 0; i < 2; ++i) {
    ::pthread_create(&thread, nullptr, leave, nullptr);
    ::pthread_join(thread, nullptr);
  }
}

TEST_F(HandlesTest, CountsThreadsThatNeverEnd) {
  Steps child({start_five_threads_end_two});
  const HandleSlot slot = attach(child.pid());
  child.next();
  // Who was joined may still be on its way out.
  while (entries(child.pid(), "task") > 4) ::usleep(1000);
  EXPECT_EQ(open_of(SiteKind::thread), 3);
  EXPECT_EQ(tracer_->counts(slot).opened, 5u);
}

TEST_F(HandlesTest, KeepsTheRowsOfAProcessThatEnded) {
  Steps child({[] {
    for (int i = 0; i < 7; ++i) ::open("/dev/null", O_RDONLY);
    start_five_threads_end_two();
  }});
  const HandleSlot slot = attach(child.pid());
  child.next();
  // Who was joined may still be on its way out, and is no thread that was
  // killed.
  while (entries(child.pid(), "task") > 4) ::usleep(1000);
  ::kill(child.pid(), SIGKILL);
  child.wait();
  EXPECT_EQ(open_of(SiteKind::fd), 7);
  EXPECT_EQ(open_of(SiteKind::thread), 3);
  std::vector<HandleEvent> events;
  ASSERT_TRUE(tracer_->drain([](const HandleStack&) {},
                             [&](HandleSlot of, HandleEvent event) {
                               EXPECT_EQ(of, slot);
                               events.push_back(event);
                             }));
  EXPECT_EQ(events, std::vector{HandleEvent::exited});
  tracer_->release(slot);
  EXPECT_EQ(open_descriptors(), 0);
}

void exec_with_three_left() {
  for (int i = 0; i < 3; ++i) ::open("/dev/null", O_RDONLY);
  for (int i = 0; i < 4; ++i) ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int late = ::open("/dev/null", O_RDONLY);
  ::fcntl(late, F_SETFD, FD_CLOEXEC);
  ::execl("/bin/sleep", "sleep", "1000", nullptr);
}

TEST_F(HandlesTest, SeesWhatExecCloses) {
  std::array<int, 2> gate = {};
  ASSERT_EQ(::pipe(gate.data()), 0);
  Child child([&] {
    char byte = 0;
    if (::read(gate[0], &byte, 1) != 1) ::_exit(1);
    exec_with_three_left();
  });
  const HandleSlot slot = attach(child.pid());
  ASSERT_EQ(::write(gate[1], "x", 1), 1);
  // The program opens its libraries after the event, and closes them again.
  bool execed = false;
  while (!execed) {
    ASSERT_TRUE(tracer_->drain([](const HandleStack&) {},
                               [&](HandleSlot, HandleEvent event) {
                                 execed = event == HandleEvent::execed;
                               }));
    ::usleep(1000);
  }
  std::string wait;
  while (wait.find("nanosleep") == wait.npos) {
    wait = testing_bpf::proc_text(child.pid(), "wchan");
    ::usleep(1000);
  }
  EXPECT_EQ(open_of(SiteKind::fd), 3);
  expect_no_loss(slot);
  ::close(gate[0]);
  ::close(gate[1]);
}

TEST_F(HandlesTest, LeavesTheCloseOfAForkedChildToTheChild) {
  Steps child({[] {
    const int fd = ::open("/dev/null", O_RDONLY);
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::close(fd);
      ::open("/dev/null", O_RDONLY);
      ::_exit(0);
    }
    ::waitpid(pid, nullptr, 0);
  }});
  attach(child.pid());
  child.next();
  EXPECT_EQ(open_of(SiteKind::fd), 1);
}

TEST_F(HandlesTest, PutsEachHandleIntoThePhaseThatOpenedIt) {
  const auto open_one = [] {
    static_cast<void>(::open("/dev/null", O_RDONLY));
  };
  const auto open_two = [] {
    static_cast<void>(::open("/dev/null", O_RDONLY));
    static_cast<void>(::open("/dev/null", O_RDONLY));
  };
  Steps child({open_one, open_two, [] { ::close(4); }});
  attach(child.pid());
  tracer_->set_cohort(1);
  child.next();
  tracer_->set_cohort(2);
  child.next();
  EXPECT_EQ(open_of(SiteKind::fd, 0), 0);
  EXPECT_EQ(open_of(SiteKind::fd, 1), 1);
  EXPECT_EQ(open_of(SiteKind::fd, 2), 2);
}

[[gnu::noinline]] void leaker_of_descriptors() {
  for (int i = 0; i < 5; ++i) {
    static_cast<void>(::open("/dev/null", O_RDONLY));
  }
}

TEST_F(HandlesTest, NamesTheFunctionThatOpened) {
  Steps child({leaker_of_descriptors});
  attach(child.pid());
  child.next();
  Unwinder unwinder;
  Symbolizer symbolizer;
  std::map<uint64_t, std::string> functions;  // by key
  ASSERT_TRUE(tracer_->drain(
      [&](const HandleStack& stack) {
        const UnwoundStack unwound = unwind(unwinder, stack);
        ASSERT_GE(unwound.frames.size(), 2u);
        EXPECT_EQ(unwound.quality, StackQuality::cfi);
        const UnwoundFrame& caller = unwound.frames[1];
        const auto names = symbolizer.symbolize(
            symbol_source(unwinder.objects().at(caller.object)), caller.offset);
        ASSERT_FALSE(names.empty());
        // Optimised, libc's own inline functions stand before it.
        functions[stack.key] = names.back().function;
      },
      [](HandleSlot, HandleEvent) {}));
  std::vector<HandleSite> rows;
  ASSERT_TRUE(tracer_->read_sites(rows));
  int64_t opened = 0;
  for (const HandleSite& row : rows) {
    EXPECT_NE(functions[row.key].find("leaker_of_descriptors"),
              std::string::npos)
        << functions[row.key];
    opened += row.opened;
  }
  EXPECT_EQ(opened, 5);
}

}  // namespace
}  // namespace tidemark
