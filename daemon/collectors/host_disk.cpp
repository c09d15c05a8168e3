// T3: traffic of whole disks (/proc/diskstats); partitions and unused loop
// devices are left out.
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/collectors/metric_ids.h"
#include "daemon/procfs/devices.h"
#include "daemon/procfs/kept_file.h"

namespace tidemark {
namespace {

constexpr MetricSpec disk(std::string_view name, Unit unit,
                          std::string_view help) {
  return {name, SubjectKind::device, MetricKind::counter, unit, help};
}

constexpr MetricSpec kMetrics[] = {
    disk("disk.reads", Unit::count, "Read requests completed"),
    disk("disk.read_bytes", Unit::bytes, "Bytes read"),
    disk("disk.writes", Unit::count, "Write requests completed"),
    disk("disk.write_bytes", Unit::bytes, "Bytes written"),
    disk("disk.read_time", Unit::nanoseconds, "Sum of all reads' durations"),
    disk("disk.write_time", Unit::nanoseconds, "Sum of all writes' durations"),
    disk("disk.busy_time", Unit::nanoseconds,
         "Time with at least one request in flight"),
    disk("disk.queue_time", Unit::nanoseconds,
         "The same, times the requests in flight"),
    {"disk.in_flight", SubjectKind::device, MetricKind::gauge, Unit::count,
     "Requests in flight"},
};

class HostDisk final : public Collector {
 public:
  Result<std::string> start(const CollectorContext& context) override {
    definer_ = &context.definer;
    block_ = context.roots.sys + "/block/";
    ids_ = define_all(context.definer, kMetrics);
    TIDEMARK_CHECK(file_.open(context.roots.proc + "/diskstats"));
    return std::string("/proc/diskstats");
  }

  Status collect(const CollectRequest&, FrameBuilder& frame) override {
    TIDEMARK_TRY(const auto text, file_.read());
    TIDEMARK_CHECK(procfs::parse_diskstats(text, disks_));
    subjects_.begin();
    for (const procfs::DiskStats& disk : disks_) {
      if (disk.reads == 0 && disk.writes == 0) continue;
      if (is_whole(disk.name)) put(frame, disk);
    }
    subjects_.end(*definer_);
    return {};
  }

 private:
  // /sys/block has whole disks only; a '/' in a name is a '!' there.
  bool is_whole(std::string_view name) {
    name_ = name;
    const auto known = whole_.find(name_);
    if (known != whole_.end()) return known->second;
    std::string path = name_;
    std::replace(path.begin(), path.end(), '/', '!');
    const bool whole = ::access((block_ + path).c_str(), F_OK) == 0;
    whole_.emplace(name_, whole);
    return whole;
  }

  void put(FrameBuilder& frame, const procfs::DiskStats& disk) {
    const SubjectId id = subjects_.get(*definer_, disk.name);
    const int64_t values[] = {disk.reads,
                              disk.read.count,
                              disk.writes,
                              disk.written.count,
                              disk.read_time.count(),
                              disk.write_time.count(),
                              disk.busy_time.count(),
                              disk.queue_time.count(),
                              disk.in_flight};
    for (size_t i = 0; i < ids_.size(); ++i) frame.put(ids_[i], id, values[i]);
  }

  Definer* definer_ = nullptr;
  std::string block_;
  std::string name_;
  std::unordered_map<std::string, bool> whole_;
  std::array<MetricId, std::size(kMetrics)> ids_;
  NamedSubjects subjects_{SubjectKind::device};
  procfs::KeptFile file_;
  std::vector<procfs::DiskStats> disks_;
};

}  // namespace

std::unique_ptr<Collector> make_host_disk() {
  return std::make_unique<HostDisk>();
}

}  // namespace tidemark
