// Google Benchmark under Tidemark: tidemark record -- benchmark_example
#include <benchmark/benchmark.h>

#include <string>
#include <tidemark/benchmark.hpp>

namespace {

void append_words(benchmark::State& state) {
  for (auto _ : state) {
    std::string text;
    for (int i = 0; i < 100; ++i) text += "word ";
    benchmark::DoNotOptimize(text.data());
  }
}
TIDEMARK_BENCHMARK(append_words);

}  // namespace

int main(int argc, char** argv) { return tidemark::run_benchmarks(argc, argv); }
