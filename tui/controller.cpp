#include "tui/controller.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/text.h"
#include "tui/header.h"
#include "tui/time_target.h"
#include "tui/widgets.h"

namespace tidemark {
namespace {

constexpr size_t kLongestAnswer = 128;
// Nothing came for this long: the writer has gone, this is a replay.
constexpr Nanoseconds kGone{60'000'000'000};
constexpr Nanoseconds kLate{3'000'000'000};

// Removes the last code point.
void drop_last(std::string& text) {
  while (!text.empty() && (text.back() & '\xC0') == '\x80') text.pop_back();
  if (!text.empty()) text.pop_back();
}

size_t find_view(std::string_view name) {
  const auto views = all_views();
  const auto found = std::ranges::find(views, name, &ViewEntry::name);
  return static_cast<size_t>(found - views.begin());
}

}  // namespace

Controller::Controller(FrameSource& source, Charset charset, bool live)
    : source_(source), live_(live) {
  choices_.charset = charset;
  for (const ViewEntry& entry : all_views()) views_.push_back(entry.make());
}

Status Controller::open_view(std::string_view name) {
  const size_t index = find_view(name);
  if (index < views_.size()) {
    show_view(index);
    return {};
  }
  std::vector<std::string_view> names;
  for (const ViewEntry& entry : all_views()) names.push_back(entry.name);
  return fail(ErrorKind::usage, unknown_message("view", name, names));
}

Status Controller::go_to(std::string_view text) {
  TIDEMARK_TRY(const BootTime time,
               parse_time_target(text, source_.history(), source_.info()));
  anchor_ = {};
  return source_.seek_to_or_after(
      std::clamp(time, source_.history().begin(), source_.history().end()));
}

void Controller::set_verdicts(Verdicts verdicts) {
  verdicts_ = std::move(verdicts);
}

Mode Controller::mode() const {
  const Nanoseconds silence = now_ - source_.history().tail().time();
  const bool written = live_ && !source_.closed() && silence < kGone;
  if (!written) return Mode::replay;
  if (!source_.following()) return Mode::paused;
  const Nanoseconds late =
      std::max(source_.history().tail().interval() * 3, kLate);
  return silence > late ? Mode::stalled : Mode::live;
}

ViewModel Controller::model() const {
  const ModelInput input{source_.info(),
                         source_.history(),
                         source_.shown(),
                         source_.dictionary(),
                         verdicts_,
                         mode(),
                         now_,
                         source_.loaded(),
                         playing_,
                         source_.damages(),
                         nullptr};
  return ViewModel(input, choices_);
}

void Controller::handle(Key key) {
  message_.clear();
  if (question_ != Question::none) return answer(key);
  const auto views = all_views();
  const auto chosen = std::ranges::find(views, key, &ViewEntry::key);
  if (chosen != views.end()) {
    return show_view(static_cast<size_t>(chosen - views.begin()));
  }
  act(action_of(key));
}

void Controller::act(Action action) {
  switch (action) {
    case Action::none: return;
    case Action::quit: quit_ = true; return;
    case Action::redraw: repaint_ = true; return;
    case Action::help: say(open_view("help")); return;
    case Action::next_view: return next_view(1);
    case Action::previous_view: return next_view(-1);
    case Action::back: return back();
    case Action::search: return ask(Question::search);
    case Action::filter: return ask(Question::filter);
    case Action::go_to_time: return ask(Question::time);
    default: break;
  }
  if (!act_on_time(action) && !act_on_view(action)) act_on_rows(action);
}

bool Controller::act_on_time(Action action) {
  switch (action) {
    case Action::pause: pause(); return true;
    case Action::step_forward: say(source_.step_forward()); break;
    case Action::step_back: say(source_.step_back()); break;
    case Action::column_forward: move_columns(1); break;
    case Action::column_back: move_columns(-1); break;
    case Action::next_phase: jump_phase(1); return true;
    case Action::previous_phase: jump_phase(-1); return true;
    case Action::begin: say(source_.seek(source_.history().begin())); break;
    case Action::live: source_.go_live(); break;
    default: return false;
  }
  anchor_ = {};
  playing_ = false;
  return true;
}

bool Controller::act_on_view(Action action) {
  const auto request = views_[view_]->act(action, model());
  if (request) follow_request(*request);
  return request.has_value();
}

void Controller::act_on_rows(Action action) {
  switch (action) {
    case Action::sort_cpu: choices_.sort = ProcessColumn::cpu; break;
    case Action::sort_memory: choices_.sort = ProcessColumn::anon; break;
    case Action::sort_column_left: return move_sort(-1);
    case Action::sort_column_right: return move_sort(1);
    case Action::reverse_sort: choices_.reverse = !choices_.reverse; return;
    case Action::tree: choices_.tree = !choices_.tree; return;
    case Action::watched_only:
      choices_.watched_only = !choices_.watched_only;
      return;
    case Action::search_next: return search(1);
    case Action::search_previous: return search(-1);
    default: return;
  }
  choices_.reverse = false;
}

void Controller::follow_request(const ViewRequest& request) {
  if (request.select) choices_.selected = *request.select;
  if (request.filter) {
    choices_.filter = *request.filter;
    choices_.by_role = false;
  }
  if (request.go_to) {
    playing_ = false;
    say(source_.seek_to_or_after(*request.go_to));
  }
  if (!request.open.empty()) say(open_view(request.open));
}

void Controller::show_view(size_t index) {
  // Help and detail return to where they were opened from.
  if (index != view_) before_ = view_;
  view_ = index;
}

void Controller::next_view(int direction) {
  const size_t size = views_.size();
  show_view((view_ + (direction > 0 ? 1 : size - 1)) % size);
}

void Controller::back() {
  if (!choices_.search.empty() || !choices_.filter.empty()) {
    choices_.search.clear();
    choices_.filter.clear();
    return;
  }
  view_ = view_ == before_ ? 0 : before_;
  before_ = 0;
}

void Controller::pause() {
  if (mode() == Mode::replay) {
    if (source_.following()) say(source_.seek(source_.history().begin()));
    playing_ = !playing_;
    next_step_ = now_;
  } else if (source_.following()) {
    say(source_.seek(source_.history().end()));
  } else {
    source_.go_live();
  }
}

bool Controller::play(BootTime now) {
  if (!playing_ || now < next_step_) return false;
  say(source_.step_forward());
  if (source_.following()) playing_ = false;
  const Nanoseconds interval = source_.shown().interval();
  next_step_ = now + std::max(interval, Nanoseconds(50'000'000));
  return true;
}

void Controller::move_columns(int columns) {
  const TimeAxis axis = curve_axis(model(), width_);
  const Nanoseconds step((axis.to - axis.from) / axis.columns);
  const BootTime to = source_.shown().time() + step * columns;
  if (columns > 0) {
    if (source_.following()) return;
    say(source_.seek_to_or_after(to));
    const BootTime last = source_.history().tail().time();
    if (source_.shown().time() >= last) source_.go_live();
    return;
  }
  say(source_.seek(to));
}

void Controller::jump_phase(int direction) {
  const BootTime from = to_ns(anchor_) > 0 ? anchor_ : source_.shown().time();
  std::optional<BootTime> target;
  for (const Phase& phase : source_.history().phases().phases()) {
    const BootTime begin = phase.begin;
    if (direction > 0 && begin > from && (!target || begin < *target)) {
      target = begin;
    }
    if (direction < 0 && begin < from && (!target || begin > *target)) {
      target = begin;
    }
  }
  if (!target) {
    message_ = direction > 0 ? "no later phase" : "no earlier phase";
    return;
  }
  playing_ = false;
  anchor_ = *target;
  say(source_.seek_to_or_after(*target));
}

void Controller::move_sort(int direction) {
  const auto count = static_cast<int>(kProcessColumns);
  const int next = static_cast<int>(choices_.sort) + direction;
  choices_.sort = static_cast<ProcessColumn>((next + count) % count);
  choices_.reverse = false;
}

void Controller::search(int direction) {
  const ViewModel now = model();
  const auto found =
      now.find_match(choices_.search, now.selected_index(), direction, false);
  if (found) {
    choices_.selected = now.rows()[*found].id;
  } else {
    message_ =
        choices_.search.empty() ? "nothing to search for: /" : "no match";
  }
}

void Controller::ask(Question question) {
  question_ = question;
  typed_.clear();
  undo_ = question == Question::filter ? choices_.filter : choices_.search;
  undo_selected_ = choices_.selected;
  if (question == Question::filter) typed_ = choices_.filter;
}

void Controller::answer(Key key) {
  if (key == keys::kEscape) return cancel_question();
  if (key == keys::kEnter) return finish_question();
  if (key == keys::kBackspace) {
    drop_last(typed_);
  } else if (key == ('U' & keys::kCtrl)) {
    typed_.clear();
  } else if (key >= 0x20 && key < keys::kUp && typed_.size() < kLongestAnswer) {
    append_utf8(typed_, static_cast<char32_t>(key));
  }
  typed();
}

// Search and filter act while they are typed.
void Controller::typed() {
  if (question_ == Question::filter) choices_.filter = typed_;
  if (question_ != Question::search) return;
  choices_.search = typed_;
  choices_.selected = undo_selected_;
  const ViewModel now = model();
  const auto found = now.find_match(typed_, now.selected_index(), 1, true);
  if (found) choices_.selected = now.rows()[*found].id;
  if (!found && !typed_.empty()) message_ = "no match";
}

void Controller::finish_question() {
  const Question question = std::exchange(question_, Question::none);
  if (question != Question::time || typed_.empty()) return;
  playing_ = false;
  say(go_to(typed_));
}

void Controller::cancel_question() {
  if (question_ == Question::filter) choices_.filter = undo_;
  if (question_ == Question::search) {
    choices_.search = undo_;
    choices_.selected = undo_selected_;
  }
  question_ = Question::none;
}

void Controller::say(const Status& status) {
  if (!status) message_ = status.error().what;
}

std::string_view Controller::prompt_words() const {
  switch (question_) {
    case Question::search: return "search:";
    case Question::filter: return "filter:";
    case Question::time: return "go to (14:32:07, +90s, 50%, phase):";
    case Question::none: break;
  }
  return {};
}

void Controller::draw_foot(const Pane& pane, int y) const {
  if (question_ != Question::none) {
    return draw_prompt(pane, y, prompt_words(), typed_, message_);
  }
  if (!message_.empty()) {
    pane.text(1, y, message_, {Tone::warn, true, false});
    return;
  }
  std::vector<KeyHint> hints;
  for (const Binding& binding : bindings()) {
    if (binding.hint.empty()) continue;
    const bool plays =
        binding.action == Action::pause && mode() == Mode::replay;
    hints.push_back({binding.label, plays ? "play" : binding.hint});
  }
  draw_key_bar(pane, y, hints);
}

void Controller::draw(Canvas& canvas, BootTime now) {
  now_ = now;
  width_ = canvas.width();
  const Pane pane(canvas);
  if (canvas.width() < kLeastWidth || canvas.height() < kLeastHeight) {
    pane.text(
        0, 0,
        fmt::format("terminal too small: {}x{}, needs {}x{}", canvas.width(),
                    canvas.height(), kLeastWidth, kLeastHeight));
    return;
  }
  const ViewModel now_model = model();
  draw_header(pane, now_model);
  const int body = pane.height() - kHeaderRows - 1;
  views_[view_]->draw(pane.sub({0, kHeaderRows, pane.width(), body}),
                      now_model);
  draw_foot(pane, pane.height() - 1);
}

}  // namespace tidemark
