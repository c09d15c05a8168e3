// What the screen says, without a screen: figures, rows, segments and curves
// at one position of a recording. Pure: the same input and choices give the
// same model, so every view is tested as text.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/analysis/run_analysis.h"
#include "core/store/recording_info.h"
#include "core/store/recording_reader.h"
#include "tui/comparison.h"
#include "tui/other_run.h"
#include "tui/phase_bar.h"
#include "tui/process_rows.h"
#include "tui/run_history.h"

namespace tidemark {

enum class Mode : uint8_t {
  live,     // at the tail of a recording that is being written
  stalled,  // at the tail, not closed, but nothing came for a while
  paused,   // standing still in a recording that is being written
  replay,   // somewhere in one that is not
};

// The verdicts so far; drawn from the whole recording, wherever the screen
// stands in it.
struct Verdicts {
  bool known = false;
  bool provisional = true;        // the run goes on
  std::vector<Finding> findings;  // worst first
  Quality quality;
  RunFigures figures;  // to compare with another run
};

struct TimeWindow {
  BootTime from, to;
  bool operator==(const TimeWindow&) const = default;
};

// What the user chose.
struct Choices {
  ProcessColumn sort = ProcessColumn::cpu;
  bool reverse = false;
  bool tree = false;
  bool by_role = false;      // one row a role
  bool watched_only = true;  // has no effect when nothing is watched
  // The part of the run that the graphs show; absent: all of it.
  std::optional<TimeWindow> window;
  std::string filter;
  std::string search;
  SubjectId selected;  // the process; invalid: the first row
  Charset charset = Charset::utf8;
};

struct ModelInput {
  const RecordingInfo& info;
  const RunHistory& history;
  const Snapshot& shown;
  const Dictionary& dictionary;
  const Verdicts& verdicts;
  Mode mode = Mode::replay;
  // CLOCK_BOOTTIME now, when it is the recording's; the epoch when it is not.
  BootTime now;
  double loaded = 1;                     // of the file that was read so far
  bool playing = false;                  // a replay that runs by itself
  std::span<const Damage> damages = {};  // of the file
  // The courses of choices.window in full resolution, when they were read.
  const RunHistory* close_up = nullptr;
  const OtherRun* other = nullptr;     // to compare with
  const StackTable* stacks = nullptr;  // of sites
};

class ViewModel {
 public:
  ViewModel(const ModelInput& input, const Choices& choices);

  const ModelInput& input() const { return input_; }
  const Choices& choices() const { return choices_; }
  const RunHistory& history() const { return input_.history; }
  const Snapshot& shown() const { return input_.shown; }
  const std::vector<Finding>& findings() const {
    return input_.verdicts.findings;
  }

  // Where the screen stands.
  BootTime time() const { return input_.shown.time(); }
  bool at_tail() const;
  std::string wall_time(BootTime time) const;    // "14:32:07"
  std::string since_begin(BootTime time) const;  // "00:04:12"

  // Header. Raw text; "" where there is nothing to say.
  std::string run_name() const;
  std::string mode_word() const;   // "LIVE", "PAUSED", "REPLAY", ...
  std::string sample_age() const;  // "+0.4s"; "" in a replay
  std::string interval() const;    // "1s"
  const Phase* phase() const;      // innermost at time(), or nullptr
  std::string phase_path() const;  // "soak/steady#3", "no phase"
  std::string phase_elapsed() const;
  std::optional<double> self_cpu() const;  // cores
  std::optional<double> self_rss() const;  // bytes
  std::optional<double> dropped() const;   // pieces, all causes
  double coverage() const;                 // 0..1
  size_t alerts() const { return input_.history.alerts(); }
  // Findings of at least this severity.
  size_t count_findings(Verdict verdict) const;

  // The time axis that all graphs share: the window, or the whole run.
  TimeAxis axis(int columns) const;
  // Where the courses on that axis are.
  const RunHistory& courses() const {
    return input_.close_up != nullptr ? *input_.close_up : input_.history;
  }
  // A replay that stands at its end: the run is over.
  bool over() const { return input_.mode == Mode::replay && at_tail(); }

  // Sorted, filtered, arranged; and how many there were to choose from.
  const std::vector<ProcessRow>& rows() const { return rows_; }
  size_t watched() const { return watched_; }
  size_t alive() const { return alive_; }
  // Watched processes that ended and lived too briefly to be shown.
  size_t brief() const { return brief_; }
  bool shows_watched_only() const;
  // Index into rows(); 0 when nothing is selected or it is gone.
  size_t selected_index() const;
  const ProcessRow* selected() const;
  // The next row after `from` (dir +1 or -1) that the search matches.
  std::optional<size_t> find_match(std::string_view words, size_t from,
                                   int direction, bool here) const;

  // "server 4112" of a subject; raw.
  std::string subject_title(SubjectId id) const;

 private:
  void choose_rows();
  std::optional<double> self_total(std::string_view name, bool rate) const;

  ModelInput input_;
  const Choices& choices_;
  std::vector<ProcessRow> rows_;
  size_t watched_ = 0;
  size_t alive_ = 0;
  size_t brief_ = 0;
  bool any_watched_ = false;
};

}  // namespace tidemark
