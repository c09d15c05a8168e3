#include "daemon/self_meter.h"

#include <unistd.h>

#include <ctime>

#include "core/os/file.h"
#include "daemon/procfs/process_statm.h"

namespace tidemark {
namespace {

constexpr SubjectKind kSelf = SubjectKind::self;
constexpr MetricSpec kCpu = {
    "self.cpu", kSelf, MetricKind::counter, Unit::nanoseconds,
    "CPU time of Tidemark's own process (CLOCK_PROCESS_CPUTIME_ID)."};
constexpr MetricSpec kRss = {
    "self.rss", kSelf, MetricKind::gauge, Unit::bytes,
    "Resident memory of Tidemark's own process (/proc/self/statm)."};
constexpr MetricSpec kTickLate = {
    "self.tick_late", kSelf, MetricKind::gauge, Unit::nanoseconds,
    "How far behind its deadline the tick began."};
constexpr MetricSpec kEdgeLag = {
    "self.edge_lag", kSelf, MetricKind::gauge, Unit::nanoseconds,
    "From a phase mark to the sample it asked for, latest edge."};
constexpr MetricSpec kCoverage = {
    "self.coverage", kSelf, MetricKind::gauge, Unit::millionths,
    "Ticks taken over ticks due since the recording began."};
constexpr MetricSpec kDropped = {"self.dropped", kSelf, MetricKind::counter,
                                 Unit::count, "What was lost, by cause."};

}  // namespace

SelfMeter::SelfMeter(Definer& definer, const Roots& roots)
    : statm_path_(roots.proc + "/self/statm"),
      page_size_(::sysconf(_SC_PAGESIZE)),
      cpu_(definer.define_metric(kCpu)),
      rss_(definer.define_metric(kRss)),
      tick_late_(definer.define_metric(kTickLate)),
      edge_lag_(definer.define_metric(kEdgeLag)),
      coverage_(definer.define_metric(kCoverage)),
      dropped_(definer.define_metric(kDropped)),
      self_(definer.subject(kSelf, "tidemark")) {
  constexpr std::array<std::string_view, kCauses> kNames = {
      "late_ticks",      "slow_disk",      "full_disk",
      "events",          "life_events",    "client_marks",
      "clients_refused", "values_refused", "stacks_refused"};
  for (size_t i = 0; i < kCauses; ++i) {
    causes_[i] = definer.subject(kSelf, kNames[i]);
  }
}

void SelfMeter::put(const SelfReadings& readings, FrameBuilder& frame) {
  frame.put(cpu_, self_, readings.cpu.count());
  if (const auto text = read_file(statm_path_, buffer_)) {
    if (const auto statm = procfs::parse_process_statm(*text)) {
      frame.put(rss_, self_, statm->resident.count * page_size_);
    }
  }
  frame.put(tick_late_, self_, readings.tick_late.count());
  frame.put(edge_lag_, self_, readings.edge_lag.count());
  const int64_t due = readings.ticks_taken + readings.ticks_missed;
  if (due > 0) {
    frame.put(coverage_, self_, readings.ticks_taken * 1'000'000 / due);
  }
  const std::array<int64_t, kCauses> losses = {
      readings.ticks_missed,    readings.slow_disk,
      readings.full_disk,       readings.events,
      readings.life_events,     readings.client_marks,
      readings.clients_refused, readings.values_refused,
      readings.stacks_refused};
  for (size_t i = 0; i < kCauses; ++i) {
    frame.put(dropped_, causes_[i], losses[i]);
  }
}

Nanoseconds SelfMeter::process_cpu() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return Nanoseconds(int64_t{used.tv_sec} * 1'000'000'000 + used.tv_nsec);
}

}  // namespace tidemark
