// The series that a list of gates speaks of, kept while a recording is read;
// nothing else is. Fed beside RunAnalysis.
#pragma once

#include <map>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/analysis/gate_file.h"
#include "core/analysis/gate_metrics.h"
#include "core/analysis/packed_series.h"
#include "core/model/dictionary.h"
#include "core/model/event.h"
#include "core/model/frame.h"

namespace tidemark {

class GateStore {
 public:
  explicit GateStore(std::span<const Gate> gates);

  void on_frame(const Frame& frame, const Dictionary& dictionary);
  // An exit: the exact end of a process.
  void on_event(const Event& event);

  // For a live run: what is older than `before` goes, but for the readings
  // around each of `kept`, and so do subjects that ended before.
  void forget(BootTime before, std::span<const BootTime> kept);

  struct Metric {
    std::string name;
    bool counter = false;
    bool real = false;   // values are the bits of doubles
    PackedSeries reads;  // when it was read
    std::map<SubjectId, PackedSeries> series;
  };
  // By metric id; those that no gate wants have no name.
  const std::vector<Metric>& metrics() const { return metrics_; }
  // When the subject ended, or the end of time.
  BootTime end(SubjectId id) const;
  BootTime first() const { return first_; }
  BootTime last() const { return last_; }

 private:
  enum class Use : uint8_t { unknown, ignored, kept };
  struct Wish {          // what gates want of one metric
    std::string source;  // may be a glob
    bool real = false;
    // A process is kept when it is watched, or one of these selects it.
    std::vector<const GateMetric*> selecting;
  };
  struct Known {  // what a decision about a subject was made from
    uint32_t exec_epoch = 0;
    size_t role_size = 0, name_size = 0;
    bool watched = false;
    bool kept = false;
    bool operator==(const Known&) const = default;
  };

  bool wants(MetricId id, const Dictionary& dictionary);
  bool keeps(MetricId metric, const Subject& subject);
  void take(const Column& column, const Dictionary& dictionary);
  BootTime birth(const Subject& subject);

  std::vector<Wish> wishes_;
  std::vector<GateMetric> selectors_;  // wishes_ point into it
  std::vector<Use> uses_;              // by metric id, as all below
  std::vector<Metric> metrics_;
  std::vector<std::vector<const GateMetric*>> selecting_;
  std::vector<BootTime> read_before_;
  std::vector<std::unordered_map<SubjectId, Known>> decisions_;
  std::map<ProcessKey, SubjectId> first_client_;
  std::unordered_map<SubjectId, BootTime> ends_;
  BootTime first_ = BootTime::max(), last_ = BootTime::min();
};

// Whether all conditions of the metric's selector hold for the subject.
// `role`: as reports show it (its role, its name as a client, its comm).
bool gate_selects(const GateMetric& metric, const Subject& subject,
                  std::string_view role);

}  // namespace tidemark
