// Everything that happened, in order: marks, lives, gaps, alerts. Enter goes
// to an event's time.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "tui/view.h"
#include "tui/widgets.h"

namespace tidemark {
namespace {

std::string kind_word(EventKind kind) {
  switch (kind) {
    case EventKind::run_begin: return "run begin";
    case EventKind::run_end: return "run end";
    case EventKind::phase_begin: return "phase begin";
    case EventKind::phase_end: return "phase end";
    case EventKind::note: return "note";
    case EventKind::snapshot: return "snapshot";
    case EventKind::quiesce: return "quiesce";
    case EventKind::attribute: return "attribute";
    case EventKind::fork: return "fork";
    case EventKind::exec: return "exec";
    case EventKind::exit: return "exit";
    case EventKind::oom_kill: return "OOM kill !!";
    case EventKind::client_begin: return "client";
    case EventKind::client_end: return "client gone";
    case EventKind::client_quarantined: return "quarantined !";
    case EventKind::client_primary: return "counts by";
    case EventKind::gap: return "gap !";
    case EventKind::governor: return "governor !";
    case EventKind::degraded: return "degraded !";
    case EventKind::alert: return "alert !!";
    case EventKind::command_begin: return "command begin";
    case EventKind::command_end: return "command end";
    case EventKind::heap: return "heap";
  }
  return fmt::format("event {}", static_cast<int>(kind));
}

Tone tone_of_event(const Event& event) {
  switch (event.kind) {
    case EventKind::oom_kill:
    case EventKind::alert: return Tone::bad;
    case EventKind::client_quarantined:
    case EventKind::gap:
    case EventKind::governor:
    case EventKind::degraded: return Tone::warn;
    case EventKind::phase_begin: return tone_of(event.phase_kind);
    case EventKind::run_begin:
    case EventKind::run_end:
    case EventKind::note: return Tone::accent;
    default: return Tone::normal;
  }
}

// waitpid(2)'s status word.
std::string exit_text(int64_t status) {
  const int64_t signal = status & 0x7F;
  if (signal != 0) return fmt::format("killed by signal {}", signal);
  return fmt::format("exit code {}", (status >> 8) & 0xFF);
}

std::string words_of(const Event& event) {
  std::string words = event.name;
  if (!event.text.empty()) words += (words.empty() ? "" : ": ") + event.text;
  if (event.kind == EventKind::exit || event.kind == EventKind::command_end) {
    words += (words.empty() ? "" : ", ") + exit_text(event.value);
  }
  if (event.kind == EventKind::phase_begin &&
      event.phase_kind != PhaseKind::custom) {
    words += fmt::format(" ({})", phase_kind_name(event.phase_kind));
  }
  if (event.kind == EventKind::gap) {
    words += fmt::format(" ({} ticks)", event.value);
  }
  return words;
}

class EventsView final : public View {
 public:
  void draw(const Pane& pane, const ViewModel& model) override {
    const auto& events = model.history().events();
    draw_rule(pane, 0, "events", notes(model));
    if (events.empty()) {
      pane.text(2, 1, "none yet", {Tone::dim, false, false});
      return;
    }
    const int size = static_cast<int>(events.size());
    const int selected = static_cast<int>(at(model));
    page_ = std::max(pane.height() - 1, 1);
    top_ = scroll_to(top_, selected, page_, size);
    for (int i = 0; i < page_ && top_ + i < size; ++i) {
      const Event& event = events[static_cast<size_t>(top_ + i)];
      draw_event(pane, i + 1, model, event);
      pane.zone({0, i + 1, pane.width(), 1}, Zone::Kind::row, top_ + i);
      if (top_ + i == selected) draw_selection(pane, i + 1);
    }
  }

  std::optional<ViewRequest> act(Action action,
                                 const ViewModel& model) override {
    const auto& events = model.history().events();
    if (events.empty()) return std::nullopt;
    if (action == Action::enter) {
      ViewRequest request;
      request.go_to = events[at(model)].time;
      selected_.reset();
      return request;
    }
    const auto to = moved(action, at(model), events.size(), page_);
    if (!to) return std::nullopt;
    selected_ = *to;
    return ViewRequest{};
  }

  std::optional<ViewRequest> pick(size_t row, bool open,
                                  const ViewModel& model) override {
    selected_ = row;
    if (!open) return ViewRequest{};
    return act(Action::enter, model);
  }

 private:
  // The chosen event, or the last one that had happened where the screen is.
  size_t at(const ViewModel& model) const {
    const auto& events = model.history().events();
    if (selected_) return std::min(*selected_, events.size() - 1);
    if (model.at_tail()) return events.size() - 1;
    const auto after =
        std::ranges::upper_bound(events, model.time(), {}, &Event::time);
    const auto index = static_cast<size_t>(after - events.begin());
    return index == 0 ? 0 : index - 1;
  }

  static std::vector<std::string> notes(const ViewModel& model) {
    const RunHistory& history = model.history();
    std::vector<std::string> notes = {
        fmt::format("{} shown", history.events().size())};
    if (history.forgotten_events() > 0) {
      notes.push_back(
          fmt::format("{} older not kept", history.forgotten_events()));
    }
    notes.emplace_back("Enter goes to its time");
    return notes;
  }

  static void draw_event(const Pane& pane, int y, const ViewModel& model,
                         const Event& event) {
    const bool passed = event.time <= model.time();
    const Tone tone = passed ? tone_of_event(event) : Tone::dim;
    pane.text(1, y, model.wall_time(event.time), {Tone::dim, false, false});
    pane.text(10, y, model.since_begin(event.time), {}, 10);
    pane.text(21, y, kind_word(event.kind), {tone, true, false}, 13);
    pane.text(35, y, model.subject_title(event.subject), {}, 18);
    pane.text(54, y, words_of(event), {tone, false, false});
  }

  std::optional<size_t> selected_;  // absent: follows the screen's time
  int top_ = 0;
  int page_ = 1;
};

}  // namespace

std::unique_ptr<View> make_events_view() {
  return std::make_unique<EventsView>();
}

}  // namespace tidemark
