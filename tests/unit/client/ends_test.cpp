// How programs and threads end, or do not: vfork, fork among threads,
// cancellation, dlclose, static destructors.
#include <dlfcn.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/wait.h>

#include <atomic>
#include <cstdlib>
#include <set>
#include <string>
#include <thread>

#include "client/channel.h"
#include "tests/unit/client/channel_fixture.h"

namespace tidemark::test {
namespace {

class Ends : public ChannelTest {
 protected:
  size_t notes(const std::string& text) const {
    const auto all = of_kind(EventKind::note);
    return static_cast<size_t>(
        std::count_if(all.begin(), all.end(),
                      [&](const Event& note) { return note.name == text; }));
  }
};

// It shares its parent's memory: what it says, the parent has said.
TEST_F(Ends, AVforkedChildLeavesTheParentWhole) {
  start_host();
  const Session session("app");
  session.note("before");
  for (int i = 0; i < 20; ++i) {
    // What vfork(2) may do here is what is tested.
    const pid_t child = ::vfork();  // NOLINT
    if (child == 0) {
      tidemark_note(session.get(), "in the child");
      ::execl("/bin/true", "true", nullptr);
      ::_exit(1);
    }
    EXPECT_EQ(wait_for(child), 0);
    session.note("after");
    turn();
  }
  turn();
  EXPECT_EQ(notes("in the child"), 20u);
  EXPECT_EQ(notes("after"), 20u);
  EXPECT_EQ(host_->totals().accepted, 1u);
  EXPECT_EQ(count(EventKind::client_end), 0u);
}

TEST_F(Ends, ASpawnedProgramIsNoClient) {
  start_host();
  const Session session("app");
  char name[] = "true";
  char* words[] = {name, nullptr};
  pid_t child = -1;
  ASSERT_EQ(
      ::posix_spawn(&child, "/bin/true", nullptr, nullptr, words, environ), 0);
  EXPECT_EQ(wait_for(child), 0);
  turn();
  EXPECT_EQ(host_->totals().accepted, 1u);
  EXPECT_TRUE(session.connected());
}

TEST_F(Ends, ForksWhileThreadsMarkLoseNothing) {
  start_host();
  const Session session("app");
  Op op(session, "ends.op");
  std::atomic<bool> end = false;
  std::atomic<uint64_t> made = 0;
  const auto speak = [&] {
    while (!end) {
      session.note("of a thread");
      ++op;
      ++made;
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
  };
  std::thread one(speak), other(speak);
  for (int i = 0; i < 20; ++i) {
    const pid_t child = in_child([&] {
      session.note("of a child");
      op += 5;
      session.note("of a child");
    });
    turn();
    EXPECT_EQ(wait_for(child), 0);
  }
  end = true;
  one.join();
  other.join();
  turn();
  turn();
  EXPECT_EQ(notes("of a child"), 40u);
  EXPECT_EQ(notes("of a thread"), made);
  EXPECT_EQ(host_->totals().quarantined, 0u);
}

void* speak_until_cancelled(void* argument) {
  int before = 0;
  ::pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &before);
  for (int i = 0; i < 700; ++i) {
    tidemark_note(static_cast<tidemark_session*>(argument),
                  "a text that takes more than one record in the lane");
  }
  while (true) {
  }
}

// Ended in the midst of a mark: the lane goes to the next thread, whole.
TEST_F(Ends, ThreadsCancelledAnywhereTearNothing) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers' run-times may not be cancelled anywhere";
#endif
  start_host();
  const Session session("app");
  for (unsigned i = 0; i < 200; ++i) {
    pthread_t thread{};
    ASSERT_EQ(::pthread_create(&thread, nullptr, speak_until_cancelled,
                               session.get()),
              0);
    ::usleep(i * 7 % 150);
    ::pthread_cancel(thread);
    ::pthread_join(thread, nullptr);
    turn();
    session.note("alive");
  }
  turn();
  EXPECT_EQ(notes("alive"), 200u);
  EXPECT_EQ(host_->totals().quarantined, 0u);
  for (const Event& note : of_kind(EventKind::note)) {
    EXPECT_LE(note.lane, 2u) << "a lane was not given back";
  }
}

struct Cancelled {
  tidemark_session* session;
  std::atomic<bool> marked{false};
};

void* mark_with_a_pending_cancellation(void* argument) {
  auto* told = static_cast<Cancelled*>(argument);
  ::pthread_cancel(::pthread_self());
  tidemark_note(told->session, "looks for a daemon");
  told->marked = true;
  ::pthread_testcancel();
  return nullptr;
}

// connect(2) would be the end of the thread, and of all looking for daemons.
TEST_F(Ends, AMarkIsNoCancellationPoint) {
  const Session session("app");  // no daemon
  ::usleep((TIDEMARK_RETRY_MS + 50) * 1000);
  Cancelled told{session.get()};
  pthread_t thread{};
  ASSERT_EQ(::pthread_create(&thread, nullptr, mark_with_a_pending_cancellation,
                             &told),
            0);
  void* result = nullptr;
  ::pthread_join(thread, &result);
  EXPECT_TRUE(told.marked);
  EXPECT_EQ(result, PTHREAD_CANCELED);
  start_host();
  ASSERT_TRUE(turn_until([&] {
    session.snapshot("looking");
    return notes("looks for a daemon") == 1;
  }));
}

// The library as a plugin's dependency: loaded, used by threads, unloaded, with
// a thread that ends and a fork that comes afterwards.
void use_and_unload() {
  void* library =
      ::dlopen(TIDEMARK_BINARY_DIR "/client/libtidemark.so.0", RTLD_NOW);
  if (library == nullptr) ::_exit(2);
  const auto find = [&](const char* name) { return ::dlsym(library, name); };
  const auto open =
      reinterpret_cast<decltype(&tidemark_open)>(find("tidemark_open"));
  const auto note =
      reinterpret_cast<decltype(&tidemark_note)>(find("tidemark_note"));
  const auto close =
      reinterpret_cast<decltype(&tidemark_close)>(find("tidemark_close"));
  tidemark_session* session = open("plugin", 0);
  std::atomic<bool> said = false, unloaded = false;
  std::thread thread([&] {
    note(session, "of a thread");
    said = true;
    while (!unloaded) std::this_thread::yield();
  });
  while (!said) std::this_thread::yield();
  note(session, "of a plugin");
  close(session);
  ::dlclose(library);
  unloaded = true;
  thread.join();  // would run the library's code if that still were its key's
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  int status = -1;
  ::waitpid(child, &status, 0);
  if (status != 0) ::_exit(3);
}

TEST_F(Ends, TheLibraryMayBeUnloadedAndLoadedAgain) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the run-time of the sanitizer keeps what it instrumented";
#endif
  start_host();
  const pid_t child = in_child([] {
    for (int i = 0; i < 5; ++i) use_and_unload();
  });
  ASSERT_TRUE(turn_until([&] { return count(EventKind::client_end) == 5u; }));
  EXPECT_EQ(wait_for(child), 0);
  EXPECT_EQ(notes("of a plugin"), 5u);
  EXPECT_EQ(notes("of a thread"), 5u);
  for (const Event& end : of_kind(EventKind::client_end)) {
    EXPECT_EQ(end.value, 1) << "no goodbye";
  }
}

