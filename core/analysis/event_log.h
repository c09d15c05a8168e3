// The events that a summary needs: marks without repeats, in order of time.
#pragma once

#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "core/model/event.h"

namespace tidemark {

class EventLog {
 public:
  // False when the event is a repeat of a mark (same client, lane, sequence
  // and time: a client hands over again what the daemon had read but not yet
  // acknowledged) or of no use to a summary (a fork, an exec).
  bool add(const Event& event);

  // In order of time; those of one instant in order of arrival.
  std::vector<Event> sorted() const;
  bool empty() const { return events_.empty(); }

 private:
  // Client, lane, sequence, time, kind, name: more than tells two marks apart,
  // for the sake of those that came by no lane.
  using MarkKey =
      std::tuple<uint32_t, uint32_t, uint64_t, int64_t, EventKind, std::string>;
  std::vector<Event> events_;
  std::set<MarkKey> marks_;
};

}  // namespace tidemark
