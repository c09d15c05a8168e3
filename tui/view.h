// A view: one screen's body under the header. Adding one is one file,
//   tui/views/x.cpp:  std::unique_ptr<View> make_x_view();
// and one line in views.def:  VIEW(x, '7', "what it shows").
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tui/keymap.h"
#include "tui/view_model.h"

namespace tidemark {

// What a view wants the controller to do.
struct ViewRequest {
  std::optional<SubjectId> select;    // this process
  std::optional<BootTime> go_to;      // this time
  std::string_view open;              // the view of this name
  std::optional<std::string> filter;  // of processes, in place of the old one
};

class View {
 public:
  virtual ~View() = default;
  // Draws the body; may remember where it scrolled to.
  virtual void draw(const Pane& pane, const ViewModel& model) = 0;
  // Movement and Enter; nullopt when the action means nothing here.
  virtual std::optional<ViewRequest> act(Action action,
                                         const ViewModel& model) = 0;
  // A click on a row of the view's list; `open`: it was the second one.
  virtual std::optional<ViewRequest> pick(size_t row, bool open,
                                          const ViewModel& model);
  // A click on a column's title. True when the view's table sorts by it now;
  // false: it is for the process table.
  virtual bool sort_by(size_t /*column*/) { return false; }
};

struct ViewEntry {
  std::string_view name;
  Key key;
  std::string_view title;
  std::unique_ptr<View> (*make)();
};

// All of views.def, in its order.
std::span<const ViewEntry> all_views();

// A selection in a list of `size` rows after a movement; nullopt: no movement.
std::optional<size_t> moved(Action action, size_t at, size_t size, int page);

}  // namespace tidemark
