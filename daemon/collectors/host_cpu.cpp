// T3: CPU time of the host and of each CPU, switches, forks (/proc/stat).
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "daemon/collectors/metric_ids.h"
#include "daemon/procfs/host_stat.h"
#include "daemon/procfs/kept_file.h"

namespace tidemark {
namespace {

constexpr size_t kTimes = 8;  // as in CpuTimes, in its order

constexpr MetricSpec time_spec(SubjectKind subject, std::string_view name,
                               std::string_view help) {
  return {name, subject, MetricKind::counter, Unit::nanoseconds, help};
}

constexpr MetricSpec kHost[] = {
    time_spec(SubjectKind::system, "host.cpu_user", "/proc/stat user"),
    time_spec(SubjectKind::system, "host.cpu_nice", "/proc/stat nice"),
    time_spec(SubjectKind::system, "host.cpu_system", "/proc/stat system"),
    time_spec(SubjectKind::system, "host.cpu_idle", "/proc/stat idle"),
    time_spec(SubjectKind::system, "host.cpu_iowait", "/proc/stat iowait"),
    time_spec(SubjectKind::system, "host.cpu_irq", "/proc/stat irq"),
    time_spec(SubjectKind::system, "host.cpu_softirq", "/proc/stat softirq"),
    time_spec(SubjectKind::system, "host.cpu_steal",
              "Time the hypervisor gave to others (/proc/stat steal)"),
};

constexpr MetricSpec kCpu[] = {
    time_spec(SubjectKind::cpu, "cpu.user", "/proc/stat user"),
    time_spec(SubjectKind::cpu, "cpu.nice", "/proc/stat nice"),
    time_spec(SubjectKind::cpu, "cpu.system", "/proc/stat system"),
    time_spec(SubjectKind::cpu, "cpu.idle", "/proc/stat idle"),
    time_spec(SubjectKind::cpu, "cpu.iowait", "/proc/stat iowait"),
    time_spec(SubjectKind::cpu, "cpu.irq", "/proc/stat irq"),
    time_spec(SubjectKind::cpu, "cpu.softirq", "/proc/stat softirq"),
    time_spec(SubjectKind::cpu, "cpu.steal", "/proc/stat steal"),
};

constexpr MetricSpec kCounts[] = {
    {"host.interrupts", SubjectKind::system, MetricKind::counter, Unit::count,
     "/proc/stat intr"},
    {"host.context_switches", SubjectKind::system, MetricKind::counter,
     Unit::count, "/proc/stat ctxt"},
    {"host.forks", SubjectKind::system, MetricKind::counter, Unit::count,
     "/proc/stat processes"},
    {"host.tasks_running", SubjectKind::system, MetricKind::gauge, Unit::count,
     "/proc/stat procs_running"},
    {"host.tasks_blocked", SubjectKind::system, MetricKind::gauge, Unit::count,
     "/proc/stat procs_blocked"},
};

class HostCpu final : public Collector {
 public:
  Result<std::string> start(const CollectorContext& context) override {
    definer_ = &context.definer;
    host_ids_ = define_all(context.definer, kHost);
    cpu_ids_ = define_all(context.definer, kCpu);
    count_ids_ = define_all(context.definer, kCounts);
    host_ = context.definer.subject(SubjectKind::system, "host");
    TIDEMARK_CHECK(file_.open(context.roots.proc + "/stat"));
    return std::string("/proc/stat");
  }

  Status collect(const CollectRequest&, FrameBuilder& frame) override {
    TIDEMARK_TRY(const auto text, file_.read());
    TIDEMARK_TRY(const auto stat, procfs::parse_host_stat(text, cpus_));
    put_times(frame, host_ids_, host_, stat.all);
    cpu_subjects_.begin();
    for (const procfs::CpuTimes& times : cpus_) {
      const std::string name = std::to_string(times.cpu);  // fits in place
      put_times(frame, cpu_ids_, cpu_subjects_.get(*definer_, name), times);
    }
    cpu_subjects_.end(*definer_);
    const int64_t counts[] = {stat.interrupts, stat.context_switches,
                              stat.forks, stat.running, stat.blocked};
    for (size_t i = 0; i < count_ids_.size(); ++i) {
      frame.put(count_ids_[i], host_, counts[i]);
    }
    return {};
  }

 private:
  void put_times(FrameBuilder& frame, const std::array<MetricId, kTimes>& ids,
                 SubjectId subject, const procfs::CpuTimes& times) const {
    const Ticks values[kTimes] = {times.user,    times.nice,   times.system,
                                  times.idle,    times.iowait, times.irq,
                                  times.softirq, times.steal};
    for (size_t i = 0; i < kTimes; ++i) {
      frame.put(ids[i], subject,
                to_nanoseconds(values[i], ticks_per_second_).count());
    }
  }

  Definer* definer_ = nullptr;
  std::array<MetricId, kTimes> host_ids_, cpu_ids_;
  std::array<MetricId, 5> count_ids_;
  SubjectId host_;
  NamedSubjects cpu_subjects_{SubjectKind::cpu};
  procfs::KeptFile file_;
  std::vector<procfs::CpuTimes> cpus_;
  int64_t ticks_per_second_ = ::sysconf(_SC_CLK_TCK);
};

}  // namespace

std::unique_ptr<Collector> make_host_cpu() {
  return std::make_unique<HostCpu>();
}

}  // namespace tidemark
