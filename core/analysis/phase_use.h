// What each phase cost: per process from its series, operations and spans
// from the clients.
#pragma once

#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/analysis/curve.h"
#include "core/analysis/edge_histograms.h"
#include "core/analysis/run_analysis.h"
#include "core/analysis/series_store.h"

namespace tidemark {

// Cumulative operations: the sum of one op's counters over some clients.
class OpsCurve {
 public:
  void add(CounterCurve curve) { curves_.push_back(std::move(curve)); }
  bool empty() const { return curves_.empty(); }
  double at(BootTime time) const;
  double growth(Span span) const { return at(span.to) - at(span.from); }

 private:
  std::vector<CounterCurve> curves_;
};

// All op counters of a run, unpacked once, and which of them is the x axis of
// each process's leaks.
class OpsTable {
 public:
  // `events` tell which op a client wants its leaks counted by.
  OpsTable(const SeriesStore& store, const Dictionary& dictionary,
           const std::vector<Event>& events);

  struct Primary {
    std::string name;
    const OpsCurve* curve = nullptr;  // null: no operation was counted
  };
  // The op that the process itself counted and called primary, else the first
  // it counted; of one that counted none, the same of the clients that drive
  // the test. What a server counts says nothing of its neighbours' work.
  Primary primary(ProcessKey process) const;
  // By name, over all clients.
  const std::map<std::string, OpsCurve>& all() const { return all_; }

 private:
  void find_drivers(const Dictionary& dictionary,
                    const std::vector<Event>& events);
  void add(SubjectId id, const ClientSeries& client, const Subject* subject);
  void declare(const std::string& name, const Subject& client);

  struct Own {
    std::map<std::string, OpsCurve> ops;
    std::string first;
    BootTime first_time = BootTime::max();
  };
  std::map<std::string, OpsCurve> all_;
  std::map<ProcessKey, Own> by_process_;
  std::set<SubjectId> drivers_;
  Own driven_;  // of the drivers together
};

// One process's series, unpacked.
struct ProcessCurves {
  SubjectId subject;
  Span life;
  std::array<CounterCurve, 7> counters;  // Kept::cpu_user .. run_delay
  std::array<LevelCurve, kKeptCount - 7> levels;
  LevelCurve rss;  // rss_anon + swap

  const CounterCurve& counter(Kept kept) const {
    return counters[static_cast<size_t>(kept)];
  }
  const LevelCurve& level(Kept kept) const {
    return levels[static_cast<size_t>(kept) - counters.size()];
  }
};
ProcessCurves unpack(SubjectId id, const ProcessSeries& series, Span life);

// What the process used in `span`, which must overlap its life. `frames`: the
// times of all frames, for the number of readings.
SubjectUse use_in(const ProcessCurves& process, Span span,
                  const std::vector<Reading>& frames,
                  const OpsTable::Primary& primary);

// Statistics of spans by name; `errors` by the same names, `seconds` that the
// phase lasted.
std::vector<SpanStats> span_stats(
    const std::map<std::string, Histogram>& histograms,
    const std::map<std::string, double>& errors, double seconds);

// The durations in bins of a quarter of an octave, for a picture.
std::vector<SpanStats::Bin> duration_bins(const Histogram& histogram);

// The level that is judged for a resource; empty when it was not read.
const LevelCurve& resource_level(const ProcessCurves& process,
                                 Resource resource);

}  // namespace tidemark
