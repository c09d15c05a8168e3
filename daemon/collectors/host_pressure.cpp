// T3: pressure of the host (/proc/pressure): how long tasks waited for want of
// CPU, memory or I/O.
#include <array>
#include <memory>
#include <string>

#include "daemon/collectors/metric_ids.h"
#include "daemon/procfs/kept_file.h"
#include "daemon/procfs/pressure.h"

namespace tidemark {
namespace {

constexpr MetricSpec stall(std::string_view name, std::string_view help) {
  return {name, SubjectKind::system, MetricKind::counter, Unit::nanoseconds,
          help};
}

// some and full of each of kFiles.
constexpr MetricSpec kMetrics[] = {
    stall("pressure.cpu_some", "Time in which a task waited for a CPU"),
    stall("pressure.cpu_full", "Time in which all tasks waited for a CPU"),
    stall("pressure.memory_some", "Time in which a task waited for memory"),
    stall("pressure.memory_full", "Time in which all tasks waited for memory"),
    stall("pressure.io_some", "Time in which a task waited for I/O"),
    stall("pressure.io_full", "Time in which all tasks waited for I/O"),
};
constexpr std::array<std::string_view, 3> kFiles = {"cpu", "memory", "io"};

class HostPressure final : public Collector {
 public:
  Result<std::string> start(const CollectorContext& context) override {
    ids_ = define_all(context.definer, kMetrics);
    host_ = context.definer.subject(SubjectKind::system, "host");
    for (size_t i = 0; i < kFiles.size(); ++i) {
      const std::string name(kFiles[i]);
      const Status opened =
          files_[i].open(context.roots.proc + "/pressure/" + name);
      // Where PSI is built in but off, the file is there and cannot be read.
      if (!opened || !files_[i].read()) {
        return fail(ErrorKind::unsupported,
                    "no pressure figures: this kernel was started without "
                    "them; boot it with psi=1");
      }
    }
    return std::string("/proc/pressure");
  }

  Status collect(const CollectRequest&, FrameBuilder& frame) override {
    for (size_t i = 0; i < kFiles.size(); ++i) {
      TIDEMARK_TRY(const auto text, files_[i].read());
      TIDEMARK_TRY(const auto pressure, procfs::parse_pressure(text));
      if (pressure.some) frame.put(ids_[2 * i], host_, pressure.some->count());
      if (pressure.full) {
        frame.put(ids_[2 * i + 1], host_, pressure.full->count());
      }
    }
    return {};
  }

 private:
  std::array<MetricId, std::size(kMetrics)> ids_;
  std::array<procfs::KeptFile, kFiles.size()> files_;
  SubjectId host_;
};

}  // namespace

std::unique_ptr<Collector> make_host_pressure() {
  return std::make_unique<HostPressure>();
}

}  // namespace tidemark
