#include "report/phase_groups.h"

#include <algorithm>

namespace tidemark {
namespace {

double seconds_of(const Phase& phase, BootTime end) {
  return to_seconds(phase.end_in(end) - phase.begin);
}

// How many ops a process's per-op costs were divided by.
double ops_behind(const SubjectUse& use) {
  const auto found = use.per_op.find("cpu_seconds");
  if (found == use.per_op.end() || found->second <= 0) return 0;
  return use.cpu_seconds / found->second;
}

// What adds up over processes and over phases alike.
template <typename Use>
void add_totals(RoleUse& sum, const Use& one) {
  sum.cpu_seconds += one.cpu_seconds;
  sum.io_read_bytes += one.io_read_bytes;
  sum.io_write_bytes += one.io_write_bytes;
  sum.minor_faults += one.minor_faults;
  sum.major_faults += one.major_faults;
  sum.run_delay_seconds += one.run_delay_seconds;
}

void add_process(RoleUse& role, const SubjectUse& use) {
  role.processes.insert(use.subject);
  add_totals(role, use);
  // The axis of one role is one: its processes share the run's ops, or each
  // counts its own; the largest is right for both when one process works.
  role.ops = std::max(role.ops, ops_behind(use));
  if (use.rss_anon_bytes.n > 0) {
    role.rss_known = true;
    role.rss_peak_bytes += use.rss_anon_bytes.max;
    role.rss_growth_bytes += use.rss_anon_bytes.last - use.rss_anon_bytes.first;
  }
  if (use.fds.n > 0) {
    role.fds_known = true;
    role.fds_last += use.fds.last;
  }
  if (use.threads.n > 0) {
    role.threads_known = true;
    role.threads_last += use.threads.last;
  }
}

// Adds what a role used in one more phase.
void add_role(RoleUse& sum, const RoleUse& one) {
  sum.processes.insert(one.processes.begin(), one.processes.end());
  add_totals(sum, one);
  sum.seconds += one.seconds;
  sum.rss_peak_bytes = std::max(sum.rss_peak_bytes, one.rss_peak_bytes);
  sum.rss_growth_bytes += one.rss_growth_bytes;
  if (one.fds_known) sum.fds_last = one.fds_last;
  if (one.threads_known) sum.threads_last = one.threads_last;
  sum.rss_known |= one.rss_known;
  sum.fds_known |= one.fds_known;
  sum.threads_known |= one.threads_known;
  sum.ops += one.ops;
}

void add_phase(PhaseGroup& group, const PhaseUse& use, const ReportData& data) {
  const double seconds = seconds_of(use.phase, data.summary.end);
  ++group.cycles;
  if (use.phase.status == PhaseStatus::aborted) ++group.aborted;
  group.seconds += seconds;
  for (const auto& [name, count] : use.ops) group.ops[name] += count;
  std::map<std::string, RoleUse> roles;
  for (const SubjectUse& subject : use.subjects) {
    add_process(roles[data.process(subject.subject).role], subject);
  }
  for (auto& [name, role] : roles) {
    role.seconds = seconds;
    const auto same = std::ranges::find(group.roles, name, &RoleUse::role);
    RoleUse& sum =
        same != group.roles.end() ? *same : group.roles.emplace_back(name);
    add_role(sum, role);
  }
}

void sort_roles(PhaseGroup& group) {
  std::ranges::stable_sort(group.roles, std::ranges::greater(),
                           &RoleUse::cpu_seconds);
}

}  // namespace

std::vector<PhaseGroup> group_phases(const ReportData& data) {
  const RunSummary& summary = data.summary;
  std::vector<PhaseGroup> groups;
  std::map<std::string, size_t> places;
  for (const PhaseUse& use : summary.phases) {
    const auto [place, is_new] =
        places.try_emplace(use.phase.path, groups.size());
    if (is_new) {
      PhaseGroup group;
      group.path = use.phase.path;
      group.kind = use.phase.kind;
      const auto spans = summary.path_spans.find(group.path);
      if (spans != summary.path_spans.end()) group.spans = spans->second;
      groups.push_back(std::move(group));
    }
    add_phase(groups[place->second], use, data);
  }
  std::ranges::for_each(groups, sort_roles);
  return groups;
}

std::vector<PhaseGroup> each_phase(const ReportData& data) {
  const RunSummary& summary = data.summary;
  std::map<std::string, int> cycles;
  for (const PhaseUse& use : summary.phases) ++cycles[use.phase.path];
  std::vector<PhaseGroup> groups;
  for (const PhaseUse& use : summary.phases) {
    PhaseGroup group;
    group.path = use.phase.label(cycles[use.phase.path] > 1);
    group.kind = use.phase.kind;
    group.spans = use.spans;
    add_phase(group, use, data);
    sort_roles(group);
    groups.push_back(std::move(group));
  }
  return groups;
}

}  // namespace tidemark
