#include "daemon/sampler.h"

#include <algorithm>
#include <utility>

namespace tidemark {
namespace {

constexpr MetricSpec kDuration = {"self.collector_duration", SubjectKind::self,
                                  MetricKind::counter, Unit::nanoseconds,
                                  "Time a collector has taken, by collector."};
constexpr MetricSpec kErrors = {
    "self.collector_errors", SubjectKind::self, MetricKind::counter,
    Unit::count, "Readings of a collector that failed, by collector."};

}  // namespace

struct Sampler::Running {
  const CollectorEntry* entry = nullptr;
  std::unique_ptr<Collector> collector;
  SubjectId subject;
  BootTime last_run;
  bool ever_run = false;
  Nanoseconds last_duration{0};
  int64_t total_ns = 0;
  int64_t errors = 0;
  uint32_t backoff = 0;  // the next failure leaves out this many runs
  uint32_t skip = 0;     // runs still to leave out
};

Sampler::Sampler(std::span<const CollectorEntry> entries,
                 const CollectorContext& context)
    : entries_(entries), context_(context) {}

Sampler::~Sampler() = default;

Status Sampler::start() {
  duration_metric_ = context_.definer.define_metric(kDuration);
  errors_metric_ = context_.definer.define_metric(kErrors);
  for (const CollectorEntry& entry : entries_) {
    auto collector = entry.make();
    auto level = collector->start(context_);
    if (!level) {
      problems_.push_back({std::string(entry.name), level.error().what});
      continue;
    }
    levels_.push_back(std::string(entry.name) + ": " + *level);
    auto running = std::make_unique<Running>();
    running->entry = &entry;
    running->collector = std::move(collector);
    running->subject = context_.definer.subject(SubjectKind::self, entry.name);
    running_.push_back(std::move(running));
  }
  if (running_.empty()) {
    return fail(ErrorKind::unsupported, "no collector can run here");
  }
  return {};
}

std::vector<CollectorProblem> Sampler::take_problems() {
  return std::exchange(problems_, {});
}

bool Sampler::is_due(const Running& collector, const SamplePlan& plan,
                     BootTime now) const {
  switch (collector.entry->tier) {
    case Tier::all: return ticks_ % plan.all_every == 0;
    case Tier::watched: return true;
    case Tier::host: return ticks_ % plan.host_every == 0;
    case Tier::slow:
      return plan.slow && (!collector.ever_run ||
                           now - collector.last_run >= plan.slow_period);
  }
  return false;
}

void Sampler::tick(BootTime deadline, Nanoseconds interval,
                   const SamplePlan& plan, Frame& frame, const Finish& finish) {
  writer_.begin(frame, deadline, FrameKind::tick, interval);
  for (const auto& collector : running_) {
    if (is_due(*collector, plan, deadline)) {
      run(*collector, {deadline, FrameKind::tick}, frame);
    }
  }
  ++ticks_;
  put_durations();
  finish(writer_);
  writer_.end_reads(context_.clock.now());
}

void Sampler::edge(BootTime time, Nanoseconds interval, const SamplePlan& plan,
                   Frame& frame, const Finish& finish) {
  writer_.begin(frame, time, FrameKind::edge, interval);
  const auto wanted = [&](const Running& collector) {
    switch (collector.entry->tier) {
      case Tier::all:
        return collector.last_duration <= kCheapScan ||
               time - collector.last_run >=
                   kScanSpacing * collector.last_duration;
      case Tier::watched: return true;
      case Tier::host: return false;
      case Tier::slow:
        return plan.slow && (!collector.ever_run ||
                             time - collector.last_run >= kSlowSpacing);
    }
    return false;
  };
  for (const auto& collector : running_) {
    if (wanted(*collector)) run(*collector, {time, FrameKind::edge}, frame);
  }
  writer_.begin_reads(context_.clock.now());
  finish(writer_);
  writer_.end_reads(context_.clock.now());
}

Status Sampler::trace(ProcessKey process, bool on) {
  Status status = fail(ErrorKind::not_found, "no sensor here traces heaps");
  for (const auto& each : running_) {
    Status traced = each->collector->trace(process, on);
    if (traced) return traced;
    if (traced.error().kind != ErrorKind::not_found) {
      status = std::move(traced);
    }
  }
  return status;
}

void Sampler::phase_changed(const Cohort& cohort) {
  for (const auto& each : running_) each->collector->phase_changed(cohort);
}

void Sampler::process_held(ProcessKey process) {
  for (const auto& each : running_) each->collector->process_held(process);
}

void Sampler::finish() {
  for (const auto& each : running_) each->collector->finish();
}

void Sampler::run(Running& collector, const CollectRequest& request,
                  Frame& frame) {
  if (collector.skip > 0) {
    --collector.skip;
    return;
  }
  const BootTime begin = context_.clock.now();
  writer_.begin_reads(begin);
  const Status status = collector.collector->collect(request, writer_);
  const BootTime end = context_.clock.now();
  writer_.end_reads(end);
  collector.last_run = request.time;
  collector.ever_run = true;
  collector.last_duration = end - begin;
  collector.total_ns += collector.last_duration.count();
  if (status) {
    collector.backoff = 0;
    return;
  }
  frame.complete = false;
  ++collector.errors;
  // One report per failure streak: the count says the rest.
  if (collector.backoff == 0) {
    problems_.push_back(
        {std::string(collector.entry->name), status.error().what});
  }
  collector.backoff =
      std::clamp<uint32_t>(collector.backoff * 2, 1, kMaxBackoff);
  collector.skip = collector.backoff - 1;
}

void Sampler::put_durations() {
  writer_.begin_reads(context_.clock.now());
  for (const auto& collector : running_) {
    writer_.put(duration_metric_, collector->subject, collector->total_ns);
    if (collector->errors > 0) {
      writer_.put(errors_metric_, collector->subject, collector->errors);
    }
  }
}

}  // namespace tidemark
