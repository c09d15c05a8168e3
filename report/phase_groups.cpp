#include "report/phase_groups.h"

#include <algorithm>

namespace tidemark {
namespace {

double seconds_of(const Phase& phase, BootTime end) {
  const bool is_open = phase.status == PhaseStatus::open;
  return to_seconds((is_open ? end : phase.end) - phase.begin);
}

// How many ops a process's per-op costs were divided by.
double ops_behind(const SubjectUse& use) {
  const auto found = use.per_op.find("cpu_seconds");
  if (found == use.per_op.end() || found->second <= 0) return 0;
  return use.cpu_seconds / found->second;
}

void add_use(GroupUse& group, const SubjectUse& use, double seconds) {
  group.cpu_seconds += use.cpu_seconds;
  group.seconds += seconds;
  group.io_read_bytes += use.io_read_bytes;
  group.io_write_bytes += use.io_write_bytes;
  group.ops += ops_behind(use);
  if (use.rss_anon_bytes.n > 0) {
    group.rss_known = true;
    group.rss_peak_bytes =
        std::max(group.rss_peak_bytes, use.rss_anon_bytes.max);
    group.rss_growth_bytes +=
        use.rss_anon_bytes.last - use.rss_anon_bytes.first;
  }
  if (use.fds.n > 0) {
    group.fds_known = true;
    group.fds_last = use.fds.last;
  }
  if (use.threads.n > 0) {
    group.threads_known = true;
    group.threads_last = use.threads.last;
  }
}

void add_phase(PhaseGroup& group, const PhaseUse& use, BootTime end) {
  const double seconds = seconds_of(use.phase, end);
  ++group.cycles;
  if (use.phase.status == PhaseStatus::aborted) ++group.aborted;
  group.seconds += seconds;
  for (const auto& [name, count] : use.ops) group.ops[name] += count;
  for (const SubjectUse& subject : use.subjects) {
    const auto same =
        std::ranges::find(group.subjects, subject.subject, &GroupUse::subject);
    GroupUse& sum = same != group.subjects.end()
                        ? *same
                        : group.subjects.emplace_back(subject.subject);
    add_use(sum, subject, seconds);
  }
}

void sort_subjects(PhaseGroup& group) {
  std::ranges::stable_sort(group.subjects, std::ranges::greater(),
                           &GroupUse::cpu_seconds);
}

}  // namespace

std::vector<PhaseGroup> group_phases(const RunSummary& summary) {
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
    add_phase(groups[place->second], use, summary.end);
  }
  std::ranges::for_each(groups, sort_subjects);
  return groups;
}

std::vector<PhaseGroup> each_phase(const RunSummary& summary) {
  std::map<std::string, int> cycles;
  for (const PhaseUse& use : summary.phases) ++cycles[use.phase.path];
  std::vector<PhaseGroup> groups;
  for (const PhaseUse& use : summary.phases) {
    PhaseGroup group;
    group.path = use.phase.label(cycles[use.phase.path] > 1);
    group.kind = use.phase.kind;
    group.spans = use.spans;
    add_phase(group, use, summary.end);
    sort_subjects(group);
    groups.push_back(std::move(group));
  }
  return groups;
}

}  // namespace tidemark
