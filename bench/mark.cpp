// What a mark, a span and a counter cost the program that makes them, with
// and without a daemon, beside a clock read and an LTTng-UST tracepoint.
//
//   bench_mark              the tables: one thread, then 1 to 64
//   bench_mark --syscalls   marks between two getppid(2), for strace
//
// `mean` is over batches of 256 calls, p50 over groups of 16; p99 is of single
// calls. All less the clock read that timed them. LTTng is on when a session is
// (bench/mark.sh).
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <tidemark/tidemark.hpp>
#include <vector>

#include "bench/mark_threads.h"
#include "client/channel.h"
#include "core/os/system_clock.h"
#include "daemon/client_host.h"
#include "daemon/registry.h"

#if defined(__has_include)
#if __has_include(<sys/sdt.h>)
#define TIDEMARK_BENCH_USDT 1
#endif
#endif

#ifdef TIDEMARK_BENCH_LTTNG
extern "C" {
void bench_tracepoint(uint64_t handle);
int bench_tracepoint_enabled(void);
}
#endif

namespace tidemark::bench {
namespace {

int64_t clock_ns() {
  timespec t{};
  clock_gettime(CLOCK_BOOTTIME, &t);
  return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

// Marks of up to three records that fit into a lane that was empty before.
constexpr int kBatch = TIDEMARK_LANE_RECORDS / 4;
// Clocks here may step by 10 ns: p50 is of so many calls timed together.
constexpr int kTimedTogether = 16;
constexpr int kBatches = 400;

// Something to measure; `before` runs untimed before each batch.
struct Subject {
  std::string name;
  std::function<void()> before;
  std::function<void(int)> calls;  // that many calls
  int batches = kBatches;
};

struct Figures {
  double mean = 0, p50 = 0, p99 = 0;
};

double quantile(std::vector<double>& values, double q) {
  const auto at = static_cast<size_t>(q * static_cast<double>(values.size()));
  const auto nth =
      values.begin() + static_cast<ptrdiff_t>(std::min(at, values.size() - 1));
  std::nth_element(values.begin(), nth, values.end());
  return *nth;
}

// ns per call of groups of `size` calls.
std::vector<double> time_groups(const Subject& subject, int size,
                                double timing_ns) {
  std::vector<double> samples;
  for (int b = 0; b < subject.batches; ++b) {
    subject.before();
    for (int i = 0; i < kBatch; i += size) {
      const int64_t begin = clock_ns();
      subject.calls(size);
      const auto took = static_cast<double>(clock_ns() - begin);
      samples.push_back(std::max(0.0, took - timing_ns) / size);
    }
  }
  return samples;
}

// What timing a call costs: a mean, for single reads are multiples of the
// clock's step, without the slowest twentieth, which was interrupted.
double timing_cost(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  samples.resize(samples.size() - samples.size() / 20);
  return std::accumulate(samples.begin(), samples.end(), 0.0) /
         static_cast<double>(samples.size());
}

Figures measure(const Subject& subject, double timing_ns) {
  std::vector<double> batches = time_groups(subject, kBatch, timing_ns);
  std::vector<double> groups = time_groups(subject, kTimedTogether, timing_ns);
  std::vector<double> single = time_groups(subject, 1, timing_ns);
  return {quantile(batches, 0.5), quantile(groups, 0.5),
          quantile(single, 0.99)};
}

// A daemon of our own in a child: drains every millisecond.
class DaemonProcess {
 public:
  DaemonProcess() {
    char pattern[] = "/tmp/tidemark-bench-XXXXXX";
    folder_ = ::mkdtemp(pattern);
    const std::string path = folder_ + "/client.sock";
    ::setenv("TIDEMARK_SOCKET", path.c_str(), 1);
    pid_ = ::fork();
    if (pid_ == 0) serve(path);
    while (!std::filesystem::exists(path)) ::usleep(1000);
    ::usleep(20'000);
  }
  DaemonProcess(const DaemonProcess&) = delete;
  DaemonProcess& operator=(const DaemonProcess&) = delete;
  ~DaemonProcess() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    std::filesystem::remove_all(folder_);
  }

 private:
  [[noreturn]] static void serve(const std::string& path) {
    const SystemClock clock;
    Registry registry;
    ClientHostOptions options;
    options.path = path;
    options.marks_per_second = 100'000'000;
    const auto host = ClientHost::create(options, registry);
    if (!host) ::_exit(1);
    while (true) {
      (*host)->service(clock.now());
      DrainBatch batch;
      (*host)->drain(clock.now(), batch);
      batch.publish();
      ::usleep(1000);
    }
  }

  std::string folder_;
  pid_t pid_ = -1;
};

template <typename Call>
std::function<void(int)> repeated(Call call) {
  return [call](int n) {
    for (int i = 0; i < n; ++i) call();
  };
}

std::vector<Subject> with_daemon(tidemark_session* session) {
  const auto flush = [session] { tidemark_flush(session, 2000); };
  const auto nothing = [] {};
  const tidemark_metric op = tidemark_op(session, "op");
  const tidemark_metric gauge = tidemark_gauge(session, "gauge");
  const tidemark_metric span = tidemark_span(session, "span");
  const tidemark_metric timed = tidemark_timed_op(session, "timed", 1);
  return {
      {"mark (phase begin)", flush, repeated([=] {
         tidemark_phase_begin(session, "steady", TIDEMARK_STEADY);
       })},
      {"mark (note, 16 bytes)", flush,
       repeated([=] { tidemark_note(session, "sixteen letters."); })},
      {"mark (note, 100 bytes)", flush, repeated([=] {
         tidemark_note(session,
                       "a text that goes beyond the first record and takes "
                       "two more of them, in all of a hundred bytes.....");
       })},
      {"span begin+end", nothing, repeated([=] {
         tidemark_span_end(session, tidemark_span_begin(session, span), 1);
       })},
      {"async span begin+end", nothing, repeated([=] {
         tidemark_async_begin(session, span, 7);
         tidemark_async_end(session, span, 7, 1);
       })},
      {"span record (histogram)", nothing,
       repeated([=] { tidemark_span_record(session, span, 123'456, 1); })},
      {"timed op done, paced", nothing,
       repeated([=] { tidemark_op_done(session, timed, 1000, 2000, 1); })},
      {"counter", nothing, repeated([=] { tidemark_done(session, op, 1); })},
      {"gauge", nothing,
       repeated([=] { tidemark_gauge_set(session, gauge, 1.5); })},
  };
}

// Without a daemon nobody empties a lane, so each batch gets a fresh one: a
// child of its own.
Subject without_daemon(tidemark_session* session) {
  return {"mark, no daemon", [] {}, repeated([=] {
            tidemark_phase_begin(session, "steady", TIDEMARK_STEADY);
          }),
          1};
}

void print(const std::string& name, const Figures& f) {
  std::printf("%-26s %9.1f %9.1f %9.1f\n", name.c_str(), f.mean, f.p50, f.p99);
}

Figures in_child(const Subject& subject, double timing_ns) {
  int pipe[2];
  if (::pipe(pipe) != 0) return {};
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child == 0) {
    subject.calls(1);  // its own segment and lane
    const Figures figures = measure(subject, timing_ns);
    (void)!::write(pipe[1], &figures, sizeof figures);
    ::_exit(0);
  }
  Figures figures;
  (void)!::read(pipe[0], &figures, sizeof figures);
  ::waitpid(child, nullptr, 0);
  ::close(pipe[0]);
  ::close(pipe[1]);
  return figures;
}

// The middle of many children.
Figures in_children(const Subject& subject, double timing_ns) {
  std::vector<double> means, p50s, p99s;
  for (int i = 0; i < 40; ++i) {
    const Figures f = in_child(subject, timing_ns);
    means.push_back(f.mean);
    p50s.push_back(f.p50);
    p99s.push_back(f.p99);
  }
  return {quantile(means, 0.5), quantile(p50s, 0.5), quantile(p99s, 0.5)};
}

// Verdict on the bars of docs/architecture.md; machine noise is why this is
// no test.
void print_bars(double clock, const Figures& mark, const Figures& counter) {
  const auto line = [](const char* bar, double value, double limit) {
    std::printf("%-44s %7.1f <= %7.1f  %s\n", bar, value, limit,
                value <= limit ? "holds" : "MISSED");
  };
  line("mark p50, ns, against a clock read + 20", mark.p50, clock + 20);
  line("mark p99, ns", mark.p99, 300);
  line("counter, ns", counter.mean, 2);
}

// Each thread waits for its own lane to be empty before a batch.
void print_threads(tidemark_session* session) {
  const auto flush = [session] { tidemark_flush(session, 2000); };
  const tidemark_metric op = tidemark_op(session, "op");
  const tidemark_metric span = tidemark_span(session, "span");
  std::vector<ThreadedCall> calls = {
      {"mark", flush,
       [=] { tidemark_phase_begin(session, "steady", TIDEMARK_STEADY); }},
      {"span", [] {},
       [=] {
         tidemark_span_end(session, tidemark_span_begin(session, span), 1);
       }},
      {"counter", [] {}, [=] { tidemark_done(session, op, 1); }}};
#ifdef TIDEMARK_BENCH_LTTNG
  calls.push_back({bench_tracepoint_enabled() != 0 ? "LTTng-UST" : "LTTng, off",
                   [] {}, [] { bench_tracepoint(1); }});
#endif
  print_threads_table(calls);
}

void run_table() {
  const Subject empty{"nothing", [] {}, [](int) {}, kBatches};
  const Subject clock{"clock_gettime(BOOTTIME)", [] {},
                      repeated([] { clock_ns(); })};
  const double timing = timing_cost(time_groups(empty, 1, 0));
  std::printf("%-26s %9s %9s %9s\n", "ns per call", "mean", "p50", "p99");
  const Figures clock_figures = measure(clock, timing);
  print(clock.name, clock_figures);
  Figures mark, counter;
  {
    const Session alone("bench");
    print("mark, no daemon", in_children(without_daemon(alone.get()), timing));
  }
  const DaemonProcess daemon;
  const Session session("bench");
  for (const Subject& subject : with_daemon(session.get())) {
    const Figures figures = measure(subject, timing);
    print(subject.name, figures);
    if (subject.name.starts_with("mark (phase")) mark = figures;
    if (subject.name == "counter") counter = figures;
  }
#ifdef TIDEMARK_BENCH_LTTNG
  const Subject tracepoint{"LTTng-UST tracepoint", [] {},
                           repeated([] { bench_tracepoint(1); })};
  print(bench_tracepoint_enabled() != 0 ? "LTTng-UST tracepoint"
                                        : "LTTng-UST, not enabled",
        measure(tracepoint, timing));
#endif
  print_threads(session.get());
#ifdef TIDEMARK_BENCH_USDT
  std::printf("USDT probes: built in, one nop each\n");
#else
  std::printf("USDT probes: not built in (no <sys/sdt.h>)\n");
#endif
  std::printf("marks dropped: %llu\n\n",
              static_cast<unsigned long long>(session.dropped()));
  print_bars(clock_figures.p50, mark, counter);
}

void run_for_strace() {
  const DaemonProcess daemon;
  const Session session("bench");
  const std::vector<Subject> subjects = with_daemon(session.get());
  for (const Subject& subject : subjects) subject.calls(1);
  session.flush(std::chrono::seconds(2));
  (void)::getppid();
  for (const Subject& subject : subjects) subject.calls(100);
  (void)::getppid();
}

}  // namespace
}  // namespace tidemark::bench

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--syscalls") == 0) {
    tidemark::bench::run_for_strace();
  } else {
    tidemark::bench::run_table();
  }
  return 0;
}
