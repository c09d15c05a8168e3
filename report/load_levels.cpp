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

// "spike/level-20", "users_20#2": a number behind a word for concurrency.
double users_of(const std::string& path) {
  static constexpr std::string_view kWords[] = {
      "level", "users", "clients", "concurrency", "connections", "threads"};
  std::string_view name = path;
  name.remove_prefix(name.rfind('/') + 1);
  name = name.substr(0, name.find('#'));
  for (const std::string_view word : kWords) {
    if (!name.starts_with(word)) continue;
    std::string_view rest = name.substr(word.size());
    const bool is_split =
        rest.starts_with('-') || rest.starts_with('_') || rest.starts_with('=');
    if (is_split) rest.remove_prefix(1);
    const auto users = parse_int(rest);
    if (users && *users > 0) return static_cast<double>(*users);
  }
  return 0;
}

// The cycles of one level are one point: their median would hide a trend.
std::vector<LoadPoint> points_by_users(const std::vector<LoadLevel>& levels) {
  std::map<double, std::pair<double, double>> sums;
  for (const LoadLevel& level : levels) {
    if (!(level.users > 0) || !(level.per_second > 0)) continue;
    auto& [sum, n] = sums[level.users];
    sum += level.per_second;
    ++n;
  }
  std::vector<LoadPoint> points;
  for (const auto& [users, sum] : sums) {
    points.push_back({users, sum.first / sum.second});
  }
  return points;
}

std::string scaling_sentence(const LoadLevels& levels,
                             const std::vector<LoadPoint>& points) {
  const Scaling& law = *levels.scaling;
  const auto rate = [&](double per_second) {
    return format_count(std::round(per_second)) + "/s";
  };
  std::string text = fmt::format(
      "From {:g} to {:g} users {} follows the universal scalability law within "
      "{:.0f} %: {} for one user, {:.2g} % of the work in turn, {:.2g} % "
      "slower "
      "by each other user",
      points.front().users, points.back().users, levels.op,
      std::ceil(law.worst_error * 100), rate(law.lambda), law.sigma * 100,
      law.kappa * 100);
  if (law.peak_is_near) {
    text += fmt::format("; it is greatest, {}, near {:.0f} users",
                        rate(law.peak_per_second), *law.peak_users);
  } else if (law.peak_per_second > 0) {
    text += fmt::format("; it stays below {}", rate(law.peak_per_second));
  }
  text += ".";
  if (levels.knee_users) {
    text += fmt::format(
        " Beyond {:g} users each brings less than a fifth of its share.",
        *levels.knee_users);
  }
  return text;
}

void fit_users(LoadLevels& levels) {
  const std::vector<LoadPoint> points = points_by_users(levels.points);
  levels.scaling = fit_scaling(points);
  if (!levels.scaling) return;
  if (const auto knee = throughput_knee(points)) {
    levels.knee_users = points[*knee].users;
  }
  levels.scaling_sentence = scaling_sentence(levels, points);
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
    levels.points.push_back({group.path, use->ops / group.seconds,
                             users_of(group.path), use->cpu_ratio(),
                             use->rss_known ? use->rss_peak_bytes : 0,
                             slowest_p95(group)});
    const auto most = std::ranges::max_element(
        group.ops, {}, &std::pair<const std::string, int64_t>::second);
    if (levels.op.empty() && most != group.ops.end()) levels.op = most->first;
  }
  fit_users(levels);
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
