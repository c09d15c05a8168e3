#include "tui/host_history.h"

namespace tidemark {
namespace {

// One metric a course, two where a level is a difference; by HostCourse.
struct Source {
  HostCourse course;
  std::string_view name;
  enum class As : uint8_t { level, rate, seconds_rate, seconds } as;
  std::string_view less = {};  // name - less
};
using enum Source::As;

constexpr Source kSources[] = {
    {HostCourse::memory, "host.mem_total", level, "host.mem_available"},
    {HostCourse::swap, "host.swap_total", level, "host.swap_free"},
    {HostCourse::pressure_cpu, "pressure.cpu_some", seconds_rate},
    {HostCourse::pressure_memory, "pressure.memory_some", seconds_rate},
    {HostCourse::pressure_io, "pressure.io_some", seconds_rate},
    {HostCourse::disk_read, "disk.read_bytes", rate},
    {HostCourse::disk_write, "disk.write_bytes", rate},
    {HostCourse::net_receive, "net.receive_bytes", rate},
    {HostCourse::net_send, "net.send_bytes", rate},
    {HostCourse::switches, "host.context_switches", rate},
    {HostCourse::forks, "host.forks", rate},
    {HostCourse::self_cpu, "self.cpu", seconds_rate},
    {HostCourse::self_rss, "self.rss", level},
    {HostCourse::tick_late, "self.tick_late", seconds},
};

// Busy first, then idle. Guest time is in user time already.
constexpr std::string_view kCpuNames[] = {
    "host.cpu_user",    "host.cpu_nice",  "host.cpu_system", "host.cpu_irq",
    "host.cpu_softirq", "host.cpu_steal", "host.cpu_idle",   "host.cpu_iowait"};
constexpr size_t kBusyNames = 6;

std::vector<std::string_view> all_names() {
  std::vector<std::string_view> names(std::begin(kCpuNames),
                                      std::end(kCpuNames));
  for (const Source& source : kSources) {
    names.push_back(source.name);
    names.push_back(source.less);
  }
  return names;
}

std::optional<double> busy_ratio(const Snapshot& snapshot,
                                 const MetricNames& names) {
  double busy = 0, all = 0;
  for (size_t i = 0; i < std::size(kCpuNames); ++i) {
    const double rate = snapshot.total_rate(names[i]).value_or(0);
    all += rate;
    if (i < kBusyNames) busy += rate;
  }
  if (all <= 0) return std::nullopt;
  return busy / all;
}

}  // namespace

void MetricNames::resolve(const Dictionary& dictionary) {
  if (dictionary.metrics().size() == seen_) return;
  seen_ = dictionary.metrics().size();
  for (size_t i = 0; i < names_.size(); ++i) {
    if (ids_[i].valid() || names_[i].empty()) continue;
    const Metric* metric = dictionary.find_metric(names_[i]);
    if (metric != nullptr) ids_[i] = metric->id;
  }
}

std::optional<double> host_busy(const Snapshot& snapshot,
                                const Dictionary& dictionary) {
  MetricNames names({std::begin(kCpuNames), std::end(kCpuNames)});
  names.resolve(dictionary);
  return busy_ratio(snapshot, names);
}

HostHistory::HostHistory() : names_(all_names()) {}

std::optional<double> HostHistory::value(HostCourse course,
                                         const Snapshot& snapshot) const {
  if (course == HostCourse::cpu) return busy_ratio(snapshot, names_);
  size_t name = std::size(kCpuNames);
  for (const Source& source : kSources) {
    const MetricId id = names_[name];
    const MetricId less = names_[name + 1];
    name += 2;
    if (source.course != course) continue;
    const bool is_rate = source.as == rate || source.as == seconds_rate;
    auto found = is_rate ? snapshot.total_rate(id) : snapshot.total(id);
    if (!found) return std::nullopt;
    if (!source.less.empty()) {
      const auto rest = snapshot.total(less);
      if (!rest) return std::nullopt;
      return *found - *rest;
    }
    const bool from_ns = source.as == seconds_rate || source.as == seconds;
    return from_ns ? *found * 1e-9 : *found;
  }
  return std::nullopt;
}

void HostHistory::on_tick(const Snapshot& snapshot,
                          const Dictionary& dictionary, BootTime begin,
                          Nanoseconds interval, Nanoseconds span) {
  names_.resolve(dictionary);
  for (size_t i = 0; i < kHostCourses; ++i) {
    const auto now = value(static_cast<HostCourse>(i), snapshot);
    if (!now) continue;
    if (!series_[i])
      series_[i] = std::make_unique<BucketSeries>(begin, interval);
    series_[i]->add(snapshot.time(), span, *now);
  }
}

}  // namespace tidemark
