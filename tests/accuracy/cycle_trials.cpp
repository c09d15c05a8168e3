#include <fmt/format.h>

#include <cmath>
#include <span>

#include "tests/accuracy/shape_parts.h"
#include "tests/accuracy/trials.h"

namespace tidemark::accuracy {
namespace {

constexpr double kDelta = 0.1;  // MB/min
constexpr double kOpsPerMinute = 1000;

// Retained readings over minutes, as others would look at them.
PeerSeries peer_series(const CurveInput& input, bool pieces) {
  PeerSeries series;
  for (const Finding::Point& point : input.retained) {
    series.x.push_back(point.seconds / 60);
    series.y.push_back(pieces ? point.value : point.value / kMega);
  }
  return series;
}

bool is_called(Verdict verdict) {
  return verdict == Verdict::leak || verdict == Verdict::suspect;
}

double cycles_to_verdict(const CurveInput& input,
                         const VerdictOptions& options) {
  double since = INFINITY;
  CurveInput part = input;
  for (size_t count = 8; count <= input.retained.size(); ++count) {
    part.retained.assign(
        input.retained.begin(),
        input.retained.begin() + static_cast<std::ptrdiff_t>(count));
    const bool called = is_called(judge(part, options).verdict);
    if (!called) since = INFINITY;
    if (called && std::isinf(since)) since = static_cast<double>(count);
  }
  return since;
}

struct CycleTrial {
  CyclePlan cycles;
  VerdictOptions options;
  std::string leak = "-";
};

Cell run_cell(const CycleShape& shape, const CycleTrial& trial,
              const TrialPlan& plan, Draw& draw) {
  const bool pieces = (shape.sets & kHandles) != 0;
  Cell cell;
  cell.shape = shape.name;
  cell.leak = trial.leak;
  cell.leaking = trial.cycles.leak > 0;
  for (int run = 0; run < plan.runs; ++run) {
    const CurveInput input = make_cycles(shape, trial.cycles, draw);
    PeerCalls calls =
        ask_peers(peer_series(input, pieces), pieces ? 0 : kDelta);
    if (pieces) calls[0] = false;  // a rule of memory
    for (size_t i = 0; i < kPeers; ++i) cell.peers[i].add(calls[i]);
    const Finding finding = judge(input, trial.options);
    cell.ours.add(finding.verdict);
    if (!cell.leaking) continue;
    const double least = finding.min_detectable_per_op.value_or(0);
    cell.visibility.push_back(least > 0 ? trial.cycles.leak / least : INFINITY);
    if (run % plan.time_every == 0) {
      cell.times.push_back(cycles_to_verdict(input, trial.options));
    }
  }
  return cell;
}

void run_set(CycleSet set, CycleTrial trial, std::span<const double> leaks,
             double per_op, const TrialPlan& plan, Scoreboard& board) {
  Draw draw(plan.seed + 16 + static_cast<uint64_t>(set));
  for (const CycleShape& shape : cycle_shapes(set)) {
    if (shape.truth == Truth::leaking) continue;
    board.add(run_cell(shape, trial, plan, draw));
  }
  for (const double leak : leaks) {
    trial.cycles.leak = leak * per_op;
    trial.leak = fmt::format("{}", leak);
    for (const CycleShape& shape : cycle_shapes(set)) {
      if (shape.truth == Truth::benign) continue;
      board.add(run_cell(shape, trial, plan, draw));
    }
  }
  board.end();
}

}  // namespace

void run_published(size_t count, const TrialPlan& plan, Scoreboard& board) {
  board.begin(fmt::format("{} cycles of 2.5 min, leak in MB/min", count),
              "cycles");
  CycleTrial trial{{count, 2500, 0.3, 150, 0, 0.3 * kMega}, {}, "-"};
  trial.options.delta_per_op = kDelta * kMega / kOpsPerMinute;
  const double leaks[] = {0.3, 1, 5};
  run_set(kPublished, trial, leaks, kMega / kOpsPerMinute, plan, board);
}

void run_brief(size_t count, double noise, const TrialPlan& plan,
               Scoreboard& board) {
  board.begin(fmt::format("{} cycles of 14 s, 30,000 ops each, noise {} MB, "
                          "leak in B/op",
                          count, noise),
              "cycles");
  const CycleTrial trial{{count, 30'000, 0.15, 14, 0, noise * kMega}, {}, "-"};
  const double leaks[] = {64, 150, 400};
  run_set(kBrief, trial, leaks, 1, plan, board);
}

void run_handles(size_t count, const TrialPlan& plan, Scoreboard& board) {
  board.begin(fmt::format("Handles, {} cycles, leak per cycle", count),
              "cycles");
  const CycleTrial trial{{count, 30'000, 0.15, 14, 0, 0}, {}, "-"};
  const double leaks[] = {0.5, 1, 3};
  run_set(kHandles, trial, leaks, 1 / 30'000.0, plan, board);
}

}  // namespace tidemark::accuracy
