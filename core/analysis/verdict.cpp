#include "core/analysis/verdict.h"

#include <algorithm>
#include <cmath>

#include "core/analysis/evidence.h"
#include "core/analysis/floors.h"
#include "core/analysis/judgement.h"

namespace tidemark {
namespace {

using Point = Finding::Point;
using Points = std::vector<Point>;

constexpr double kLeastCoverage = 0.95;
constexpr size_t kUnmarkedWarmUpCycles = 2;
constexpr double kForever = 1e9;  // seconds

// Readings are 64-bit counts at times of one boot; anything else (NaN too) is
// foreign, and would only overflow below.
bool plausible(const Points& points) {
  constexpr double kMost = 1e19;
  return std::ranges::all_of(points, [](const Point& p) {
    return std::fabs(p.seconds) < 1e10 && std::fabs(p.ops) < kMost &&
           std::fabs(p.value) < kMost;
  });
}

bool in_order(const Points& points) {
  return std::ranges::is_sorted(points, {}, &Point::seconds);
}

// Why these readings cannot be judged; empty when they can.
std::string obstacle(const CurveInput& input) {
  if (!input.unusable.empty()) return input.unusable;
  if (!plausible(input.retained) || !plausible(input.samples)) {
    return "a reading is not a number";
  }
  if (!in_order(input.retained) || !in_order(input.samples)) {
    return "its readings are out of order";
  }
  return "";
}

void judge_cycles(Finding& finding, const CurveInput& input,
                  const VerdictOptions& options) {
  const size_t warm_up = input.warmup_marked ? 0 : kUnmarkedWarmUpCycles;
  const auto first =
      input.retained.begin() + static_cast<std::ptrdiff_t>(warm_up);
  const Points dropped(input.retained.begin(), first);
  finding.points.assign(first, input.retained.end());
  finding.cycles = static_cast<int64_t>(finding.points.size());
  const auto evidence = gather_evidence(input, options, finding.points);
  if (!evidence) {
    return set_inconclusive(finding, "its readings have no distance in time");
  }
  fill_estimates(finding, *evidence);
  const double seconds_per_cycle =
      evidence->seconds / static_cast<double>(finding.points.size() - 1);
  Judgement(finding, *evidence, dropped).decide_cycles(seconds_per_cycle);
}

// How much longer one phase must last for the fewest floors.
double missing_seconds(const Floors& floors, bool warmup_marked) {
  const double least = kBinSeconds * kBinsPerBlock * kLeastFloors;
  const double missing = std::max(least - floors.seconds, kBinSeconds);
  return warmup_marked ? missing : missing * 1.5;  // a third is dropped
}

void judge_phase(Finding& finding, const CurveInput& input,
                 const VerdictOptions& options) {
  Floors floors = reduce_to_floors(input.samples, input.warmup_marked);
  finding.points = std::move(floors.points);
  const auto evidence = gather_evidence(input, options, finding.points);
  if (evidence) fill_estimates(finding, *evidence);
  if (finding.points.size() < kLeastFloors || !evidence) {
    return set_inconclusive(finding,
                            "too short: " + how_long(floors.seconds) +
                                " of steady load and " +
                                count_of(input.retained.size(), "cycle"),
                            missing_seconds(floors, input.warmup_marked));
  }
  Judgement(finding, *evidence, floors.dropped).decide_phase();
}

}  // namespace

Finding judge(const CurveInput& input, const VerdictOptions& options) {
  Finding finding;
  finding.resource = input.resource;
  finding.op_name = input.op_name;
  if (std::string why = obstacle(input); !why.empty()) {
    set_inconclusive(finding, std::move(why));
    return finding;
  }
  const size_t warm_up = input.warmup_marked ? 0 : kUnmarkedWarmUpCycles;
  if (input.retained.size() >= warm_up + kLeastReadings) {
    judge_cycles(finding, input, options);
  } else {
    judge_phase(finding, input, options);
  }
  if (!(input.coverage >= kLeastCoverage) &&
      finding.verdict != Verdict::inconclusive) {
    finding.confirmed_by = Confirmation::none;
    finding.plateau.reset();
    set_inconclusive(finding, "only " + percent(input.coverage) +
                                  " of the readings were taken; " +
                                  percent(kLeastCoverage) + " are needed");
  }
  finding.needed_seconds = std::min(finding.needed_seconds, kForever);
  std::vector<Finding> alone{std::move(finding)};
  classify(alone);
  return std::move(alone.front());
}

}  // namespace tidemark
