#include "report/highlights.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/analysis/finding_signs.h"
#include "core/base/text.h"
#include "report/phase_groups.h"
#include "report/sentences.h"
#include "report/site_words.h"
#include "report/wording.h"

namespace tidemark {
namespace {

// The path in which the most work was done, and its busiest op.
struct Work {
  const PhaseGroup* group = nullptr;
  std::string op;
  int64_t count = 0;
};

Work most_work(const std::vector<PhaseGroup>& groups) {
  Work work;
  for (const PhaseGroup& group : groups) {
    for (const auto& [name, count] : group.ops) {
      if (count > work.count) work = {&group, name, count};
    }
  }
  return work;
}

const RoleUse* role_in(const PhaseGroup* group, const std::string& role) {
  if (group == nullptr || group->roles.empty()) return nullptr;
  const auto found = std::ranges::find(group->roles, role, &RoleUse::role);
  return found == group->roles.end() ? &group->roles.front() : &*found;
}

void add_growth(std::vector<Highlight>& all, const ReportData& data) {
  const Finding* worst = culprit(data);
  if (worst == nullptr) return;
  const bool bytes = is_bytes(worst->resource);
  const std::string& role = data.process(worst->subject).role;
  const Estimate& slope =
      worst->slope_per_op ? *worst->slope_per_op : worst->slope_per_minute;
  const std::string per =
      worst->slope_per_op ? "per " + worst->op_name : "per minute";
  all.push_back({"Growth " + per, format_estimate(slope, bytes),
                 resource_noun(worst->resource) + " of " + role});
  const double seconds = seconds_to_limit(data, *worst);
  if (seconds > 0) {
    all.push_back(
        {"Memory lasts", seconds_text(seconds),
         "at this load, until the host's " +
             format_bytes(static_cast<double>(data.info.memory_bytes)) +
             " are used"});
  }
}

void add_cost(std::vector<Highlight>& all, const ReportData& data,
              const Work& work) {
  const Finding* worst = culprit(data);
  const std::string role =
      worst == nullptr ? "" : data.process(worst->subject).role;
  const RoleUse* use = role_in(work.group, role);
  if (use == nullptr) return;
  const std::string where = use->role + ", in " + work.group->path;
  if (use->ops > 0) {
    all.push_back({"CPU per " + work.op,
                   seconds_text(use->cpu_seconds / use->ops), where});
  } else {
    all.push_back({"CPU", ratio_text(use->cpu_ratio()) + " of a core", where});
  }
  if (use->rss_known) {
    all.push_back({"Most memory", format_bytes(use->rss_peak_bytes), where});
  }
}

void add_latency(std::vector<Highlight>& all, const Work& work) {
  if (work.group == nullptr || work.group->spans.empty()) return;
  const auto slowest =
      std::ranges::max_element(work.group->spans, {}, &SpanStats::p95_ns);
  int64_t errors = 0;
  for (const SpanStats& span : work.group->spans) errors += span.errors;
  all.push_back({"Slowest span, p95", nanoseconds_text(slowest->p95_ns),
                 slowest->name + ", in " + work.group->path});
  if (errors > 0) {
    all.push_back({"Errors", format_count(static_cast<double>(errors)),
                   "of spans, in " + work.group->path});
  }
}

}  // namespace

const Finding* culprit(const ReportData& data) {
  for (const Finding& finding : data.summary.findings) {
    const bool grew = rises(finding) ||
                      finding.verdict == Verdict::saturating ||
                      finding.verdict == Verdict::step;
    if (grew && !told_by_heap(data, finding)) return &finding;
  }
  return nullptr;
}

double seconds_to_limit(const ReportData& data, const Finding& finding) {
  constexpr double kTenYears = 10 * 365.25 * 86'400;
  const double slope = finding.slope_per_minute.value / 60;
  if (!rises(finding) || !is_bytes(finding.resource) || slope <= 0) return 0;
  const double used = finding.points.empty() ? 0 : finding.points.back().value;
  const double room = static_cast<double>(data.info.memory_bytes) - used;
  const double seconds = room / slope;
  return seconds > 0 && seconds < kTenYears ? seconds : 0;
}

std::vector<Highlight> highlights(const ReportData& data) {
  const std::vector<PhaseGroup> groups = group_phases(data);
  const Work work = most_work(groups);
  std::vector<Highlight> all;
  const size_t phases = data.summary.phases.size();
  all.push_back(
      {"Ran", seconds_text(data.seconds()),
       fmt::format("{} {}", phases, phases == 1 ? "phase" : "phases")});
  if (work.group != nullptr) {
    const auto count = static_cast<double>(work.count);
    all.push_back(
        {"Work", format_count(count) + " " + work.op,
         fmt::format("{}/s in {}",
                     format_count(std::round(
                         count / std::max(work.group->seconds, 1e-9))),
                     work.group->path)});
  }
  add_growth(all, data);
  Work where = work;
  if (where.group == nullptr && !groups.empty()) where.group = &groups.front();
  add_cost(all, data, where);
  add_latency(all, where);
  all.push_back(
      {"Data",
       fmt::format("{:.1f} %",
                   std::floor(data.summary.quality.coverage * 1000) / 10),
       data.summary.quality.dropped.empty()
           ? "of the ticks, nothing lost"
           : "of the ticks; losses, see below"});
  if (all.size() > 8) all.erase(all.begin() + 7, all.end() - 1);
  return all;
}

}  // namespace tidemark