// Speaks when the program's static objects are destroyed.
struct LastWords {
  Session session{"ending"};
  ~LastWords() {
    session.note("in a destructor");
    const Phase phase(session, "last phase");
  }
};

TEST_F(Ends, StaticDestructorsMaySpeak) {
  start_host();
  const pid_t child = in_child([] {
    static const LastWords words;
    // After the session of the object was closed, and the library's end.
    static tidemark_session* late = words.session.get();
    std::atexit([] { tidemark_note(late, "at exit"); });
    std::quick_exit(0);  // nothing of it runs
  });
  EXPECT_EQ(wait_for(child), 0);
  ASSERT_TRUE(turn_until([&] { return count(EventKind::client_end) == 1u; }));
  EXPECT_EQ(notes("in a destructor"), 0u);
  EXPECT_EQ(of_kind(EventKind::client_end).at(0).value, 0) << "a goodbye";
  const pid_t second = in_child([] {
    static const LastWords words;
    static tidemark_session* late = words.session.get();
    std::atexit([] { tidemark_note(late, "at exit"); });
    ::exit(0);  // NOLINT: what exit runs is what is tested
  });
  wait_for(second);
  ASSERT_TRUE(turn_until([&] { return count(EventKind::client_end) == 2u; }));
  EXPECT_EQ(notes("in a destructor"), 1u);
  EXPECT_EQ(notes("at exit"), 1u);
  EXPECT_EQ(count(EventKind::phase_begin), 1u);
  EXPECT_EQ(of_kind(EventKind::client_end).at(1).value, 1) << "no goodbye";
}

