// The T1 metrics of every process, and one pass of them: what the scanning
// sources (the BPF iterator, /proc text) have in common.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/model/metric.h"
#include "daemon/collector.h"
#include "daemon/process_table.h"

namespace tidemark {

// One process as a scan saw it. What the source cannot give is absent.
struct ProcessSample {
  ProcessSeen who;
  int64_t cpu_user_ns = 0;
  int64_t cpu_system_ns = 0;
  int64_t minor_faults = 0;
  int64_t major_faults = 0;
  int64_t threads = 0;
  struct Io {
    int64_t read = 0;
    int64_t write = 0;
    int64_t rchar = 0;
    int64_t wchar = 0;
    int64_t cancelled_write = 0;
  };
  std::optional<Io> io;
  std::optional<int64_t> voluntary_switches;
  std::optional<int64_t> involuntary_switches;
  std::optional<int64_t> run_delay_ns;
  std::optional<int64_t> rss_estimate;  // bytes; absent without an mm
};

// Defines the metrics, collects a pass's values in columns, and puts them into
// the frame at its end: thousands of values a pass, so no call for each.
class ProcessMetrics {
 public:
  void define(Definer& definer);
  void begin();
  void add(SubjectId subject, const ProcessSample& sample);
  void add_io(SubjectId subject, const ProcessSample::Io& io);
  void end(FrameBuilder& frame) const;

 private:
  struct Values {
    MetricId metric;
    std::vector<SubjectId> subjects;
    std::vector<int64_t> values;
  };
  static void add(Values& column, SubjectId subject, int64_t value) {
    column.subjects.push_back(subject);
    column.values.push_back(value);
  }
  std::array<Values, 14> columns_;
};

// A way to see all processes. visit() is called once for each.
class ProcessSource {
 public:
  virtual ~ProcessSource() = default;
  struct Visitor {
    virtual ~Visitor() = default;
    virtual void visit(const ProcessSample& sample) = 0;
  };
  // Error: the pass was cut short; what was visited stays true.
  virtual Status scan(Visitor& visitor) = 0;
};

}  // namespace tidemark
