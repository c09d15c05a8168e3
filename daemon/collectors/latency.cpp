// Latencies by the kernel's events: waits for a CPU, requests to disks, stalls
// in reclaim, and TCP segments sent again.
#include "probes/latency.h"

#include <array>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/os/file.h"
#include "daemon/collectors/metric_ids.h"
#include "daemon/process_table.h"

namespace tidemark {
namespace {

constexpr MetricSpec latency(std::string_view name, SubjectKind subject,
                             std::string_view help) {
  return {name, subject, MetricKind::histogram, Unit::nanoseconds, help};
}

constexpr MetricSpec kMetrics[] = {
    latency("run_queue_latency", SubjectKind::process,
            "Waits of its threads for a CPU (sched_info)."),
    latency("block_io_latency", SubjectKind::process,
            "Requests to block devices that it issued, to their end."),
    latency("reclaim_stall", SubjectKind::process,
            "Stalls of its threads to free memory before they get some."),
    latency("host.reclaim_stall", SubjectKind::system,
            "Stalls of any thread to free memory before it gets some."),
    latency("disk.io_latency", SubjectKind::device,
            "Requests to the device, from issue to completion."),
    {"host.tcp_retransmits", SubjectKind::system, MetricKind::counter,
     Unit::count, "TCP segments sent again, of all sockets."},
};
enum { kRunQueue, kBlockIo, kReclaim, kHostReclaim, kDisk, kRetransmits };

class Latencies final : public Collector {
 public:
  Result<std::string> start(const CollectorContext& context) override {
    if (context.roots.proc != Roots().proc) {
      return std::string("none: another machine's /proc");
    }
    definer_ = &context.definer;
    table_ = &context.processes;
    sys_ = context.roots.sys;
    ids_ = define_all(context.definer, kMetrics);
    system_ = context.definer.subject(SubjectKind::system, "host");
    open("run queue", LatencyProbe::open_run_queue(), probes_[kRunQueue]);
    open("block I/O", LatencyProbe::open_block_io(), probes_[kBlockIo]);
    open("reclaim", LatencyProbe::open_reclaim(), probes_[kReclaim]);
    open("TCP", RetransmitProbe::open(), retransmits_);
    if (level_.empty()) {
      return fail(ErrorKind::unsupported,
                  "no latency probe can run here; see the probes run_queue, "
                  "block_io, reclaim and tcp_retransmit");
    }
    if (LatencyProbe* reclaim = probes_[kReclaim].get()) {
      TIDEMARK_CHECK(reclaim->keep(LatencySubject::host, 0));
    }
    find_devices();
    return "tp_btf " + level_;
  }

  Status collect(const CollectRequest&, FrameBuilder& frame) override {
    ++pass_;
    for (const SubjectId id : table_->watched()) {
      const Subject* subject = table_->find(id);
      if (subject != nullptr && !subject->kernel_thread) follow(*subject);
    }
    for (const auto& [process, followed] : followed_) {
      for (size_t i = 0; i < probes_.size(); ++i) {
        put(i, LatencySubject::process, pid_of(process), ids_[i],
            followed.subject, frame);
      }
    }
    std::erase_if(followed_, [&](const auto& each) {
      if (each.second.pass == pass_) return false;
      for (const auto& probe : probes_) {
        if (probe) probe->drop(LatencySubject::process, pid_of(each.first));
      }
      return true;
    });
    put(kReclaim, LatencySubject::host, 0, ids_[kHostReclaim], system_, frame);
    for (const auto& [device, subject] : devices_) {
      put(kBlockIo, LatencySubject::device, device, ids_[kDisk], subject,
          frame);
    }
    if (retransmits_) {
      frame.put(ids_[kRetransmits], system_, retransmits_->count());
    }
    return {};
  }

 private:
  struct Followed {
    SubjectId subject;
    uint64_t pass = 0;
  };

  static uint32_t pid_of(ProcessKey process) {
    return static_cast<uint32_t>(process.pid.value);
  }

  template <typename Probe>
  void open(std::string_view name, Result<std::unique_ptr<Probe>> opened,
            std::unique_ptr<Probe>& to) {
    if (!opened) return;  // the doctor says why
    to = std::move(*opened);
    if (!level_.empty()) level_ += ", ";
    level_ += name;
  }

  void follow(const Subject& subject) {
    const auto [known, added] =
        followed_.try_emplace(subject.process, Followed{subject.id, pass_});
    known->second.pass = pass_;
    if (!added) return;
    for (const auto& probe : probes_) {
      // A full table leaves the latest ones out: absent, not zero.
      if (probe) {
        static_cast<void>(probe->keep(LatencySubject::process,
                                      pid_of(subject.process),
                                      subject.process.start_ticks));
      }
    }
  }

  void put(size_t probe, LatencySubject kind, uint32_t id, MetricId metric,
           SubjectId subject, FrameBuilder& frame) {
    if (!probes_[probe]) return;
    auto read = probes_[probe]->read(kind, id);
    if (!read || read->count == 0) return;
    frame.put_histogram({metric, subject, read->sum_ns, read->max_ns,
                         std::move(read->buckets)});
  }

  // Whole disks, as host_disk names them.
  void find_devices() {
    LatencyProbe* probe = probes_[kBlockIo].get();
    if (probe == nullptr) return;
    std::error_code error;
    for (const auto& disk :
         std::filesystem::directory_iterator(sys_ + "/block", error)) {
      const auto text = read_file(disk.path().string() + "/dev", buffer_);
      unsigned major = 0, minor = 0;
      if (!text || std::sscanf(std::string(*text).c_str(), "%u:%u", &major,
                               &minor) != 2) {
        continue;
      }
      const std::string name = disk.path().filename().string();
      if (name.starts_with("loop") || name.starts_with("ram")) continue;
      const uint32_t device = major << 20 | minor;
      if (!probe->keep(LatencySubject::device, device)) continue;
      devices_[device] = definer_->subject(SubjectKind::device, name);
    }
  }

  std::string sys_, level_, buffer_;
  Definer* definer_ = nullptr;
  ProcessTable* table_ = nullptr;
  std::array<MetricId, std::size(kMetrics)> ids_;
  SubjectId system_;
  std::array<std::unique_ptr<LatencyProbe>, 3> probes_;
  std::unique_ptr<RetransmitProbe> retransmits_;
  std::map<uint32_t, SubjectId> devices_;
  std::map<ProcessKey, Followed> followed_;
  uint64_t pass_ = 0;
};

}  // namespace

std::unique_ptr<Collector> make_latency() {
  return std::make_unique<Latencies>();
}

}  // namespace tidemark
