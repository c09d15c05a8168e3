// The whole run as one line: which phase is where on the time axis that all
// graphs share.
#pragma once

#include <string>
#include <vector>

#include "core/analysis/phases.h"
#include "tui/canvas.h"

namespace tidemark {

// What the columns of a screen mean in time: column i covers
// [from + i * width, from + (i + 1) * width).
struct TimeAxis {
  BootTime from, to;
  int columns = 0;

  // The column of a time; -1 and `columns` outside.
  int column(BootTime time) const;
  // The time in the middle of a column.
  BootTime middle(int column) const;
};

// The innermost phase of each column, as an index into tracker.phases(); -1:
// none. A phase shorter than a column still gets one.
std::vector<int> phases_by_column(const PhaseTracker& tracker,
                                  const TimeAxis& axis);

// "steady#3": the last part of the path, with its cycle when it repeats.
std::string phase_title(const PhaseTracker& tracker, const Phase& phase);

Tone tone_of(PhaseKind kind);
// Tells kinds apart without colour: '=' steady, '#' load, '/' ramp, ...
char32_t fill_of(PhaseKind kind);

// Draws the bar in row `y` from column `x` of the pane on; `now`: the column
// where the screen stands, or -1.
void draw_phase_bar(const Pane& pane, int x, int y, const PhaseTracker& tracker,
                    const std::vector<int>& by_column, int now);

}  // namespace tidemark
