#include "report/suggestions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/analysis/finding_signs.h"
#include "core/base/text.h"
#include "report/highlights.h"
#include "report/load_levels.h"
#include "report/phase_groups.h"
#include "report/sentences.h"
#include "report/wording.h"

namespace tidemark {
namespace {

constexpr double kLatencyRoom = 1.5;
constexpr double kThroughputRoom = 0.8;
constexpr double kLevelRoom = 1.25;
constexpr double kErrorRatio = 0.01;  // promised when none was seen
constexpr size_t kMostRoles = 6;
constexpr size_t kMostSentences = 12;
constexpr int64_t kEnoughCalls = 100;  // five beyond the 95th percentile

bool is_loaded(PhaseKind kind) {
  return kind == PhaseKind::load || kind == PhaseKind::steady ||
         kind == PhaseKind::custom;
}

std::string percent(double ratio) {
  return fmt::format("{:.2g} %", ratio * 100);
}

void add_span(std::vector<Suggestion>& all, const PhaseGroup& group,
              const SpanStats& span) {
  if (span.count < kEnoughCalls) return;
  const auto calls = static_cast<double>(span.count);
  const std::string where = span.name + " in " + group.path;
  all.push_back({"p95 of " + where, nanoseconds_text(span.p95_ns),
                 "< " + nanoseconds_text(span.p95_ns * kLatencyRoom),
                 fmt::format("{} times what {} calls took", kLatencyRoom,
                             format_count(calls))});
  if (span.errors == 0) return;
  const double ratio = static_cast<double>(span.errors) / calls;
  all.push_back({"errors of " + where, percent(ratio),
                 "< " + percent(std::max(ratio * 2, kErrorRatio)),
                 "twice what was seen, 1 % at least"});
}

void add_role(std::vector<Suggestion>& all, const PhaseGroup& group,
              const RoleUse& use) {
  const std::string where = use.role + " in " + group.path;
  const std::string room = fmt::format("{} times the most seen", kLevelRoom);
  if (use.rss_known) {
    all.push_back({"memory of " + where, format_bytes(use.rss_peak_bytes),
                   "> " + format_bytes(use.rss_peak_bytes * kLevelRoom), room});
  }
  if (use.fds_known) {
    all.push_back({"descriptors of " + where, format_count(use.fds_last),
                   "> " + format_count(std::ceil(use.fds_last * kLevelRoom)),
                   "1.25 times the last seen"});
  }
  all.push_back({"CPU of " + where, ratio_text(use.cpu_ratio()) + " of a core",
                 "> " + ratio_text(use.cpu_ratio() * kLevelRoom),
                 fmt::format("{} times the mean", kLevelRoom)});
}

// A role that did next to nothing promises nothing.
bool is_worth_an_alert(const RoleUse& use) { return use.cpu_ratio() >= 0.01; }

}  // namespace

std::vector<Suggestion> service_levels(const ReportData& data) {
  std::vector<Suggestion> all;
  for (const PhaseGroup& group : group_phases(data)) {
    if (!is_loaded(group.kind)) continue;
    for (const auto& [name, count] : group.ops) {
      if (group.seconds <= 0) continue;
      const double rate = static_cast<double>(count) / group.seconds;
      all.push_back({name + " per second in " + group.path,
                     format_count(std::round(rate)),
                     "> " + format_count(std::round(rate * kThroughputRoom)),
                     fmt::format("{} times the mean", kThroughputRoom)});
    }
    for (const SpanStats& span : group.spans) add_span(all, group, span);
  }
  return all;
}

std::vector<Suggestion> alerts(const ReportData& data) {
  std::vector<Suggestion> all;
  for (const Finding& f : data.summary.findings) {
    if (!rises(f)) continue;
    const bool bytes = is_bytes(f.resource);
    all.push_back({"growth of " + resource_noun(f.resource) + " of " +
                       data.process(f.subject).role,
                   format_estimate(f.slope_per_minute, bytes) + " per minute",
                   bytes ? "> " + format_bytes(f.min_detectable_per_minute) +
                               " per minute"
                         : "> 0 per minute",
                   "the smallest growth that this run could see"});
  }
  for (const PhaseGroup& group : group_phases(data)) {
    if (!is_loaded(group.kind)) continue;
    size_t shown = 0;
    for (const RoleUse& use : group.roles) {
      if (!is_worth_an_alert(use) || shown++ == kMostRoles) continue;
      add_role(all, group, use);
    }
  }
  return all;
}

std::vector<std::string> capacity(const ReportData& data) {
  std::vector<std::string> all;
  for (const PhaseGroup& group : group_phases(data)) {
    if (!is_loaded(group.kind)) continue;
    for (const RoleUse& use : group.roles) {
      if (all.size() == kMostSentences) break;
      if (use.ops <= 0 || !is_worth_an_alert(use)) continue;
      const double per_op = use.cpu_seconds / use.ops;
      all.push_back(fmt::format(
          "{} in {}: {} of CPU per operation, so one core carries about {} "
          "operations per second, if the cost stays the same under more load.",
          use.role, group.path, seconds_text(per_op),
          format_count(std::round(1 / per_op))));
    }
  }
  const LoadLevels levels = load_levels(data);
  if (!levels.scaling_sentence.empty()) all.push_back(levels.scaling_sentence);
  const Finding* worst = culprit(data);
  const double lasts = worst == nullptr ? 0 : seconds_to_limit(data, *worst);
  if (lasts > 0) {
    all.push_back(
        fmt::format("Memory: at this load {} uses up the host's {} in {}.",
                    data.process(worst->subject).role,
                    format_bytes(static_cast<double>(data.info.memory_bytes)),
                    seconds_text(lasts)));
  }
  return all;
}

}  // namespace tidemark
