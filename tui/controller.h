// What keys do: moves through time and rows, chooses views, asks questions.
// Knows no terminal; tests type keys and read the canvas.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tui/frame_source.h"
#include "tui/keymap.h"
#include "tui/settings.h"
#include "tui/theme.h"
#include "tui/view.h"

namespace tidemark {

class Controller {
 public:
  // `live`: the recording belongs to this boot and may still be written.
  Controller(FrameSource& source, Charset charset, bool live);

  void handle(Key key);
  // Opens a view by name. Error: usage, naming the views.
  Status open_view(std::string_view name);
  // Moves to a time as typed (time_target.h).
  Status go_to(std::string_view text);
  void set_verdicts(Verdicts verdicts);
  // The source goes on in another file, whose subjects have the same ids.
  void on_next_part();
  // A click on what the last draw() put there.
  void click(const Click& click);
  // The recording to compare with. Errors: those of OtherRun::open.
  Status compare_with(const std::string& path);
  // Reads on what runs beside the tail: the close-up, the other recording.
  // True when the screen has something new.
  bool read_on(size_t max_items);
  bool reading() const;
  void set_filter(std::string filter) { choices_.filter = std::move(filter); }
  Theme theme() const { return theme_; }
  // What is kept from one call to the next.
  Settings settings() const;
  void apply(const Settings& settings);
  void say(std::string message) { message_ = std::move(message); }

  // Sends a mark; set by the program, absent in tests.
  using MarkWriter = std::function<Status(const std::string& text)>;
  void set_mark_writer(MarkWriter writer) { write_mark_ = std::move(writer); }

  // `now`: CLOCK_BOOTTIME, or the epoch where it does not matter.
  void draw(Canvas& canvas, BootTime now);
  // A replay that plays: steps on when it is time. True when it did.
  bool play(BootTime now);
  // Asks for a full repaint; reading it resets it.
  bool take_repaint() { return std::exchange(repaint_, false); }
  bool playing() const { return playing_; }
  bool wants_quit() const { return quit_; }

  static constexpr int kLeastWidth = 60;
  static constexpr int kLeastHeight = 14;

 private:
  enum class Question : uint8_t { none, search, filter, time, mark, other };

  ViewModel model() const;
  Mode mode() const;
  void act(Action action);
  bool act_on_view(Action action);
  bool act_on_time(Action action);
  void act_on_rows(Action action);
  void follow_request(const ViewRequest& request);
  void show_view(size_t index);
  void next_view(int direction);
  void ask(Question question);
  void answer(Key key);
  void typed();
  void finish_question();
  void cancel_question();
  void search(int direction);
  void move_sort(int direction);
  void move_columns(int columns);
  void jump_phase(int direction);
  void zoom(int direction);
  void fit_window();
  void send_mark();
  void go_to_column(const Zone& zone, int x);
  void pause();
  void back();
  void say(const Status& status);
  void draw_foot(const Pane& pane, int y) const;
  std::string_view prompt_words() const;

  FrameSource& source_;
  bool live_;
  Choices choices_;
  Verdicts verdicts_;
  std::vector<std::unique_ptr<View>> views_;
  size_t view_ = 0;
  size_t before_ = 0;  // the view that Esc returns to
  Question question_ = Question::none;
  std::string typed_;
  std::string undo_;  // what the question replaces
  SubjectId undo_selected_;
  std::string message_;
  int width_ = 80;
  std::vector<Zone> zones_;  // of the last draw()
  std::optional<OtherRun> other_;
  MarkWriter write_mark_;
  Theme theme_ = Theme::dark;
  BootTime now_;
  BootTime anchor_;  // begin of the phase jumped to; the epoch when moved on
  bool playing_ = false;
  BootTime next_step_;
  bool repaint_ = false;
  bool quit_ = false;
};

}  // namespace tidemark
