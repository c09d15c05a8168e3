// Error rates of the verdicts on series with known truth, beside the rules
// others use. Prints one line per shape and fails when a bar is missed:
//
//   - all shapes, by the curve alone, `leak` or `suspect`: recall at least
//     0.85, precision at least 0.95 (as many benign runs as leaking ones);
//   - over cycles, K >= 12: `leak` on a benign series at most 1 %;
//   - `none` on a leaking one at most 0.1 % there.
//
//   accuracy [--quick] [--tuning]
//
// Seeds for tuning and for judging are apart; figures are told from the
// judging ones only.
#include <fmt/format.h>

#include <cstring>

#include "tests/accuracy/trials.h"

namespace tidemark::accuracy {
namespace {

constexpr uint64_t kTuningSeed = 12'345;
constexpr uint64_t kJudgingSeed = 20'261'121;

void run_all(const TrialPlan& plan, Scoreboard& board) {
  for (const size_t seconds : {1800u, 7200u}) {
    run_phases("first set", PhaseSet::first, seconds, plan, board);
    run_phases("second set", PhaseSet::second, seconds, plan, board);
    run_phases("third set", PhaseSet::third, seconds, plan, board);
  }
  for (const size_t count : {12u, 20u}) run_published(count, plan, board);
  for (const double noise : {0.1, 0.5, 2.0}) {
    run_brief(14, noise, plan, board);
  }
  run_handles(14, plan, board);
}

bool hold(const char* bar, bool held) {
  fmt::print("  {:<60} {}\n", bar, held ? "held" : "MISSED");
  return held;
}

bool judge_bars(const Scoreboard& board) {
  const Score all = board.score();
  const Score cycles = board.score("cycles");
  fmt::print("\nBars\n");
  bool held = hold("recall >= 0.85", all.recall.value() >= 0.85);
  held &= hold("precision >= 0.95",
               precision(all.recall.value(), all.false_calls.value()) >= 0.95);
  held &= hold("cycles: `leak` on benign series <= 0.01",
               cycles.false_leaks.value() <= 0.01);
  held &= hold("cycles: `none` on leaking series <= 0.001",
               cycles.false_none.value() <= 0.001);
  return held;
}

}  // namespace
}  // namespace tidemark::accuracy

int main(int argc, char** argv) {
  using namespace tidemark::accuracy;
  TrialPlan plan{300, 3, 10, kJudgingSeed};
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--quick") == 0) {
      plan = {40, 4, 20, plan.seed};
    } else if (std::strcmp(argv[i], "--tuning") == 0) {
      plan.seed = kTuningSeed;
    } else {
      fmt::print(stderr, "usage: accuracy [--quick] [--tuning]\n");
      return 64;
    }
  }
  fmt::print("Seed {} ({}), {} runs per line\n", plan.seed,
             plan.seed == kTuningSeed ? "tuning" : "judging", plan.runs);
  Scoreboard board;
  run_all(plan, board);
  board.print_total();
  board.print_misses(0.85);
  return judge_bars(board) ? 0 : 1;
}
