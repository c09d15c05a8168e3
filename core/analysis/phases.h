// Phases from marks: who is in which phase, when. Pure and incremental: the
// daemon (edge samples), the TUI (live) and the report (afterwards) run this
// same code over the same events, so they cannot disagree.
//
// Rules (design part 3.1):
//  - A phase begun by several clients under one path opens at the first begin
//    and closes at the last end.
//  - Phases nest: the path is the client's open phases joined by '/'.
//  - The same path again is the next cycle, counted from 1.
//  - A phase left open by a dead client closes as aborted, and so does one
//    that is open when the recorded command ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/model/event.h"

namespace tidemark {

enum class PhaseStatus : uint8_t { open, ended, aborted };

struct Phase {
  std::string path;    // "soak/steady"
  uint32_t cycle = 1;  // of this path within the run
  PhaseKind kind = PhaseKind::custom;
  BootTime begin;
  BootTime end;  // of an open phase: its begin
  PhaseStatus status = PhaseStatus::open;
  uint32_t depth = 0;    // 0: outermost
  uint32_t ordinal = 0;  // counted from 1 over all that began

  // Of an open phase: where the run ends, as far as it is known.
  BootTime end_in(BootTime run_end) const {
    return status == PhaseStatus::open ? run_end : end;
  }
  // "soak/steady#3"; the cycle is left out when the phase never repeats.
  std::string label(bool with_cycle) const {
    return with_cycle ? path + "#" + std::to_string(cycle) : path;
  }
};

struct Run {
  std::string name;
  BootTime begin;
  BootTime end;
  bool open = true;
  int64_t status = 0;  // 0 ok, 1 failed, 2 aborted
};

class PhaseTracker {
 public:
  // Events in time order; those that concern no phase are ignored. Returns
  // true when a phase opened or closed (an edge).
  bool apply(const Event& event);

  // For whoever goes on for months: of the phases and runs that ended, about
  // this many are kept, the latest; how often the paths of others were entered
  // is forgotten with them. A run whose clients are all gone is over.
  void keep_ended(size_t most) { most_ended_ = most; }

  // Beyond it a client's begins are not taken: one that never ends a phase.
  static constexpr size_t kMostDepth = 64;

  // All phases in order of begin, open ones too.
  const std::vector<Phase>& phases() const { return phases_; }
  // How many began, also those that are forgotten.
  uint32_t phases_begun() const { return phases_begun_; }
  uint64_t runs_begun() const { return runs_begun_; }
  // Indices of the open phases, outermost first.
  std::vector<size_t> open() const;
  // The innermost phase open at `time`, or nullptr.
  const Phase* at(BootTime time) const;
  // The run in force, or nullptr. Nested runs do not exist: a second begin
  // while one is open joins it.
  const Run* run() const { return runs_.empty() ? nullptr : &runs_.back(); }
  const std::vector<Run>& runs() const { return runs_; }
  // True when a path was entered more than once: it has cycles.
  bool repeats(std::string_view path) const;
  // Marks that fit nothing: an end without a begin, a begin too deep.
  uint64_t unmatched() const { return unmatched_; }

 private:
  static constexpr size_t kAll = SIZE_MAX / 4;

  struct Holder {      // one begin of one client
    uint64_t id = 0;   // the client's handle (Event::value), 0 = by name
    std::string name;  // as the client said it
    size_t phase = 0;
  };

  bool begin_phase(const Event& event);
  bool end_phase(const Event& event);
  bool release(size_t phase, BootTime time, PhaseStatus status);
  bool end_all(BootTime time);
  bool client_is_gone(const Event& event);
  bool end_client(SubjectId client, BootTime time, PhaseStatus status);
  bool begin_run(const Event& event);
  bool end_run(const Event& event);
  void leave_run(SubjectId client, BootTime time);
  void forget_ended();

  std::vector<Phase> phases_;
  std::vector<uint32_t> holders_;  // per phase: how many begins are open
  std::unordered_map<SubjectId, std::vector<Holder>> stacks_;
  std::unordered_map<std::string, uint32_t> cycles_;
  std::vector<Run> runs_;
  std::vector<SubjectId> run_members_;
  size_t most_ended_ = kAll;
  uint32_t phases_begun_ = 0;
  uint64_t runs_begun_ = 0;
  uint64_t unmatched_ = 0;
};

}  // namespace tidemark
