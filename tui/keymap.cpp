#include "tui/keymap.h"

#include <vector>

namespace tidemark {
namespace {

using namespace keys;

// Sort letters as in htop and top, time keys as in atop and below: in a replay
// the time meaning of `t` and `T` wins. In the order of help.
constexpr Binding kBindings[] = {
    {Action::help, f(1), "F1", "this help", "help"},
    {Action::help, '?', "?", "", ""},
    {Action::help, 'h', "h", "", ""},
    {Action::quit, 'q', "q", "quit", "quit"},
    {Action::quit, f(10), "F10", "", ""},
    {Action::next_view, kTab, "Tab", "next view; a digit chooses one", ""},
    {Action::previous_view, kBackTab, "Shift-Tab", "previous view", ""},
    {Action::enter, kEnter, "Enter",
     "one process in full, or this event's time", "detail"},
    {Action::back, kEscape, "Esc", "back; first clears search and filter", ""},
    {Action::back, kBackspace, "Backspace", "", ""},
    {Action::up, kUp, "Up", "move", ""},
    {Action::up, 'k', "k", "", ""},
    {Action::down, kDown, "Down", "move", ""},
    {Action::down, 'j', "j", "", ""},
    {Action::page_up, kPageUp, "PgUp", "a page up", ""},
    {Action::page_up, 'B' & kCtrl, "^B", "", ""},
    {Action::page_down, kPageDown, "PgDn", "a page down", ""},
    {Action::page_down, 'F' & kCtrl, "^F", "", ""},
    {Action::search, '/', "/", "search as you type: moves to a match",
     "search"},
    {Action::search, f(3), "F3", "", ""},
    {Action::search_next, 'n', "n", "next match", ""},
    {Action::search_previous, 'N', "N", "previous match", ""},
    {Action::filter, f(4), "F4",
     "filter: hides the rest (role: pid: cgroup: verdict: text)", "filter"},
    {Action::filter, '\\', "\\", "", ""},
    {Action::tree, f(5), "F5", "processes as a tree", "tree"},
    {Action::by_role, 'R', "R", "one row a role, or every process", ""},
    {Action::watched_only, 'w', "w", "watched processes only, or all", ""},
    {Action::sort_cpu, 'P', "P", "sort by CPU", ""},
    {Action::sort_memory, 'M', "M", "sort by anonymous memory", ""},
    {Action::sort_column_left, '<', "<", "sort by the column to the left", ""},
    {Action::sort_column_left, ',', ",", "", ""},
    {Action::sort_column_right, '>', ">", "sort by the column to the right",
     "sort"},
    {Action::sort_column_right, '.', ".", "", ""},
    {Action::sort_column_right, f(6), "F6", "", ""},
    {Action::reverse_sort, 'I', "I", "reverse the order", ""},
    {Action::pause, ' ', "Space", "pause; in a replay play and pause", "pause"},
    {Action::step_forward, 't', "t", "one sample forward", "step"},
    {Action::step_back, 'T', "T", "one sample back", ""},
    {Action::column_forward, kRight, "Right",
     "one column of the graphs forward; pans when zoomed", ""},
    {Action::column_back, kLeft, "Left", "one column back", ""},
    {Action::zoom_in, '+', "+", "zoom into the graphs around this time",
     "zoom"},
    {Action::zoom_in, '=', "=", "", ""},
    {Action::zoom_out, '-', "-", "zoom out, to the whole run at last", ""},
    {Action::previous_phase, '[', "[", "begin of the previous phase", ""},
    {Action::next_phase, ']', "]", "begin of the next phase", "phase"},
    {Action::go_to_time, 'b', "b", "go to 14:32:07, +90s, -30s, 50% or a phase",
     "go to"},
    {Action::begin, kHome, "Home", "begin of the recording", ""},
    {Action::live, kEnd, "End", "its end: live when it is being written",
     "live"},
    {Action::live, 'Z', "Z", "", ""},
    {Action::next_site, 's', "s", "next site of the finding: stack, cohorts",
     ""},
    {Action::previous_site, 'S', "S", "previous site", ""},
    {Action::mark, 'm', "m", "note a mark in the recording, while it is live",
     "mark"},
    {Action::other_run, 'o', "o", "another recording to compare with", ""},
    {Action::next_theme, f(2), "F2", "next colour theme", ""},
    {Action::next_theme, 'x', "x", "", ""},
    {Action::redraw, 'L' & kCtrl, "^L", "draw the screen again", ""},
};

std::vector<HelpLine> make_help() {
  std::vector<HelpLine> lines;
  for (const Binding& binding : kBindings) {
    if (!binding.help.empty()) {
      lines.push_back({std::string(binding.label), binding.help});
    } else {
      lines.back().keys.append(" ").append(binding.label);
    }
  }
  return lines;
}

}  // namespace

std::span<const Binding> bindings() { return kBindings; }

Action action_of(Key key) {
  for (const Binding& binding : kBindings) {
    if (binding.key == key) return binding.action;
  }
  return Action::none;
}

std::span<const HelpLine> help_lines() {
  static const std::vector<HelpLine> kLines = make_help();
  return kLines;
}

}  // namespace tidemark
