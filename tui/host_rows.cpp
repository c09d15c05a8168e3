#include "tui/host_rows.h"

#include <algorithm>
#include <charconv>
#include <map>

namespace tidemark {
namespace {

std::optional<double> sum(std::optional<double> a, std::optional<double> b) {
  if (!a) return b;
  return b ? *a + *b : a;
}

// Looks figures up by the names of their metrics.
class Figures {
 public:
  Figures(const Snapshot& shown, const Dictionary& dictionary)
      : shown_(shown), dictionary_(dictionary) {}

  std::optional<double> level(std::string_view name) const {
    const Metric* metric = dictionary_.find_metric(name);
    return metric == nullptr ? std::nullopt : shown_.total(metric->id);
  }
  const LatestValue* find(std::string_view name, SubjectId subject) const {
    const Metric* metric = dictionary_.find_metric(name);
    return metric == nullptr ? nullptr
                             : shown_.others().find(metric->id, subject);
  }
  std::optional<double> level(std::string_view name, SubjectId subject) const {
    const LatestValue* value = find(name, subject);
    if (value == nullptr) return std::nullopt;
    return static_cast<double>(value->value);
  }
  std::optional<double> rate(std::string_view name, SubjectId subject) const {
    const LatestValue* value = find(name, subject);
    return value == nullptr ? std::nullopt : value->rate;
  }
  std::optional<double> seconds(std::string_view name, SubjectId id) const {
    const auto ns = rate(name, id);
    if (!ns) return std::nullopt;
    return *ns * 1e-9;
  }
  // The subjects that have this metric, by name.
  std::map<std::string, SubjectId> subjects(std::string_view name) const {
    std::map<std::string, SubjectId> found;
    const Metric* metric = dictionary_.find_metric(name);
    if (metric == nullptr) return found;
    for (const LatestValue& value : shown_.others().of(metric->id)) {
      const Subject* subject = dictionary_.subject(value.subject);
      if (subject != nullptr) found.emplace(subject->name, value.subject);
    }
    return found;
  }

 private:
  const Snapshot& shown_;
  const Dictionary& dictionary_;
};

std::vector<CpuRow> make_cpus(const Figures& figures) {
  std::vector<CpuRow> rows;
  for (const auto& [name, id] : figures.subjects("cpu.user")) {
    CpuRow row;
    row.name = name;
    row.user =
        sum(figures.seconds("cpu.user", id), figures.seconds("cpu.nice", id));
    row.system = sum(figures.seconds("cpu.system", id),
                     sum(figures.seconds("cpu.irq", id),
                         figures.seconds("cpu.softirq", id)));
    row.steal = figures.seconds("cpu.steal", id);
    if (row.user) row.busy = sum(row.user, sum(row.system, row.steal));
    rows.push_back(std::move(row));
  }
  const auto number = [](const CpuRow& row) {
    int value = 0;
    std::from_chars(row.name.data(), row.name.data() + row.name.size(), value);
    return value;
  };
  std::ranges::stable_sort(rows, {}, number);
  return rows;
}

// Time in requests over their number.
std::optional<double> mean_wait(const Figures& figures, SubjectId id) {
  const auto time = sum(figures.seconds("disk.read_time", id),
                        figures.seconds("disk.write_time", id));
  const auto count =
      sum(figures.rate("disk.reads", id), figures.rate("disk.writes", id));
  if (!time || !count) return std::nullopt;
  return *count > 0 ? *time / *count : 0;
}

std::vector<DiskRow> make_disks(const Figures& figures) {
  std::vector<DiskRow> rows;
  for (const auto& [name, id] : figures.subjects("disk.reads")) {
    rows.push_back({name, figures.seconds("disk.busy_time", id),
                    figures.rate("disk.read_bytes", id),
                    figures.rate("disk.write_bytes", id),
                    figures.rate("disk.reads", id),
                    figures.rate("disk.writes", id), mean_wait(figures, id),
                    figures.level("disk.in_flight", id)});
  }
  std::ranges::stable_sort(rows, std::ranges::greater{}, [](const DiskRow& r) {
    return sum(r.read, r.write).value_or(0);
  });
  return rows;
}

std::vector<NetRow> make_nets(const Figures& figures) {
  std::vector<NetRow> rows;
  for (const auto& [name, id] : figures.subjects("net.receive_bytes")) {
    rows.push_back({name, figures.rate("net.receive_bytes", id),
                    figures.rate("net.send_bytes", id),
                    figures.rate("net.receive_packets", id),
                    figures.rate("net.send_packets", id),
                    sum(figures.level("net.receive_errors", id),
                        figures.level("net.send_errors", id)),
                    sum(figures.level("net.receive_drops", id),
                        figures.level("net.send_drops", id))});
  }
  std::ranges::stable_sort(rows, std::ranges::greater{}, [](const NetRow& r) {
    return sum(r.receive, r.send).value_or(0);
  });
  return rows;
}

}  // namespace

HostRows make_host_rows(const Snapshot& shown, const Dictionary& dictionary) {
  const Figures figures(shown, dictionary);
  HostRows rows;
  rows.cpus = make_cpus(figures);
  rows.disks = make_disks(figures);
  rows.nets = make_nets(figures);
  rows.memory_total = figures.level("host.mem_total");
  rows.available = figures.level("host.mem_available");
  rows.free = figures.level("host.mem_free");
  rows.anon = figures.level("host.mem_anon");
  rows.shmem = figures.level("host.mem_shmem");
  rows.cached =
      sum(figures.level("host.mem_cached"), figures.level("host.mem_buffers"));
  // Shared memory is in the kernel's figure of the cache.
  if (rows.cached && rows.shmem) {
    rows.cached = std::max(*rows.cached - *rows.shmem, 0.0);
  }
  for (const char* name :
       {"host.mem_slab_reclaimable", "host.mem_slab_unreclaimable",
        "host.mem_kernel_stack", "host.mem_page_tables", "host.mem_vmalloc"}) {
    rows.kernel = sum(rows.kernel, figures.level(name));
  }
  rows.dirty = figures.level("host.mem_dirty");
  const auto swap_total = figures.level("host.swap_total");
  const auto swap_free = figures.level("host.swap_free");
  if (swap_total && swap_free) rows.swap_used = *swap_total - *swap_free;
  rows.committed = figures.level("host.mem_committed");
  rows.running = figures.level("host.tasks_running");
  rows.blocked = figures.level("host.tasks_blocked");
  rows.oom_kills = figures.level("host.oom_kills");
  return rows;
}

}  // namespace tidemark
