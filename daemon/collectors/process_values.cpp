#include "daemon/collectors/process_values.h"

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

}  // namespace

void ProcessMetrics::define(Definer& definer) {
  const auto add = [&](MetricId& id, const MetricSpec& spec) {
    id = definer.define_metric(spec);
  };
  const Unit ns = Unit::nanoseconds;
  add(cpu_user_, counter("cpu_user", ns,
                         "CPU time in user mode, all threads, ended ones too "
                         "(/proc/PID/stat utime)"));
  add(cpu_system_, counter("cpu_system", ns,
                           "CPU time in the kernel, all threads, ended ones "
                           "too (/proc/PID/stat stime)"));
  add(minor_faults_,
      counter("minor_faults", Unit::count,
              "Page faults without I/O (/proc/PID/stat minflt)"));
  add(major_faults_, counter("major_faults", Unit::count,
                             "Page faults with I/O (/proc/PID/stat majflt)"));
  add(io_read_, counter("io_read_bytes", Unit::bytes,
                        "Bytes fetched from block devices (/proc/PID/io)"));
  add(io_write_, counter("io_write_bytes", Unit::bytes,
                         "Bytes sent to block devices (/proc/PID/io)"));
  add(io_rchar_, counter("io_rchar", Unit::bytes,
                         "Bytes returned by read calls (/proc/PID/io)"));
  add(io_wchar_, counter("io_wchar", Unit::bytes,
                         "Bytes passed to write calls (/proc/PID/io)"));
  add(io_cancelled_, counter("io_cancelled_write_bytes", Unit::bytes,
                             "Dirty page cache dropped before it was written "
                             "(/proc/PID/io)"));
  add(threads_,
      gauge("threads", Unit::count, "Threads (/proc/PID/stat num_threads)"));
  add(voluntary_, counter("voluntary_switches", Unit::count,
                          "Times a thread gave up its CPU, ended threads "
                          "too (/proc/PID/status voluntary_ctxt_switches)"));
  add(involuntary_, counter("involuntary_switches", Unit::count,
                            "Times a thread lost its CPU, ended threads too "
                            "(/proc/PID/status nonvoluntary_ctxt_switches)"));
  add(run_delay_, counter("run_delay", ns,
                          "Time runnable but waiting for a CPU, living "
                          "threads (/proc/PID/schedstat)"));
  add(rss_estimate_, gauge("rss_estimate", Unit::bytes,
                           "Resident memory, per-CPU counters not summed: off "
                           "by up to the CPU count squared in pages "
                           "(/proc/PID/stat rss)"));
}

void ProcessMetrics::put(FrameBuilder& frame, SubjectId subject,
                         const ProcessSample& sample) const {
  const auto put = [&](MetricId metric, int64_t value) {
    frame.put(metric, subject, value);
  };
  const auto put_known = [&](MetricId metric, std::optional<int64_t> value) {
    if (value) frame.put(metric, subject, *value);
  };
  put(cpu_user_, sample.cpu_user_ns);
  put(cpu_system_, sample.cpu_system_ns);
  put(minor_faults_, sample.minor_faults);
  put(major_faults_, sample.major_faults);
  put(threads_, sample.threads);
  if (sample.io) put_io(frame, subject, *sample.io);
  put_known(voluntary_, sample.voluntary_switches);
  put_known(involuntary_, sample.involuntary_switches);
  put_known(run_delay_, sample.run_delay_ns);
  put_known(rss_estimate_, sample.rss_estimate);
}

void ProcessMetrics::put_io(FrameBuilder& frame, SubjectId subject,
                            const ProcessSample::Io& io) const {
  frame.put(io_read_, subject, io.read);
  frame.put(io_write_, subject, io.write);
  frame.put(io_rchar_, subject, io.rchar);
  frame.put(io_wchar_, subject, io.wchar);
  frame.put(io_cancelled_, subject, io.cancelled_write);
}

}  // namespace tidemark
