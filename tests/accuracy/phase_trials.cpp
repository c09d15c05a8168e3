#include <fmt/format.h>

#include <cmath>
#include <span>

#include "tests/accuracy/shape_parts.h"
#include "tests/accuracy/trials.h"

namespace tidemark::accuracy {
namespace {

constexpr double kLeakRates[] = {0.3, 1, 5};  // MB/min
constexpr double kDelta = 0.1;                // MB/min
constexpr int kMinutes[] = {5, 10, 15, 20, 30, 45, 60, 90, 120};

VerdictOptions options() {
  VerdictOptions options;
  options.delta_per_minute = kDelta * kMega;
  return options;
}

CurveInput phase_input(std::span<const double> megabytes) {
  CurveInput input;
  input.instrument_floor = 4096;
  double seconds = 0;
  for (const double value : megabytes) {
    input.samples.push_back({seconds++, 0, value * kMega});
  }
  return input;
}

bool is_called(Verdict verdict) {
  return verdict == Verdict::leak || verdict == Verdict::suspect;
}

// The end of the first part of the run from which on each longer one is
// called a leak.
double minutes_to_verdict(const Values& y) {
  double since = INFINITY;
  for (const int minutes : kMinutes) {
    const auto seconds = static_cast<size_t>(minutes) * 60;
    if (seconds > y.size()) break;
    const auto input = phase_input(std::span(y).first(seconds));
    const bool called = is_called(judge(input, options()).verdict);
    if (!called) since = INFINITY;
    if (called && std::isinf(since)) since = minutes;
  }
  return since;
}

Cell run_cell(const PhaseShape& shape, double leak, size_t seconds,
              const TrialPlan& plan, Draw& draw) {
  Cell cell;
  cell.shape = shape.name;
  cell.leak = leak > 0 ? fmt::format("{}", leak) : "-";
  cell.leaking = leak > 0;
  for (int run = 0; run < plan.runs; ++run) {
    const Values y = make_phase(shape, leak, seconds, draw);
    if (run % plan.peer_every == 0) {
      const PeerCalls calls = ask_peers(reduce_seconds(y), kDelta);
      for (size_t i = 0; i < kPeers; ++i) cell.peers[i].add(calls[i]);
    }
    const Finding finding = judge(phase_input(y), options());
    cell.ours.add(finding.verdict);
    if (!cell.leaking) continue;
    const double least = finding.min_detectable_per_minute;
    cell.visibility.push_back(least > 0 ? leak * kMega / least : INFINITY);
    if (run % plan.time_every == 0) {
      cell.times.push_back(minutes_to_verdict(y));
    }
  }
  return cell;
}

}  // namespace

void run_phases(const char* title, PhaseSet set, size_t seconds,
                const TrialPlan& plan, Scoreboard& board) {
  Draw draw(plan.seed + static_cast<uint64_t>(set));
  board.begin(fmt::format("One phase, {}, {} min", title, seconds / 60), "min");
  for (const PhaseShape& shape : phase_shapes(set)) {
    if (shape.truth == Truth::leaking) continue;
    board.add(run_cell(shape, 0, seconds, plan, draw));
  }
  for (const double leak : kLeakRates) {
    for (const PhaseShape& shape : phase_shapes(set)) {
      if (shape.truth == Truth::benign) continue;
      board.add(run_cell(shape, leak, seconds, plan, draw));
    }
  }
  board.end();
}

}  // namespace tidemark::accuracy
