#include "cli/selftest_leaker.h"

#include <tidemark/tidemark.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace tidemark {
namespace {

constexpr uint32_t kQuiesceMs = 2000;
constexpr double kSecond = 1e9;

void wait_until(int64_t time) {
  const int64_t left = time - tidemark_now();
  if (left > 0) ::usleep(static_cast<useconds_t>(left / 1000));
}

// Every byte is written: what was never touched is no memory.
void take_chunk(bool keep) {
  void* chunk = std::malloc(kLeakerChunk);
  if (chunk == nullptr) return;
  std::memset(chunk, 0x5a, kLeakerChunk);
  // The compiler must not see that nobody reads it.
  asm volatile("" : : "r"(chunk) : "memory");
  if (!keep) std::free(chunk);
}

void run_load(tidemark_session* session, tidemark_metric op,
              const LeakerPlan& plan, int64_t chunks) {
  const int64_t begin = tidemark_now();
  for (int64_t i = 0; i < chunks; ++i) {
    take_chunk(plan.bytes_per_second > 0);
    tidemark_done(session, op, 1);
    const double part =
        static_cast<double>(i + 1) / static_cast<double>(chunks);
    wait_until(begin +
               static_cast<int64_t>(part * plan.load_seconds * kSecond));
  }
}

}  // namespace

int run_leaker(const LeakerPlan& plan) {
  tidemark_session* session = tidemark_open("selftest", 0);
  if (session == nullptr || tidemark_connected(session) == 0) {
    std::fprintf(stderr, "tidemark selftest: nobody records\n");
    return 70;
  }
  const tidemark_metric op = tidemark_op(session, "chunk");
  tidemark_primary_op(session, op);
  constexpr int64_t kControlRate = 64 * 1024;
  const int64_t rate =
      plan.bytes_per_second > 0 ? plan.bytes_per_second : kControlRate;
  const auto chunks = std::max<int64_t>(
      1, static_cast<int64_t>(static_cast<double>(rate) * plan.load_seconds) /
             kLeakerChunk);
  tidemark_run_begin(session, "selftest");
  for (int cycle = 0; cycle < plan.cycles; ++cycle) {
    const uint64_t load = tidemark_phase_begin(session, "load", TIDEMARK_LOAD);
    run_load(session, op, plan, chunks);
    tidemark_phase_end(session, load);
    const uint64_t rest =
        tidemark_phase_begin(session, "rest", TIDEMARK_COOLDOWN);
    const int64_t end =
        tidemark_now() + static_cast<int64_t>(plan.rest_seconds * kSecond);
    tidemark_quiesce(session, kQuiesceMs);
    wait_until(end);
    tidemark_phase_end(session, rest);
  }
  tidemark_run_end(session, TIDEMARK_RUN_OK);
  tidemark_close(session);
  return 0;
}

}  // namespace tidemark
