// Error rates of the verdicts on series with known truth, beside the rules
// others use. Prints one line per shape and fails when a bar is missed:
//
//   - over cycles, K >= 12: `leak` on a benign series at most 1 %;
//   - `none` on a leaking one at most 0.1 %.
//
//   accuracy [--quick] [--tuning]
//
// Seeds for tuning and for judging are apart; figures are told from the
// judging ones only.
#include <fmt/format.h>

#include <cstring>

#include "core/analysis/verdict.h"
#include "tests/accuracy/cycle_shapes.h"
#include "tests/accuracy/peers.h"
#include "tests/accuracy/phase_shapes.h"
#include "tests/accuracy/tally.h"

namespace tidemark::accuracy {
namespace {

constexpr double kMega = 1e6;
constexpr double kLeakRates[] = {0.3, 1, 5};  // MB/min
constexpr double kDelta = 0.1;                // MB/min
constexpr uint64_t kTuningSeed = 12'345;
constexpr uint64_t kJudgingSeed = 20'261'121;

struct Plan {
  int phase_runs = 0;
  int cycle_runs = 0;
  uint64_t seed = 0;
};

void print_header(const char* title) {
  fmt::print("\n{}\n{:<18} {:>8} {:>7} {:>8} {:>7} {:>7} {:>6} {:>8} {:>7}\n",
             title, "shape", "leak", "leak", "suspect", "none", "satur.",
             "step", "startup", "inconc.");
}

void print_row(const char* shape, const std::string& leak, const Tally& tally) {
  fmt::print(
      "{:<18} {:>8} {:>7.3f} {:>8.3f} {:>7.3f} {:>7.3f} {:>6.3f} {:>8.3f} "
      "{:>7.3f}\n",
      shape, leak, tally.share(Verdict::leak), tally.share(Verdict::suspect),
      tally.share(Verdict::none), tally.share(Verdict::saturating),
      tally.share(Verdict::step), tally.share(Verdict::startup),
      tally.share(Verdict::inconclusive));
}

// ---- One long phase

CurveInput phase_input(const Values& megabytes) {
  CurveInput input;
  input.instrument_floor = 4096;
  double seconds = 0;
  for (const double value : megabytes) {
    input.samples.push_back({seconds++, 0, value * kMega});
  }
  return input;
}

struct PhaseScore {
  std::array<Mean, kPeers> peer_false, peer_true;
  Mean ours_false, ours_true, false_none;
  double worst_false_none = 0;
};

void run_phase_shape(const PhaseShape& shape, double leak, size_t seconds,
                     int runs, Draw& draw, PhaseScore& score) {
  VerdictOptions options;
  options.delta_per_minute = kDelta * kMega;
  Tally tally;
  std::array<Mean, kPeers> peers;
  for (int run = 0; run < runs; ++run) {
    const Values y = make_phase(shape, leak, seconds, draw);
    // The peers take far longer than the verdict: every third run will do.
    if (run % 3 == 0) {
      const std::array<bool, kPeers> calls = ask_peers(y, kDelta);
      for (size_t i = 0; i < kPeers; ++i) peers[i].add(calls[i]);
    }
    tally.add(judge(phase_input(y), options).verdict);
  }
  print_row(shape.name, leak > 0 ? fmt::format("{}", leak) : "-", tally);
  const double called =
      tally.share(Verdict::suspect) + tally.share(Verdict::leak);
  for (size_t i = 0; i < kPeers; ++i) {
    (leak > 0 ? score.peer_true : score.peer_false)[i].add(peers[i].value());
  }
  (leak > 0 ? score.ours_true : score.ours_false).add(called);
  if (leak <= 0) return;
  const double none = tally.share(Verdict::none);
  score.false_none.add(none);
  score.worst_false_none = std::max(score.worst_false_none, none);
}

void print_phase_score(const PhaseScore& score) {
  const auto line = [](const char* name, double wrong, double right) {
    const double precision = right + wrong > 0 ? right / (right + wrong) : 0;
    fmt::print("  {:<46} {:.3f} / {:.3f}   precision {:.3f}\n", name, wrong,
               right, precision);
  };
  fmt::print("  {:<46} {}\n", "", "false positives / recall");
  for (size_t i = 0; i < kPeers; ++i) {
    line(kPeerNames[i], score.peer_false[i].value(),
         score.peer_true[i].value());
  }
  line("Tidemark, one phase (suspect)", score.ours_false.value(),
       score.ours_true.value());
  fmt::print("  `none` on a leaking run: mean {:.4f}, worst shape {:.3f}\n",
             score.false_none.value(), score.worst_false_none);
}

void run_phases(const char* title, const PhaseSet& set, size_t seconds,
                int runs, uint64_t seed) {
  Draw draw(seed);
  PhaseScore score;
  print_header(
      fmt::format("{}, {} min, {} runs per shape", title, seconds / 60, runs)
          .c_str());
  for (const PhaseShape& shape : set.benign) {
    run_phase_shape(shape, 0, seconds, runs, draw, score);
  }
  for (const double leak : kLeakRates) {
    for (const PhaseShape& shape : set.leaking) {
      run_phase_shape(shape, leak, seconds, runs, draw, score);
    }
  }
  print_phase_score(score);
}

// ---- Cycles

struct CycleScore {
  Mean false_leak, recall, false_none;
  double worst_false_leak = 0;
};

void run_cycle_shape(const CycleShape& shape, const CyclePlan& plan, int runs,
                     const VerdictOptions& options, const std::string& leak,
                     Draw& draw, CycleScore& score) {
  Tally tally;
  for (int run = 0; run < runs; ++run) {
    tally.add(judge(make_cycles(shape, plan, draw), options).verdict);
  }
  print_row(shape.name, leak, tally);
  const double called = tally.share(Verdict::leak);
  if (plan.leak <= 0) {
    score.false_leak.add(called);
    score.worst_false_leak = std::max(score.worst_false_leak, called);
    return;
  }
  if (!shape.hard) score.recall.add(called);
  score.false_none.add(tally.share(Verdict::none));
}

// The bars of the cycles; false: missed.
bool print_cycle_score(const CycleScore& score, bool counts) {
  fmt::print(
      "  `leak` on a benign run: mean {:.4f}, worst shape {:.4f}; "
      "recall {:.3f}; `none` on a leaking run {:.4f}\n",
      score.false_leak.value(), score.worst_false_leak, score.recall.value(),
      score.false_none.value());
  if (!counts) return true;
  const bool held =
      score.false_leak.value() <= 0.01 && score.false_none.value() <= 0.001;
  if (!held) fmt::print("  BAR MISSED: 0.01 and 0.001\n");
  return held;
}

bool run_published(size_t count, int runs, uint64_t seed) {
  constexpr double kOpsPerMinute = 1000;
  Draw draw(seed);
  CycleScore score;
  print_header(fmt::format("Published cycles, K = {}, 2.5 min each, {} runs",
                           count, runs)
                   .c_str());
  VerdictOptions options;
  options.delta_per_op = kDelta * kMega / kOpsPerMinute;
  for (const double leak : {0.0, 0.3, 1.0, 5.0}) {
    const CyclePlan plan{
        count, 2500, 0.3, 150, leak * kMega / kOpsPerMinute, 0.3 * kMega};
    for (const CycleShape& shape : published_cycles()) {
      run_cycle_shape(shape, plan, runs, options,
                      leak > 0 ? fmt::format("{}", leak) : "-", draw, score);
    }
  }
  return print_cycle_score(score, count >= 12);
}

bool run_short(size_t count, double noise, int runs, uint64_t seed) {
  Draw draw(seed);
  CycleScore score;
  print_header(fmt::format("Short cycles, K = {}, 14 s and 30,000 ops each, "
                           "noise {} MB, {} runs, leak in B/op",
                           count, noise, runs)
                   .c_str());
  CyclePlan plan{count, 30'000, 0.15, 14, 0, noise * kMega};
  for (const CycleShape& shape : short_cycles().benign) {
    run_cycle_shape(shape, plan, runs, {}, "-", draw, score);
  }
  for (const double leak : {64.0, 150.0, 400.0}) {
    plan.leak = leak;
    for (const CycleShape& shape : short_cycles().leaking) {
      run_cycle_shape(shape, plan, runs, {}, fmt::format("{}", leak), draw,
                      score);
    }
  }
  return print_cycle_score(score, true);
}

bool run_handles(size_t count, int runs, uint64_t seed) {
  Draw draw(seed);
  CycleScore score;
  print_header(
      fmt::format("Handles, K = {}, {} runs, leak per cycle", count, runs)
          .c_str());
  CyclePlan plan{count, 30'000, 0.15, 14};
  for (const CycleShape& shape : handle_cycles().benign) {
    run_cycle_shape(shape, plan, runs, {}, "-", draw, score);
  }
  for (const double per_cycle : {0.5, 1.0, 3.0}) {
    plan.leak = per_cycle / plan.load_ops;
    for (const CycleShape& shape : handle_cycles().leaking) {
      run_cycle_shape(shape, plan, runs, {}, fmt::format("{}", per_cycle), draw,
                      score);
    }
  }
  return print_cycle_score(score, true);
}

bool run_all(const Plan& plan) {
  for (const size_t seconds : {1800u, 7200u}) {
    run_phases("First set", first_set(), seconds, plan.phase_runs, plan.seed);
    run_phases("Second set", second_set(), seconds, plan.phase_runs,
               plan.seed + 1);
  }
  bool held = true;
  for (const size_t count : {8u, 12u, 20u}) {
    held &= run_published(count, plan.cycle_runs, plan.seed + 2);
  }
  for (const double noise : {0.1, 0.5, 2.0}) {
    held &= run_short(14, noise, plan.cycle_runs, plan.seed + 3);
  }
  held &= run_handles(14, plan.cycle_runs, plan.seed + 4);
  return held;
}

}  // namespace
}  // namespace tidemark::accuracy

int main(int argc, char** argv) {
  using namespace tidemark::accuracy;
  Plan plan{300, 2000, kJudgingSeed};
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--quick") == 0) {
      plan.phase_runs = 40;
      plan.cycle_runs = 400;
    } else if (std::strcmp(argv[i], "--tuning") == 0) {
      plan.seed = kTuningSeed;
    } else {
      fmt::print(stderr, "usage: accuracy [--quick] [--tuning]\n");
      return 64;
    }
  }
  fmt::print("Seed {} ({})\n", plan.seed,
             plan.seed == kTuningSeed ? "tuning" : "judging");
  return run_all(plan) ? 0 : 1;
}
