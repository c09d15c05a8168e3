// One run understood: phases, what each cost, and the findings. Fed frame by
// frame (live or from a file), summarised at any moment. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/analysis/phases.h"
#include "core/analysis/verdict.h"
#include "core/model/dictionary.h"
#include "core/model/event.h"
#include "core/model/finding.h"
#include "core/model/frame.h"

namespace tidemark {

// A level over a phase.
struct LevelStats {
  double first = 0, last = 0, min = 0, max = 0, mean = 0;
  int64_t n = 0;
};

// What one process used in one phase.
struct SubjectUse {
  SubjectId subject;
  double cpu_seconds = 0;
  LevelStats cpu_ratio;  // of one core
  LevelStats rss_anon_bytes, fds, threads;
  int64_t io_read_bytes = 0, io_write_bytes = 0;
  int64_t minor_faults = 0, major_faults = 0;
  double run_delay_seconds = 0;
  std::map<std::string, double> per_op;  // "cpu_seconds", "rss_anon_bytes", ...
};

struct SpanStats {
  std::string name;
  int64_t count = 0, errors = 0;
  double mean_ns = 0, p50_ns = 0, p90_ns = 0, p95_ns = 0, p99_ns = 0;
  double max_ns = 0, per_second = 0;
  // Of the durations, four bins to an octave, none empty, ascending; of
  // RunSummary::path_spans only.
  struct Bin {
    double lo_ns = 0, hi_ns = 0;
    int64_t count = 0;
  };
  std::vector<Bin> bins;
};

struct PhaseUse {
  Phase phase;
  std::map<std::string, int64_t> ops;
  std::vector<SubjectUse> subjects;  // watched processes
  std::vector<SpanStats> spans;
};

struct Quality {
  double coverage = 0;  // ticks recorded / ticks expected
  std::string level;
  std::map<std::string, int64_t> dropped;  // cause: count
  struct Missing {
    BootTime from, to;
    int64_t ticks = 0;
    std::string reason;
  };
  std::vector<Missing> gaps;
  struct Degrade {
    std::string what, cause, remedy;
  };
  std::vector<Degrade> degraded;
  double self_cpu_seconds = 0;
  int64_t self_rss_peak_bytes = 0;
  double self_probe_seconds = 0;
};

// One cohort of one site over the whole run, for profiles.
struct SiteTotals {
  SubjectId process;
  SiteKind kind = SiteKind::none;
  StackId stack;
  std::string phase;  // in which it was born: "soak/steady#3"; "" outside
  // Alive at the end of the measured part; taken, or counted, in the phase.
  int64_t live_bytes = 0, live_count = 0;
  int64_t taken_bytes = 0, taken_count = 0, samples = 0;
};

class EdgeHistograms;
class SeriesStore;

struct RunSummary {
  std::vector<Run> runs;
  BootTime begin, end;  // first and last frame or mark
  std::vector<PhaseUse> phases;
  // Spans by phase path, all its cycles together: percentiles of the merged
  // histograms, not of percentiles.
  std::map<std::string, std::vector<SpanStats>> path_spans;
  std::vector<Finding> findings;  // worst first
  std::vector<SiteTotals> sites;  // of all processes, in order of definition
  std::vector<Event> notes;       // notes, snapshots, alerts, exits of watched
  Quality quality;
  int64_t too_brief = 0;  // watched processes that lived too briefly to judge
  int64_t command_status = -1;  // wait status of record -- cmd; -1 unknown
};

class RunAnalysis {
 public:
  explicit RunAnalysis(VerdictOptions options = {});
  RunAnalysis(RunAnalysis&&) noexcept;
  RunAnalysis& operator=(RunAnalysis&&) noexcept;
  ~RunAnalysis();

  // In the order of the recording. `dictionary` is the reader's, as it is now.
  void on_frame(const Frame& frame, bool chapter_begin,
                const Dictionary& dictionary);
  void on_event(const Event& event);
  void on_gap(BootTime from, BootTime to, int64_t ticks,
              const std::string& reason);

  const PhaseTracker& phases() const;
  // What gates look into besides the summary: operations over time, the
  // states of spans at edges, and the events in order of time.
  const SeriesStore& series() const;
  const EdgeHistograms& spans() const;
  std::vector<Event> events() const;
  // Judges everything seen so far.
  RunSummary summarize(const Dictionary& dictionary) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemark
