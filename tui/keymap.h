// Keys and what they do: one table, from which the controller acts, and from
// which help and the key bar are written.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tidemark {

// A key: a Unicode code point, or one of these above all of them.
using Key = uint32_t;
namespace keys {
inline constexpr Key kCtrl = 0x1F;  // Key('L') & kCtrl
inline constexpr Key kTab = '\t', kEnter = '\n', kEscape = 0x1B;
enum Special : Key {
  kUp = 0x110000,
  kDown,
  kLeft,
  kRight,
  kPageUp,
  kPageDown,
  kHome,
  kEnd,
  kBackspace,
  kBackTab,
  kResize,
  kMouse,          // Screen::click() says where
  kF1 = 0x110100,  // kF1 + n - 1 is Fn
};
constexpr Key f(unsigned n) { return kF1 + n - 1; }
}  // namespace keys

// A press of the mouse, in columns and rows of the screen.
struct Click {
  enum class Button : uint8_t { once, twice, wheel_up, wheel_down };
  int x = 0, y = 0;
  Button button = Button::once;
};

enum class Action : uint8_t {
  none,
  up,
  down,
  page_up,
  page_down,
  enter,
  back,
  next_view,
  previous_view,
  sort_cpu,
  sort_memory,
  sort_column_left,
  sort_column_right,
  reverse_sort,
  search,
  search_next,
  search_previous,
  filter,
  tree,
  by_role,
  watched_only,
  step_forward,
  step_back,
  column_forward,
  column_back,
  next_phase,
  previous_phase,
  go_to_time,
  pause,
  zoom_in,
  zoom_out,
  next_site,
  previous_site,
  mark,
  other_run,
  next_theme,
  begin,
  live,
  help,
  redraw,
  quit,
};

struct Binding {
  Action action;
  Key key;
  std::string_view label;  // how the key is written: "F4", "[", "Space"
  std::string_view help;   // empty: another key of the binding above
  std::string_view hint;   // one word for the key bar; empty: not in it
};

std::span<const Binding> bindings();
// none when the key is free.
Action action_of(Key key);

// Help lines: every label of an action, comma separated, and its text.
struct HelpLine {
  std::string keys;
  std::string_view text;
};
std::span<const HelpLine> help_lines();

}  // namespace tidemark
