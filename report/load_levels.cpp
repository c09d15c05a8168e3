#include "report/load_levels.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/text.h"
#include "report/phase_groups.h"
#include "report/wording.h"

namespace tidemark {
namespace {

constexpr double kLeastSpread = 1.2;
constexpr double kCostKnee = 1.25, kLatencyKnee = 2;
constexpr size_t kMostPoints = 60;

bool is_loaded(PhaseKind kind) {
  return kind == PhaseKind::load || kind == PhaseKind::steady ||
         kind == PhaseKind::ramp || kind == PhaseKind::custom;
}

double slowest_p95(const PhaseGroup& group) {
  double most = 0;
  for (const SpanStats& span : group.spans) {
    most = std::max(most, span.p95_ns);
  }
  return most;
}

// The role with the most CPU of those that count operations.
std::string busiest(const std::vector<PhaseGroup>& groups) {
  std::map<std::string, double> cpu;
  for (const PhaseGroup& group : groups) {
    if (!is_loaded(group.kind)) continue;
    for (const RoleUse& use : group.roles) {
      if (use.ops > 0) cpu[use.role] += use.cpu_seconds;
    }
  }
  const auto most = std::ranges::max_element(
      cpu, {}, &std::pair<const std::string, double>::second);
  return most == cpu.end() ? "" : most->first;
}

double cost(const LoadLevel& level) {
  return level.cpu_ratio / level.per_second;
}

void find_knee(LoadLevels& levels) {
  const LoadLevel& least = levels.points.front();
  for (size_t i = 1; i < levels.points.size(); ++i) {
    const LoadLevel& level = levels.points[i];
    const bool is_slower =
        least.p95_ns > 0 && level.p95_ns > kLatencyKnee * least.p95_ns;
    if (cost(level) > kCostKnee * cost(least) || is_slower) {
      levels.knee = i;
      return;
    }
  }
}

std::string sentence_of(const LoadLevels& levels) {
  const LoadLevel& least = levels.points.front();
  const LoadLevel& most = levels.points.back();
  const auto rate = [](const LoadLevel& level) {
    return format_count(std::round(level.per_second)) + "/s";
  };
  std::string text = fmt::format(
      "{} was seen under {} to {} {}: an operation took {} of CPU at the "
      "least load and {} at the most.",
      levels.role, rate(least), rate(most), levels.op,
      seconds_text(cost(least)), seconds_text(cost(most)));
  if (levels.knee) {
    text += fmt::format(
        " From {} on it costs a quarter more or lasts twice as long: the knee.",
        rate(levels.points[*levels.knee]));
  } else {
    text += " No knee up to there.";
  }
  return text;
}

}  // namespace

LoadLevels load_levels(const ReportData& data) {
  const std::vector<PhaseGroup> groups = each_phase(data);
  LoadLevels levels;
  levels.role = busiest(groups);
  for (const PhaseGroup& group : groups) {
    if (!is_loaded(group.kind) || group.seconds <= 0) continue;
    const auto use =
        std::ranges::find(group.roles, levels.role, &RoleUse::role);
    if (use == group.roles.end() || !(use->ops > 0)) continue;
    levels.points.push_back(
        {group.path, use->ops / group.seconds, use->cpu_ratio(),
         use->rss_known ? use->rss_peak_bytes : 0, slowest_p95(group)});
    const auto most = std::ranges::max_element(
        group.ops, {}, &std::pair<const std::string, int64_t>::second);
    if (levels.op.empty() && most != group.ops.end()) levels.op = most->first;
  }
  std::ranges::stable_sort(levels.points, {}, &LoadLevel::per_second);
  if (levels.points.size() < 2 ||
      levels.points.back().per_second <
          kLeastSpread * levels.points.front().per_second) {
    levels.points.clear();
    return levels;
  }
  if (levels.points.size() > kMostPoints) {
    // Each n-th, the last one too.
    std::vector<LoadLevel> kept;
    const size_t n = levels.points.size();
    for (size_t i = 0; i < kMostPoints; ++i) {
      kept.push_back(levels.points[i * (n - 1) / (kMostPoints - 1)]);
    }
    levels.points = std::move(kept);
  }
  find_knee(levels);
  levels.sentence = sentence_of(levels);
  return levels;
}

}  // namespace tidemark
