// What a finding is made of: its sites with what became of what each took, the
// stack of the chosen one, and its cohorts as a matrix: born in this phase,
// alive after that one.
#pragma once

#include <cstddef>

#include "core/model/finding.h"
#include "tui/canvas.h"
#include "tui/keymap.h"
#include "tui/view_model.h"

namespace tidemark {

// Rows that the panel makes use of.
int site_panel_rows(const Finding& finding);

class SitePanel {
 public:
  // Draws nothing when the finding has no sites or the pane no room.
  void draw(const Pane& pane, const ViewModel& model, const Finding& finding);
  // The next or previous site; true when the action meant that.
  bool act(Action action);
  // For another finding: begins at its first site again.
  void reset() { selected_ = 0; }

 private:
  size_t selected_ = 0;
  int top_ = 0;
  size_t size_ = 0;
};

}  // namespace tidemark