// What has no place is refused, and the caller's errno is its own.
TEST_F(Ends, BadInputIsCountedOrRefusedAndErrnoKept) {
  start_host();
  const Session session("app");
  turn();
  const pid_t child = in_child([&] {
    const uint64_t dropped = session.dropped();
    errno = 4711;
    uint64_t metrics = 0;
    for (int i = 0; i < 100'000; ++i) {
      const std::string name = "name " + std::to_string(i);
      metrics +=
          tidemark_counter(session.get(), name.c_str()) != TIDEMARK_NO_METRIC;
    }
    if (metrics > TIDEMARK_NAMES || metrics == 0) ::_exit(1);
    const std::string long_name(100'000, '\xff');
    session.note(long_name);
    tidemark_run_begin(session.get(), long_name.c_str());
    tidemark_attribute(session.get(), 7, long_name.c_str(), nullptr);
    tidemark_phase_end(session.get(), 123'456);  // never begun
    tidemark_phase_end_name(session.get(), "never begun");
    tidemark_phase_begin(session.get(), "open for ever",
                         static_cast<tidemark_phase_kind>(15));
    tidemark_run_end(session.get(), static_cast<tidemark_run_status>(3));
    tidemark_async_end(session.get(), 0, 99, 1);
    tidemark_op_done(session.get(), 0, INT64_MAX, INT64_MIN, 1);
    tidemark_span_end(session.get(), {INT64_MAX, UINT32_MAX}, 1);
    tidemark_done(session.get(), UINT32_MAX, UINT64_MAX);
    tidemark_gauge_set(session.get(), 9999, 1e308 * 10);
    if (errno != 4711) ::_exit(2);
    ::_exit(session.dropped() == dropped ? 0 : 3);
  });
  ASSERT_TRUE(turn_until([&] { return count(EventKind::client_end) == 1u; }));
  EXPECT_EQ(wait_for(child), 0);
  EXPECT_EQ(host_->totals().quarantined, 0u);
  EXPECT_EQ(count(EventKind::note), 1u);
  EXPECT_EQ(of_kind(EventKind::note).at(0).name.size(),
            size_t{TIDEMARK_TEXT_BYTES});
  EXPECT_EQ(of_kind(EventKind::phase_begin).at(0).phase_kind,
            PhaseKind::custom);
  EXPECT_EQ(count(EventKind::phase_end), 2u);
}

TEST_F(Ends, NegativeAndEndlessDurationsHarmNoHistogram) {
  start_host();
  // Of its own process: metrics stay with the process that made them.
  const pid_t child = in_child([] {
    const Session session("durations");
    SpanName span(session, "ends.span");
    using std::chrono::nanoseconds;
    for (const int64_t ns : {int64_t{-5}, INT64_MIN, INT64_MAX, int64_t{100}}) {
      span.record(nanoseconds(ns));
    }
  });
  EXPECT_EQ(wait_for(child), 0);
  ASSERT_TRUE(turn_until([&] { return count(EventKind::client_end) == 1u; }));
  TakenFrame frame;
  host_->sample(frame);
  ASSERT_EQ(frame.histograms.size(), 1u);
  const HistogramValue& value = frame.histograms[0];
  uint64_t total = 0;
  for (const auto& [bucket, n] : value.buckets) total += n;
  EXPECT_EQ(total, 4u);
  EXPECT_EQ(value.max, INT64_MAX);
  EXPECT_GE(value.sum, 0);
}

}  // namespace
}  // namespace tidemark::test
