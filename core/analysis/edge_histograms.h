// Span histograms at the edges of phases, so that the percentiles of a phase
// come from a difference of two cumulative states. Only the states at edges
// are kept, not one per tick.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/analysis/curve.h"
#include "core/base/histogram.h"
#include "core/model/dictionary.h"
#include "core/model/frame.h"

namespace tidemark {

class EdgeHistograms {
 public:
  void on_frame(const Frame& frame, const Dictionary& dictionary);
  // The recorded command was held until now, however early its process began.
  void on_command(SubjectId process) { command_ = process; }
  // A phase began or ended at `time`. Before or after the frames around it.
  void on_edge(BootTime time);

  // Forgets the edges before `before`, but for the ones that hold then and at
  // each of `kept`; between() knows no others any more.
  void forget(BootTime before, std::span<const BootTime> kept);

  // What was recorded in a span of time, by span name, all clients together.
  // Its ends must be edges, or before the first or after the last frame.
  std::map<std::string, Histogram> between(Span span) const;

 private:
  using State = std::shared_ptr<const Histogram>;
  using Key = std::pair<std::string, SubjectId>;  // span name, client
  struct Series {
    State before;  // at the frame before the last
    State now;
    BootTime before_time, now_time;
    // Ascending by time: the state that holds from this edge on.
    std::vector<std::pair<BootTime, State>> edges;
    State origin;  // what it had when the recording began; null: nothing
  };

  static State at(const Series& series, BootTime time);
  void keep(BootTime edge);
  bool began_before(const Dictionary& dictionary, SubjectId id) const;

  std::map<Key, Series> series_;
  std::vector<BootTime> pending_;  // edges later than the last frame
  BootTime last_frame_ = BootTime::min();
  BootTime first_frame_ = BootTime::min();
  SubjectId command_;
};

}  // namespace tidemark
