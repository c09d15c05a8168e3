#include "daemon/role_figures.h"

#include <unistd.h>

#include <algorithm>

#include "core/base/text.h"

namespace tidemark {
namespace {

struct Source {
  std::string_view metric;
  std::string_view family;
  std::string_view help;
  SeriesKind kind;
  double scale;
  std::array<std::pair<std::string_view, std::string_view>, 2> labels;
};

constexpr SeriesKind kCounter = SeriesKind::counter;
constexpr SeriesKind kGauge = SeriesKind::gauge;
constexpr double kSeconds = 1e-9;

constexpr std::string_view kCpu = "tidemark_process_cpu_seconds_total";
constexpr std::string_view kCpuHelp = "CPU time of the role's processes.";
constexpr std::string_view kMemory = "tidemark_process_resident_memory_bytes";
constexpr std::string_view kMemoryHelp =
    "Resident memory of the role's processes.";
constexpr std::string_view kIo = "tidemark_process_io_bytes_total";
constexpr std::string_view kIoHelp =
    "Bytes read and written by system calls, and by the block layer.";
constexpr std::string_view kFaults = "tidemark_process_page_faults_total";
constexpr std::string_view kFaultsHelp = "Page faults.";

// Sources of one family stand together.
constexpr std::array<Source, RoleFigures::kSources> kTable = {{
    {"cpu_user", kCpu, kCpuHelp, kCounter, kSeconds, {{{"mode", "user"}}}},
    {"cpu_system", kCpu, kCpuHelp, kCounter, kSeconds, {{{"mode", "system"}}}},
    {"rss_anon", kMemory, kMemoryHelp, kGauge, 1, {{{"type", "anon"}}}},
    {"rss_shared", kMemory, kMemoryHelp, kGauge, 1, {{{"type", "shared"}}}},
    {"fds", "tidemark_process_open_fds", "Open descriptors.", kGauge, 1, {}},
    {"threads", "tidemark_process_threads", "Threads.", kGauge, 1, {}},
    {"mappings",
     "tidemark_process_mappings",
     "Memory mappings.",
     kGauge,
     1,
     {}},
    {"sockets", "tidemark_process_sockets", "Open sockets.", kGauge, 1, {}},
    {"io_rchar",
     kIo,
     kIoHelp,
     kCounter,
     1,
     {{{"direction", "read"}, {"layer", "syscall"}}}},
    {"io_wchar",
     kIo,
     kIoHelp,
     kCounter,
     1,
     {{{"direction", "write"}, {"layer", "syscall"}}}},
    {"io_read_bytes",
     kIo,
     kIoHelp,
     kCounter,
     1,
     {{{"direction", "read"}, {"layer", "block"}}}},
    {"io_write_bytes",
     kIo,
     kIoHelp,
     kCounter,
     1,
     {{{"direction", "write"}, {"layer", "block"}}}},
    {"minor_faults",
     kFaults,
     kFaultsHelp,
     kCounter,
     1,
     {{{"severity", "minor"}}}},
    {"major_faults",
     kFaults,
     kFaultsHelp,
     kCounter,
     1,
     {{{"severity", "major"}}}},
    {"run_delay",
     "tidemark_process_run_delay_seconds_total",
     "Time that runnable threads waited for a CPU.",
     kCounter,
     kSeconds,
     {}},
}};

}  // namespace

struct RoleFigures::Sums {
  std::array<double, kSources> values{};
  std::array<bool, kSources> known{};
  int64_t processes = 0;
  int64_t exits = 0;
  int64_t oldest_ns = INT64_MAX;
};

void RoleFigures::observe(const Frame& frame, const Registry& registry,
                          const ProcessTable& processes) {
  meet(processes);
  for (size_t i = 0; i < kSources; ++i) {
    const MetricId metric = registry.find_metric(kTable[i].metric);
    if (!metric.valid()) continue;
    for (const Column& column : frame.columns) {
      if (column.metric == metric) take(i, column);
    }
  }
  part(processes);
}

void RoleFigures::take(size_t source, const Column& column) {
  for (size_t i = 0; i < column.subjects.size(); ++i) {
    const auto found = members_.find(column.subjects[i]);
    if (found == members_.end()) continue;
    found->second.values[source] = column.values[i];
    found->second.known[source] = true;
  }
}

void RoleFigures::meet(const ProcessTable& processes) {
  const int64_t tick_ns = 1'000'000'000 / ::sysconf(_SC_CLK_TCK);
  for (const SubjectId id : processes.watched()) {
    const Subject* subject = processes.find(id);
    if (subject == nullptr || subject->role.empty()) continue;
    std::string role = sanitize_log(subject->role);
    const auto known = roles_.find(role);
    if (known == roles_.end() && roles_.size() >= kMostRoles) role = "other";
    roles_.try_emplace(role);
    Member& member = members_[id];
    member.role = std::move(role);
    member.start_ns =
        static_cast<int64_t>(subject->process.start_ticks) * tick_ns;
  }
}

// What an ended member counted goes to its role.
void RoleFigures::part(const ProcessTable& processes) {
  std::erase_if(members_, [&](const auto& entry) {
    if (processes.find(entry.first) != nullptr) return false;
    const Member& member = entry.second;
    Role& role = roles_[member.role];
    ++role.exits;
    for (size_t i = 0; i < kSources; ++i) {
      if (kTable[i].kind != kCounter || !member.known[i]) continue;
      role.ended[i] += member.values[i];
      role.known[i] = true;
    }
    return true;
  });
}

std::map<std::string, RoleFigures::Sums> RoleFigures::sums() const {
  std::map<std::string, Sums> sums;
  for (const auto& [name, role] : roles_) {
    Sums& sum = sums[name];
    sum.exits = role.exits;
    for (size_t i = 0; i < kSources; ++i) {
      sum.values[i] = static_cast<double>(role.ended[i]);
      sum.known[i] = role.known[i];
    }
  }
  for (const auto& [id, member] : members_) {
    Sums& sum = sums[member.role];
    ++sum.processes;
    sum.oldest_ns = std::min(sum.oldest_ns, member.start_ns);
    for (size_t i = 0; i < kSources; ++i) {
      if (!member.known[i]) continue;
      sum.values[i] += static_cast<double>(member.values[i]);
      sum.known[i] = true;
    }
  }
  return sums;
}

void RoleFigures::put(MetricPage& page, int64_t boot_unix_ns) const {
  const auto by_role = sums();
  for (size_t i = 0; i < kSources; ++i) {
    const Source& source = kTable[i];
    if (page.empty() || page.back().name != source.family) {
      page.push_back({source.family, source.help, source.kind, {}});
    }
    for (const auto& [role, sum] : by_role) {
      if (!sum.known[i]) continue;
      SeriesLabels labels = {{"role", role}};
      for (const auto& [name, value] : source.labels) {
        if (!name.empty()) labels.emplace_back(name, value);
      }
      page.back().add(std::move(labels), sum.values[i] * source.scale);
    }
  }
  SeriesFamily alive{
      "tidemark_processes", "Processes alive of the role.", kGauge, {}};
  SeriesFamily exits{"tidemark_process_exits_total",
                     "Processes of the role that ended.",
                     kCounter,
                     {}};
  SeriesFamily starts{"tidemark_process_start_time_seconds",
                      "When the role's oldest process began.",
                      kGauge,
                      {}};
  for (const auto& [role, sum] : by_role) {
    alive.add({{"role", role}}, static_cast<double>(sum.processes));
    exits.add({{"role", role}}, static_cast<double>(sum.exits));
    if (sum.processes == 0) continue;
    starts.add({{"role", role}},
               static_cast<double>(boot_unix_ns + sum.oldest_ns) * kSeconds);
  }
  page.push_back(std::move(alive));
  page.push_back(std::move(exits));
  page.push_back(std::move(starts));
}

}  // namespace tidemark
