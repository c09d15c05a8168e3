// The recorder is stopped (SIGSTOP) under clients that go on: no call waits
// for it, and every mark is in the recording or was counted as dropped.
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <thread>
#include <tidemark/tidemark.hpp>
#include <vector>

#include "record_fixture.h"

namespace tidemark {
namespace {

// The full measure is 10 s.
std::chrono::seconds stop_length() {
  const char* asked = std::getenv("TIDEMARK_TEST_STOP_SECONDS");
  return std::chrono::seconds(asked != nullptr ? std::atoi(asked) : 1);
}

// What one thread's calls took.
struct Calls {
  uint64_t marks = 0, ops = 0;
  int64_t worst_ns = 0, worst_cpu_ns = 0;
  long waits = 0;  // times that the thread gave its CPU away
};

int64_t read_clock(clockid_t clock) {
  timespec t{};
  ::clock_gettime(clock, &t);
  return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

long waits_of_thread() {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nvcsw;
}

class ClientStopped : public RecordTest {
 protected:
  ClientStopped() {
    ::setenv("TIDEMARK_SOCKET", path("client.sock").c_str(), 1);
  }
  ~ClientStopped() override { ::unsetenv("TIDEMARK_SOCKET"); }

  // Marks, counts and spans about every 100 us, never sleeping between them.
  static Calls speak(const Session& session, const std::atomic<bool>& end) {
    Op op(session, "stopped.op");
    const SpanName span(session, "stopped.span");
    session.note("first");  // claims the lane
    Calls calls{1};
    const long before = waits_of_thread();
    while (!end) {
      const int64_t begin = read_clock(CLOCK_MONOTONIC);
      const int64_t cpu = read_clock(CLOCK_THREAD_CPUTIME_ID);
      session.note("n");
      ++op;
      {
        const Span timed(span);
      }
      calls.worst_cpu_ns = std::max(calls.worst_cpu_ns,
                                    read_clock(CLOCK_THREAD_CPUTIME_ID) - cpu);
      calls.worst_ns =
          std::max(calls.worst_ns, read_clock(CLOCK_MONOTONIC) - begin);
      ++calls.marks;
      ++calls.ops;
      while (read_clock(CLOCK_MONOTONIC) - begin < 100'000) {
      }
    }
    calls.waits = waits_of_thread() - before;
    return calls;
  }
  // The last value of a client's metric, summed over clients.
  int64_t last_sum(const std::string& metric) const {
    auto reader = RecordingReader::open(output());
    std::map<SubjectId, int64_t> last;
    while (const auto item = reader->next()) {
      if (item->frame == nullptr) continue;
      for (const Column& column : item->frame->columns) {
        const Metric* known = reader->dictionary().metric(column.metric);
        if (known == nullptr || known->name != metric) continue;
        for (size_t i = 0; i < column.values.size(); ++i) {
          last[column.subjects[i]] = column.values[i];
        }
      }
    }
    int64_t sum = 0;
    for (const auto& [subject, value] : last) sum += value;
    return sum;
  }
};

TEST_F(ClientStopped, NoCallBlocksAndEveryMarkIsCounted) {
  const Session session("speaker");
  const pid_t pid = start({"-q", "--interval", "200ms", "--heap=off"});
  uint64_t made = 0;
  ASSERT_TRUE(wait_until([&] {
    session.note("hello");
    ++made;
    return session.connected();
  }));
  constexpr size_t kThreads = 2;
  std::atomic<bool> end = false;
  std::vector<Calls> calls(kThreads);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] { calls[t] = speak(session, end); });
  }
  std::this_thread::sleep_for(300ms);
  ::kill(pid, SIGSTOP);
  const auto begin = std::chrono::steady_clock::now();
  // Both come and go before it reads the first byte of them.
  const pid_t client = ::fork();
  if (client == 0) {
    session.note("of a child");
    ::_exit(0);
  }
  EXPECT_EQ(wait_for(client), 0);
  std::this_thread::sleep_until(begin + stop_length());
  ::kill(pid, SIGCONT);
  std::this_thread::sleep_for(300ms);
  end = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(session.flush(10s), Answer::done);
  ::kill(pid, SIGINT);
  EXPECT_EQ(wait_for(pid), 0) << said();

  uint64_t ops = 0;
  Calls worst;
  for (const Calls& one : calls) {
    made += one.marks;
    ops += one.ops;
    worst.worst_ns = std::max(worst.worst_ns, one.worst_ns);
    worst.worst_cpu_ns = std::max(worst.worst_cpu_ns, one.worst_cpu_ns);
    worst.waits += one.waits;
  }
  const auto notes = read().of(EventKind::note);
  const auto of_child = std::count_if(
      notes.begin(), notes.end(),
      [](const Event& note) { return note.name == "of a child"; });
  EXPECT_EQ(of_child, 1);
  EXPECT_EQ(notes.size() - 1 + session.dropped(), made);
  EXPECT_EQ(last_sum("marks_dropped"), static_cast<int64_t>(session.dropped()));
  EXPECT_EQ(last_sum("op.stopped.op"), static_cast<int64_t>(ops));
  EXPECT_GT(session.dropped(), 0u) << "the lanes never were full";
  // Who waits in the kernel gives its CPU away of its own will.
  EXPECT_EQ(worst.waits, 0);
  std::printf(
      "stopped for %lld s: %llu marks made, %zu received, %llu dropped; worst "
      "of %llu groups of a note, an op and a span: %.1f us, %.1f us of CPU\n",
      static_cast<long long>(stop_length().count()),
      static_cast<unsigned long long>(made), notes.size() - 1,
      static_cast<unsigned long long>(session.dropped()),
      static_cast<unsigned long long>(ops),
      static_cast<double>(worst.worst_ns) / 1e3,
      static_cast<double>(worst.worst_cpu_ns) / 1e3);
}

}  // namespace
}  // namespace tidemark
