// What Tidemark itself uses: CPU and memory of the recording process.
#include <unistd.h>

#include <ctime>
#include <memory>

#include "daemon/collectors/metric_ids.h"
#include "daemon/procfs/kept_file.h"
#include "daemon/procfs/process_statm.h"

namespace tidemark {
namespace {

constexpr MetricSpec kMetrics[] = {
    {"self.cpu", SubjectKind::self, MetricKind::counter, Unit::nanoseconds,
     "CPU time of the recording process (CLOCK_PROCESS_CPUTIME_ID)"},
    {"self.rss", SubjectKind::self, MetricKind::gauge, Unit::bytes,
     "Resident memory of the recording process (/proc/self/statm)"},
};

class Self final : public Collector {
 public:
  Result<std::string> start(const CollectorContext& context) override {
    ids_ = define_all(context.definer, kMetrics);
    subject_ = context.definer.subject(SubjectKind::self, "tidemark");
    TIDEMARK_CHECK(statm_.open(context.roots.proc + "/self/statm"));
    return std::string("statm");
  }

  Status collect(const CollectRequest&, FrameBuilder& frame) override {
    timespec cpu{};
    if (::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu) == 0) {
      frame.put(ids_[0], subject_,
                int64_t{cpu.tv_sec} * 1'000'000'000 + cpu.tv_nsec);
    }
    TIDEMARK_TRY(const auto text, statm_.read());
    TIDEMARK_TRY(const auto statm, procfs::parse_process_statm(text));
    frame.put(ids_[1], subject_,
              to_bytes(statm.resident, Bytes(::sysconf(_SC_PAGESIZE))).count);
    return {};
  }

 private:
  std::array<MetricId, 2> ids_;
  SubjectId subject_;
  procfs::KeptFile statm_;
};

}  // namespace

std::unique_ptr<Collector> make_self() { return std::make_unique<Self>(); }

}  // namespace tidemark
