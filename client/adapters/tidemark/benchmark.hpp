// Google Benchmark under Tidemark: each benchmark is a phase; what it reports
// becomes notes beside the resources that it used.
//
//   TIDEMARK_BENCHMARK(sort_words)->Arg(1000);   // instead of BENCHMARK
//   int main(int argc, char** argv) {
//     return tidemark::run_benchmarks(argc, argv);
//   }
//
// The library calls a benchmark's function several times until it knows how
// many iterations it needs: each call is a cycle of the phase. It also takes
// heap growth from a short pass of its own (16 iterations at most), reported
// as the phase "memory"; for leaks, read the findings of the recording.
#ifndef TIDEMARK_BENCHMARK_HPP_
#define TIDEMARK_BENCHMARK_HPP_

#include <benchmark/benchmark.h>
#include <malloc.h>

#include <chrono>
#include <string>
#include <tidemark/tidemark.hpp>
#include <vector>

namespace tidemark {

// One per process; made by run_benchmarks, or at the first benchmark.
inline const Session& benchmark_session() {
  static const Session session("benchmark");
  return session;
}

// The phase of one call of a benchmark's function; its iterations are the op
// of the benchmark's name.
class BenchmarkPhase {
 public:
  BenchmarkPhase(const ::benchmark::State& state, const std::string& name)
      : state_(state),
        op_(benchmark_session(), name.c_str()),
        phase_(benchmark_session(), name, Kind::load) {}
  ~BenchmarkPhase() {
    op_ += static_cast<uint64_t>(state_.iterations());
    if (state_.error_occurred()) op_.failed();
  }
  BenchmarkPhase(const BenchmarkPhase&) = delete;
  BenchmarkPhase& operator=(const BenchmarkPhase&) = delete;

 private:
  const ::benchmark::State& state_;
  Op op_;
  Phase phase_;
};

template <typename Function>
::benchmark::internal::Benchmark* register_benchmark(const char* name,
                                                     Function function) {
  return ::benchmark::RegisterBenchmark(
      name, [name = std::string(name), function](::benchmark::State& state) {
        const BenchmarkPhase phase(state, name);
        function(state);
      });
}

// Net growth of the C heap, from the allocator's own books.
class BenchmarkMemory : public ::benchmark::MemoryManager {
 public:
  void Start() override {
    tidemark_phase_end(benchmark_session().get(), phase_);
    phase_ = tidemark_phase_begin(benchmark_session().get(), "memory",
                                  TIDEMARK_CUSTOM);
    before_ = in_use();
  }
  void Stop(Result& result) override {
    result.net_heap_growth = in_use() - before_;
    tidemark_phase_end(benchmark_session().get(), phase_);
    phase_ = 0;
  }
  void Stop(Result* result) override { Stop(*result); }

 private:
  static int64_t in_use() {
    const struct mallinfo2 info = ::mallinfo2();
    return static_cast<int64_t>(info.uordblks + info.hblkhd);
  }
  uint64_t phase_ = 0;
  int64_t before_ = 0;
};

// Any reporter, with a note in the recording per result.
template <typename Base>
class BenchmarkReporter : public Base {
 public:
  void ReportRuns(
      const std::vector<::benchmark::BenchmarkReporter::Run>& runs) override {
    for (const auto& run : runs) {
      benchmark_session().note(
          run.benchmark_name() +
          (run.error_occurred
               ? ": " + run.error_message
               : ": " + std::to_string(run.GetAdjustedRealTime()) + " " +
                     ::benchmark::GetTimeUnitString(run.time_unit)));
    }
    Base::ReportRuns(runs);
  }
};

inline int run_benchmarks(int argc, char** argv) {
  ::benchmark::Initialize(&argc, argv);
  if (::benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  BenchmarkMemory memory;
  ::benchmark::RegisterMemoryManager(&memory);
  const Run run(benchmark_session(), "benchmarks");
  BenchmarkReporter<::benchmark::ConsoleReporter> reporter;
  ::benchmark::RunSpecifiedBenchmarks(&reporter);
  ::benchmark::RegisterMemoryManager(nullptr);
  ::benchmark::Shutdown();
  benchmark_session().flush(std::chrono::seconds(2));  // the program ends now
  return 0;
}

}  // namespace tidemark

#define TIDEMARK_BENCHMARK_JOIN_(a, b) a##b
#define TIDEMARK_BENCHMARK_NAME_(line) \
  TIDEMARK_BENCHMARK_JOIN_(tidemark_benchmark_, line)
#define TIDEMARK_BENCHMARK(function)                        \
  [[maybe_unused]] static ::benchmark::internal::Benchmark* \
  TIDEMARK_BENCHMARK_NAME_(__LINE__) =                      \
      ::tidemark::register_benchmark(#function, function)

#endif  // TIDEMARK_BENCHMARK_HPP_
