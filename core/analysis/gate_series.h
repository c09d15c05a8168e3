// The series of one gate's metric, one per subject that it is about, as
// functions of time and as samples.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/analysis/curve.h"
#include "core/analysis/gate_store.h"

namespace tidemark {

struct GateSample {
  BootTime time;
  double value = 0;
};

// In base units (bytes, seconds, ratio, count).
class GateSeries {
 public:
  GateSeries(std::string who, SubjectId subject, const GateMetricInfo& info)
      : who_(std::move(who)), subject_(subject), info_(info) {}

  // Adds a source: its values are summed with the others'.
  void add(const GateStore::Metric& metric, const PackedSeries& series,
           BootTime end);

  const std::string& who() const { return who_; }
  SubjectId subject() const { return subject_; }

  // Levels at the times they were read, or a counter's rates per second from
  // reading to reading, inside of `span`.
  std::vector<GateSample> samples(Span span) const;
  // A level at an instant; absent before its first reading or behind its end.
  std::optional<double> at(BootTime time) const;
  // What a counter grew by.
  double growth(Span span) const;

 private:
  struct Level {
    LevelCurve curve;
    bool real = false;
  };
  double level_value(const Level& level, int64_t value) const;
  std::vector<GateSample> levels(Span span) const;
  std::vector<GateSample> rates(Span span) const;

  std::string who_;
  SubjectId subject_;
  GateMetricInfo info_;
  std::vector<CounterCurve> counters_;
  std::vector<Level> levels_;
  std::vector<Reading> reads_;
  BootTime end_ = BootTime::min();
};

// Who is who in a recording.
class GateNames {
 public:
  explicit GateNames(const Dictionary& dictionary);
  // As reports show it: its role, the name it gave as a client, its comm.
  const std::string& role(const Subject& subject) const;
  // "server (pid 4112)", "sda", "host".
  std::string who(const Subject& subject) const;
  const Dictionary& dictionary() const { return dictionary_; }

 private:
  const Dictionary& dictionary_;
  std::map<ProcessKey, std::string> clients_;
};

// One per subject; of clients' counters one for all.
std::vector<GateSeries> gate_series(const GateMetric& metric,
                                    const GateMetricInfo& info,
                                    const GateStore& store,
                                    const GateNames& names);

}  // namespace tidemark
