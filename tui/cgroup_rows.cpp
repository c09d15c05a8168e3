#include "tui/cgroup_rows.h"

#include <algorithm>

namespace tidemark {
namespace {

enum Name : size_t {
  kMemory,
  kLimit,
  kAnon,
  kFile,
  kKernel,
  kSwap,
  kCpu,
  kCpuUser,
  kCpuSystem,
  kThrottled,
  kRead,
  kWrite,
  kPids,
  kOom,
  kPressure,
};

MetricNames cgroup_names() {
  return MetricNames(
      {"cgroup.memory", "cgroup.memory_limit", "cgroup.memory_anon",
       "cgroup.memory_file", "cgroup.memory_kernel", "cgroup.swap",
       "cgroup.cpu_usage", "cgroup.cpu_user", "cgroup.cpu_system",
       "cgroup.cpu_throttled", "cgroup.io_read_bytes", "cgroup.io_write_bytes",
       "cgroup.pids", "cgroup.oom_kills", "cgroup.pressure_memory_some"});
}

class CgroupValues {
 public:
  CgroupValues(const Snapshot& shown, const MetricNames& names)
      : shown_(shown), names_(names) {}

  std::optional<double> level(Name name, SubjectId id) const {
    const LatestValue* value = shown_.others().find(names_[name], id);
    if (value == nullptr) return std::nullopt;
    return static_cast<double>(value->value);
  }
  std::optional<double> rate(Name name, SubjectId id) const {
    const LatestValue* value = shown_.others().find(names_[name], id);
    return value == nullptr ? std::nullopt : value->rate;
  }
  std::optional<double> cpu(SubjectId id) const {
    const auto usage = rate(kCpu, id);
    if (usage) return *usage * 1e-9;
    const auto user = rate(kCpuUser, id), system = rate(kCpuSystem, id);
    if (!user || !system) return std::nullopt;
    return (*user + *system) * 1e-9;
  }

 private:
  const Snapshot& shown_;
  const MetricNames& names_;
};

std::optional<double> seconds(std::optional<double> ns) {
  if (!ns) return std::nullopt;
  return *ns * 1e-9;
}

// v1 says "no limit" as the largest page-aligned number.
std::optional<double> real_limit(std::optional<double> limit) {
  constexpr double kNoLimit = 4e18;
  if (!limit || *limit >= kNoLimit) return std::nullopt;
  return limit;
}

CgroupRow make_row(const CgroupValues& values, SubjectId id) {
  CgroupRow row;
  row.id = id;
  row.memory = values.level(kMemory, id);
  row.limit = real_limit(values.level(kLimit, id));
  row.anon = values.level(kAnon, id);
  row.file = values.level(kFile, id);
  row.kernel = values.level(kKernel, id);
  row.swap = values.level(kSwap, id);
  row.cpu = values.cpu(id);
  row.throttled = seconds(values.rate(kThrottled, id));
  row.read = values.rate(kRead, id);
  row.write = values.rate(kWrite, id);
  row.pids = values.level(kPids, id);
  row.oom_kills = values.level(kOom, id);
  row.pressure = seconds(values.rate(kPressure, id));
  return row;
}

std::unordered_map<std::string_view, size_t> count_watched(
    const Snapshot& shown, const Dictionary& dictionary) {
  std::unordered_map<std::string_view, size_t> watched;
  for (const ProcessState& process : shown.processes()) {
    const Subject* subject = dictionary.subject(process.id);
    if (subject != nullptr && subject->watched && !process.ended) {
      ++watched[subject->cgroup];
    }
  }
  return watched;
}

std::optional<double> sort_value(const CgroupRow& row, CgroupColumn column) {
  switch (column) {
    case CgroupColumn::path: return std::nullopt;
    case CgroupColumn::watched: return static_cast<double>(row.watched);
    case CgroupColumn::memory:
    case CgroupColumn::trend: return row.memory;
    case CgroupColumn::limit: return row.limit;
    case CgroupColumn::anon: return row.anon;
    case CgroupColumn::file: return row.file;
    case CgroupColumn::kernel: return row.kernel;
    case CgroupColumn::swap: return row.swap;
    case CgroupColumn::cpu: return row.cpu;
    case CgroupColumn::throttled: return row.throttled;
    case CgroupColumn::read: return row.read;
    case CgroupColumn::write: return row.write;
    case CgroupColumn::pids: return row.pids;
    case CgroupColumn::oom: return row.oom_kills;
  }
  return std::nullopt;
}

}  // namespace

std::vector<CgroupRow> make_cgroup_rows(const Snapshot& shown,
                                        const Dictionary& dictionary) {
  MetricNames names = cgroup_names();
  names.resolve(dictionary);
  const CgroupValues values(shown, names);
  const auto watched = count_watched(shown, dictionary);
  std::vector<CgroupRow> rows;
  for (const Subject& subject : dictionary.subjects()) {
    if (subject.kind != SubjectKind::cgroup) continue;
    CgroupRow row = make_row(values, subject.id);
    // Known to the dictionary, not (or no longer) there at this time.
    if (!row.memory && !row.pids && !row.anon && !row.cpu) continue;
    row.subject = &subject;
    const auto found = watched.find(subject.name);
    if (found != watched.end()) row.watched = found->second;
    rows.push_back(row);
  }
  return rows;
}

std::optional<double> cgroup_memory_limit(const Snapshot& shown,
                                          const Dictionary& dictionary,
                                          std::string_view path) {
  const Metric* metric = dictionary.find_metric("cgroup.memory_limit");
  if (metric == nullptr || path.empty()) return std::nullopt;
  for (const LatestValue& value : shown.others().of(metric->id)) {
    const Subject* subject = dictionary.subject(value.subject);
    if (subject != nullptr && subject->name == path) {
      return real_limit(static_cast<double>(value.value));
    }
  }
  return std::nullopt;
}

void sort_cgroups(std::vector<CgroupRow>& rows, CgroupColumn column,
                  bool reverse) {
  const bool descends = (column != CgroupColumn::path) != reverse;
  std::ranges::stable_sort(rows, [&](const CgroupRow& a, const CgroupRow& b) {
    const auto va = sort_value(a, column), vb = sort_value(b, column);
    if (va.has_value() != vb.has_value()) return va.has_value();
    if (va && *va != *vb) return descends ? *va > *vb : *va < *vb;
    if (column == CgroupColumn::path && descends) {
      return a.subject->name > b.subject->name;
    }
    return a.subject->name < b.subject->name;
  });
}

CgroupHistory::CgroupHistory() : names_(cgroup_names()) {}

void CgroupHistory::on_tick(const Snapshot& snapshot,
                            const Dictionary& dictionary, BootTime begin,
                            Nanoseconds interval, Nanoseconds span) {
  names_.resolve(dictionary);
  const CgroupValues values(snapshot, names_);
  const auto add = [&](Courses& courses, SubjectId id,
                       std::optional<double> value) {
    if (!value) return;
    auto found = courses.find(id);
    if (found == courses.end()) {
      if (courses.size() >= kMost) return;
      found = courses.emplace(id, BucketSeries(begin, interval)).first;
    }
    found->second.add(snapshot.time(), span, *value);
  };
  for (const LatestValue& value : snapshot.others().of(names_[kMemory])) {
    add(memory_, value.subject, static_cast<double>(value.value));
    add(cpu_, value.subject, values.cpu(value.subject));
  }
}

const BucketSeries* CgroupHistory::of(const Courses& courses, SubjectId id) {
  const auto found = courses.find(id);
  return found == courses.end() ? nullptr : &found->second;
}

}  // namespace tidemark
