// The soak test of soak.c in C++, with a worker thread per core.
//
//   tidemark record -- soak_cpp 12
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <tidemark/tidemark.hpp>
#include <vector>

namespace {

constexpr int kOpsPerPhase = 20'000;

void work(tidemark::Op& op, const tidemark::SpanName& span) {
  for (int i = 0; i < kOpsPerPhase; ++i) {
    const tidemark::Span timing(span);
    const std::string block(512, static_cast<char>('a' + i % 26));
    if (block.size() == 512) ++op;
  }
}

void work_in_parallel(tidemark::Op& op, const tidemark::SpanName& span) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] { work(op, span); });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

int main(int argc, char** argv) {
  const int cycles = argc > 1 ? std::atoi(argv[1]) : 3;
  const tidemark::Session session("soak_cpp");
  tidemark::Op op(session, "block");
  const tidemark::SpanName span(session, "block");
  const tidemark::Run run(session, "soak");
  {
    const tidemark::Phase phase(session, "warmup", tidemark::Kind::warmup);
    work_in_parallel(op, span);
  }
  for (int i = 0; i < cycles; ++i) {
    {
      const tidemark::Phase phase(session, "steady", tidemark::Kind::steady);
      work_in_parallel(op, span);
    }
    const tidemark::Phase rest(session, "rest", tidemark::Kind::cooldown);
    session.quiesce(std::chrono::seconds(2));
  }
  std::printf("%d cycles\n", cycles);
  return 0;
}
