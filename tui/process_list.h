// The process table that the overview and the processes view share.
#pragma once

#include <optional>

#include "tui/view.h"

namespace tidemark {

class ProcessList {
 public:
  // A titled rule, the column titles, and as many rows as fit.
  void draw(const Pane& pane, const ViewModel& model);
  std::optional<ViewRequest> act(Action action, const ViewModel& model) const;
  // A click on a row; a second one opens it.
  ViewRequest pick(size_t row, bool open, const ViewModel& model) const;

 private:
  int top_ = 0;
  int page_ = 1;
};

// The columns' titles, by ProcessColumn.
std::string_view column_title(ProcessColumn column);
// "LEAK anon !!", "suspect fds", "saturating", "-" when it was not judged.
std::string verdict_text(const Finding& finding);
Style verdict_style(Verdict verdict);

}  // namespace tidemark
