// T3: traffic of network interfaces, in our own network namespace
// (/proc/net/dev).
#include <memory>
#include <string>
#include <vector>

#include "daemon/collectors/metric_ids.h"
#include "daemon/procfs/devices.h"
#include "daemon/procfs/kept_file.h"

namespace tidemark {
namespace {

constexpr MetricSpec net(std::string_view name, Unit unit,
                         std::string_view help) {
  return {name, SubjectKind::device, MetricKind::counter, unit, help};
}

constexpr MetricSpec kMetrics[] = {
    net("net.receive_bytes", Unit::bytes, "Bytes received"),
    net("net.receive_packets", Unit::count, "Packets received"),
    net("net.receive_errors", Unit::count, "Receive errors"),
    net("net.receive_drops", Unit::count, "Packets dropped on receipt"),
    net("net.send_bytes", Unit::bytes, "Bytes sent"),
    net("net.send_packets", Unit::count, "Packets sent"),
    net("net.send_errors", Unit::count, "Send errors"),
    net("net.send_drops", Unit::count, "Packets dropped on sending"),
};

class HostNet final : public Collector {
 public:
  Result<std::string> start(const CollectorContext& context) override {
    definer_ = &context.definer;
    ids_ = define_all(context.definer, kMetrics);
    // Not /proc/net: that follows the thread, this the process.
    TIDEMARK_CHECK(file_.open(context.roots.proc + "/self/net/dev"));
    return std::string("/proc/self/net/dev");
  }

  Status collect(const CollectRequest&, FrameBuilder& frame) override {
    TIDEMARK_TRY(const auto text, file_.read());
    TIDEMARK_CHECK(procfs::parse_net_dev(text, devices_));
    subjects_.begin();
    for (const procfs::NetDevice& device : devices_) {
      const SubjectId id = subjects_.get(*definer_, device.name);
      const int64_t values[] = {device.received.count, device.receive_packets,
                                device.receive_errors, device.receive_drops,
                                device.sent.count,     device.send_packets,
                                device.send_errors,    device.send_drops};
      for (size_t i = 0; i < ids_.size(); ++i) {
        frame.put(ids_[i], id, values[i]);
      }
    }
    subjects_.end(*definer_);
    return {};
  }

 private:
  Definer* definer_ = nullptr;
  std::array<MetricId, std::size(kMetrics)> ids_;
  NamedSubjects subjects_{SubjectKind::device};
  procfs::KeptFile file_;
  std::vector<procfs::NetDevice> devices_;
};

}  // namespace

std::unique_ptr<Collector> make_host_net() {
  return std::make_unique<HostNet>();
}

}  // namespace tidemark
