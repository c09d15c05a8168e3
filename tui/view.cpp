#include "tui/view.h"

#include <algorithm>

namespace tidemark {

#define VIEW(name, key, title) std::unique_ptr<View> make_##name##_view();
#include "tui/views.def"
#undef VIEW

namespace {

constexpr ViewEntry kViews[] = {
#define VIEW(name, key, title) {#name, key, title, &make_##name##_view},
#include "tui/views.def"
#undef VIEW
};

}  // namespace

std::span<const ViewEntry> all_views() { return kViews; }

std::optional<ViewRequest> View::pick(size_t, bool, const ViewModel&) {
  return std::nullopt;
}

std::optional<size_t> moved(Action action, size_t at, size_t size, int page) {
  const auto last = static_cast<std::ptrdiff_t>(size) - 1;
  auto to = static_cast<std::ptrdiff_t>(at);
  switch (action) {
    case Action::up: --to; break;
    case Action::down: ++to; break;
    case Action::page_up: to -= page; break;
    case Action::page_down: to += page; break;
    default: return std::nullopt;
  }
  if (last < 0) return 0;
  return static_cast<size_t>(std::clamp<std::ptrdiff_t>(to, 0, last));
}

}  // namespace tidemark
