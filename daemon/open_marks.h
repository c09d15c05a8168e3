// The begins that are still in force: what a recording's next part has to be
// told, so that it knows its clients, run and phases without the part before.
// Follows the rules of PhaseTracker (core/analysis/phases.h). Pure.
#pragma once

#include <span>
#include <vector>

#include "core/model/event.h"

namespace tidemark {

class OpenMarks {
 public:
  void apply(const Event& event);
  // In the order in which they came. Said once more at `time`; lane and
  // sequence stay, so that a reader that joins the parts drops them.
  std::vector<Event> events(BootTime time) const;

  // Beyond it begins are not kept: a client that begins and never ends.
  static constexpr size_t kMost = 10'000;

 private:
  void keep(const Event& event);
  bool is_too_deep(SubjectId client) const;
  void end_phase(const Event& event);
  void end_marks(SubjectId client);

  std::vector<Event> open_;
};

}  // namespace tidemark
