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

void Controller::on_next_part() {
  verdicts_ = {};
  choices_.window.reset();
  anchor_ = {};
  playing_ = false;
  message_ = "goes on in " + source_.path();
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
  const ModelInput input{
      source_.info(),
      source_.history(),
      source_.shown(),
      source_.dictionary(),
      verdicts_,
      mode(),
      now_,
      source_.loaded(),
      playing_,
      source_.damages(),
      choices_.window ? source_.close_up().history() : nullptr,
      other_ ? &*other_ : nullptr,
      &source_.stacks()};
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
    case Action::mark: return ask(Question::mark);
    case Action::other_run: return ask(Question::other);
    case Action::zoom_in: return zoom(1);
    case Action::zoom_out: return zoom(-1);
    case Action::next_theme:
      theme_ = static_cast<Theme>((static_cast<int>(theme_) + 1) % 3);
      repaint_ = true;
      message_ = "theme " + std::string(theme_name(theme_));
      return;
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
    case Action::by_role: choices_.by_role = !choices_.by_role; return;
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

// The window stays around the screen's time, and at the tail while live.
void Controller::fit_window() {
  if (!choices_.window) return source_.close_up().clear();
  const RunHistory& history = source_.history();
  TimeWindow& window = *choices_.window;
  const Nanoseconds width = window.to - window.from;
  const BootTime now = source_.shown().time();
  if (source_.following()) {
    window.to = history.end();
  } else if (now < window.from) {
    window.to = now + width * 3 / 4;
  } else if (now > window.to) {
    window.to = now + width / 4;
  }
  window.to = std::clamp(window.to, history.begin() + width,
                         std::max(history.end(), history.begin() + width));
  window.from = window.to - width;
  const Nanoseconds interval =
      std::max(source_.history().tail().interval(), Nanoseconds(1'000'000));
  source_.close_up().aim(window.from, window.to, interval);
}

void Controller::zoom(int direction) {
  const RunHistory& history = source_.history();
  const Nanoseconds whole = history.end() - history.begin();
  const Nanoseconds interval =
      std::max(history.tail().interval(), Nanoseconds(1'000'000));
  const Nanoseconds width =
      choices_.window ? choices_.window->to - choices_.window->from : whole;
  const Nanoseconds wanted = direction > 0 ? width / 2 : width * 2;
  if (wanted >= whole) {
    choices_.window.reset();
    return;
  }
  if (wanted < interval * 8) {
    message_ = "nothing finer was sampled";
    return;
  }
  const BootTime now = source_.shown().time();
  choices_.window = TimeWindow{now - wanted / 2, now + wanted / 2};
  fit_window();
}

void Controller::send_mark() {
  if (mode() == Mode::replay || !write_mark_) {
    message_ = "marks go into a recording that is being written";
    return;
  }
  const Status sent = write_mark_(typed_);
  if (!sent) return say(sent);
  message_ = "marked: " + typed_;
}

Status Controller::compare_with(const std::string& path) {
  TIDEMARK_TRY(OtherRun other, OtherRun::open(path));
  other_ = std::move(other);
  return {};
}

bool Controller::reading() const {
  return !source_.close_up().done() || (other_ && !other_->done());
}

bool Controller::read_on(size_t max_items) {
  bool fresh = false;
  if (!source_.close_up().done()) {
    source_.close_up().read(max_items);
    fresh = source_.close_up().done();
  }
  if (other_ && !other_->done()) fresh |= other_->read(max_items);
  return fresh;
}

Settings Controller::settings() const {
  Settings settings;
  settings.theme = theme_;
  settings.sort = choices_.sort;
  settings.tree = choices_.tree;
  settings.by_role = choices_.by_role;
  settings.watched_only = choices_.watched_only;
  return settings;
}

void Controller::apply(const Settings& settings) {
  theme_ = settings.theme;
  choices_.sort = settings.sort;
  choices_.tree = settings.tree;
  choices_.by_role = settings.by_role;
  choices_.watched_only = settings.watched_only;
}

void Controller::click(const Click& click) {
  if (question_ != Question::none) return;
  if (click.button == Click::Button::wheel_up) return act(Action::up);
  if (click.button == Click::Button::wheel_down) return act(Action::down);
  const Zone* hit = nullptr;
  for (const Zone& zone : zones_) {
    const Rect& r = zone.rect;
    const bool inside = click.x >= r.x && click.x < r.x + r.width &&
                        click.y >= r.y && click.y < r.y + r.height;
    if (inside) hit = &zone;
  }
  if (hit == nullptr) return;
  switch (hit->kind) {
    case Zone::Kind::key: return handle(static_cast<Key>(hit->value));
    case Zone::Kind::time: return go_to_column(*hit, click.x);
    case Zone::Kind::column:
      if (views_[view_]->sort_by(static_cast<size_t>(hit->value))) return;
      if (static_cast<size_t>(hit->value) >= kProcessColumns) return;
      choices_.reverse =
          choices_.sort == static_cast<ProcessColumn>(hit->value) &&
          !choices_.reverse;
      choices_.sort = static_cast<ProcessColumn>(hit->value);
      return;
    case Zone::Kind::row: {
      const bool open = click.button == Click::Button::twice;
      const auto request = views_[view_]->pick(
          static_cast<size_t>(std::max<int64_t>(hit->value, 0)), open, model());
      if (request) follow_request(*request);
      return;
    }
  }
}

// A click on a graph or the phase bar goes to that moment.
void Controller::go_to_column(const Zone& zone, int x) {
  TimeAxis axis = model().axis(zone.rect.width);
  playing_ = false;
  anchor_ = {};
  say(source_.seek_to_or_after(std::clamp(axis.middle(x - zone.rect.x),
                                          source_.history().begin(),
                                          source_.history().end())));
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
  if (typed_.empty()) return;
  if (question == Question::mark) return send_mark();
  if (question == Question::other) {
    const Status opened = compare_with(typed_);
    if (opened) return say(open_view("compare"));
    return say(opened);
  }
  if (question != Question::time) return;
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
    case Question::mark: return "mark:";
    case Question::other: return "compare with (path):";
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
    hints.push_back(
        {binding.label, plays ? "play" : binding.hint, binding.key});
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
  fit_window();
  const ViewModel now_model = model();
  draw_header(pane, now_model);
  const int body = pane.height() - kHeaderRows - 1;
  views_[view_]->draw(pane.sub({0, kHeaderRows, pane.width(), body}),
                      now_model);
  draw_foot(pane, pane.height() - 1);
  zones_ = canvas.zones();
}

}  // namespace tidemark
