#include "daemon/collectors/process_values.h"

#include <iterator>
#include <tuple>

#include "daemon/collectors/metric_ids.h"

namespace tidemark {
namespace {

constexpr MetricSpec counter(std::string_view name, Unit unit,
                             std::string_view help) {
  return {name, SubjectKind::process, MetricKind::counter, unit, help};
}

constexpr MetricSpec gauge(std::string_view name, Unit unit,
                           std::string_view help) {
  return {name, SubjectKind::process, MetricKind::gauge, unit, help};
}

constexpr Unit kNs = Unit::nanoseconds;
constexpr Unit kCount = Unit::count;
constexpr Unit kBytes = Unit::bytes;

// In the order of kCpuUser and those after it.
constexpr MetricSpec kMetrics[] = {
    counter("cpu_user", kNs,
            "CPU time in user mode, all threads, ended ones too "
            "(/proc/PID/stat utime)"),
    counter("cpu_system", kNs,
            "CPU time in the kernel, all threads, ended ones too "
            "(/proc/PID/stat stime)"),
    counter("minor_faults", kCount,
            "Page faults without I/O (/proc/PID/stat minflt)"),
    counter("major_faults", kCount,
            "Page faults with I/O (/proc/PID/stat majflt)"),
    gauge("threads", kCount, "Threads (/proc/PID/stat num_threads)"),
    counter("io_read_bytes", kBytes,
            "Bytes fetched from block devices (/proc/PID/io)"),
    counter("io_write_bytes", kBytes,
            "Bytes sent to block devices (/proc/PID/io)"),
    counter("io_rchar", kBytes, "Bytes returned by read calls (/proc/PID/io)"),
    counter("io_wchar", kBytes, "Bytes passed to write calls (/proc/PID/io)"),
    counter("io_cancelled_write_bytes", kBytes,
            "Dirty page cache dropped before it was written (/proc/PID/io)"),
    counter("voluntary_switches", kCount,
            "Times a thread gave up its CPU, ended threads too "
            "(/proc/PID/status voluntary_ctxt_switches)"),
    counter("involuntary_switches", kCount,
            "Times a thread lost its CPU, ended threads too "
            "(/proc/PID/status nonvoluntary_ctxt_switches)"),
    counter("run_delay", kNs,
            "Time runnable but waiting for a CPU (/proc/PID/schedstat); of a "
            "thread that ended, as last seen"),
    gauge("rss_estimate", kBytes,
          "Resident memory, per-CPU counters not summed: off by up to a batch "
          "of pages for each CPU (/proc/PID/stat rss)"),
};
enum {
  kCpuUser,
  kCpuSystem,
  kMinorFaults,
  kMajorFaults,
  kThreads,
  kIoRead,
  kIoWrite,
  kIoRchar,
  kIoWchar,
  kIoCancelled,
  kVoluntary,
  kInvoluntary,
  kRunDelay,
  kRssEstimate
};

}  // namespace

void ProcessMetrics::define(Definer& definer) {
  static_assert(std::size(kMetrics) == std::tuple_size_v<decltype(columns_)>);
  const auto ids = define_all(definer, kMetrics);
  for (size_t i = 0; i < ids.size(); ++i) columns_[i].metric = ids[i];
}

void ProcessMetrics::begin() {
  for (Values& column : columns_) {
    column.subjects.clear();
    column.values.clear();
  }
}

void ProcessMetrics::add(SubjectId subject, const ProcessSample& sample) {
  const auto put = [&](size_t metric, int64_t value) {
    add(columns_[metric], subject, value);
  };
  const auto put_known = [&](size_t metric, std::optional<int64_t> value) {
    if (value) add(columns_[metric], subject, *value);
  };
  put(kCpuUser, sample.cpu_user_ns);
  put(kCpuSystem, sample.cpu_system_ns);
  put(kMinorFaults, sample.minor_faults);
  put(kMajorFaults, sample.major_faults);
  put(kThreads, sample.threads);
  if (sample.io) add_io(subject, *sample.io);
  put_known(kVoluntary, sample.voluntary_switches);
  put_known(kInvoluntary, sample.involuntary_switches);
  put_known(kRunDelay, sample.run_delay_ns);
  put_known(kRssEstimate, sample.rss_estimate);
}

void ProcessMetrics::add_io(SubjectId subject, const ProcessSample::Io& io) {
  add(columns_[kIoRead], subject, io.read);
  add(columns_[kIoWrite], subject, io.write);
  add(columns_[kIoRchar], subject, io.rchar);
  add(columns_[kIoWchar], subject, io.wchar);
  add(columns_[kIoCancelled], subject, io.cancelled_write);
}

void ProcessMetrics::end(FrameBuilder& frame) const {
  for (const Values& column : columns_) {
    frame.put_all(column.metric, column.subjects, column.values);
  }
}

}  // namespace tidemark
