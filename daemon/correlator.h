// Brings what clients said and what happened to processes into one order of
// time, and says when a phase edge needs a sample. Pure.
//
// Marks of several lanes arrive in drains: within one drain a later mark can
// come from an earlier lane. An event is released once a drain began after its
// time; by then every mark before it has been drained.
#pragma once

#include <span>
#include <vector>

#include "core/analysis/phases.h"
#include "core/base/clock.h"
#include "core/model/event.h"

namespace tidemark {

class Correlator {
 public:
  // What became certain: events in order of time, and what they ask for.
  struct Released {
    std::vector<Event> events;
    bool edge = false;            // a phase opened or closed, a run, a snapshot
    bool phase_ended = false;     // worth an fdatasync
    BootTime edge_time;           // of the first mark that asked for the edge
    BootTime last_edge_time;      // of the last
    std::vector<Event> quiesces;  // to be answered when their process is calm

    void clear();
  };

  // Phases and runs that ended and are remembered: a daemon goes on for months.
  static constexpr size_t kMostEnded = 256;

  Correlator() { phases_.keep_ended(kMostEnded); }

  // Takes the events of one source, in any order; `events` becomes empty.
  void add(std::vector<Event>& events);
  void add(Event event) { held_.push_back(std::move(event)); }
  // Releases all with a time up to `horizon`, the beginning of the last drain.
  // What is older than an event released before goes out all the same.
  void release(BootTime horizon, Released& out);

  bool holds() const { return !held_.empty(); }
  const PhaseTracker& phases() const { return phases_; }

 private:
  void apply(const Event& event, Released& out);

  std::vector<Event> held_;
  PhaseTracker phases_;
};

}  // namespace tidemark
