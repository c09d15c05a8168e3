// Keys, views and signs; written from the tables that act.
#include <algorithm>
#include <array>

#include "tui/view.h"
#include "tui/widgets.h"

namespace tidemark {
namespace {

struct Sign {
  std::string_view sign;
  std::string_view meaning;
};

constexpr std::array<Sign, 8> kSigns = {{
    {"blank", "does not apply"},
    {"ended", "the figures beside it are its last ones"},
    {"0", "read, and zero"},
    {"-", "not read: unknown"},
    {"~1.2M", "the kernel's estimate, not a reading"},
    {"GROWTH", "anonymous memory since the phase began"},
    {"TREND", "anonymous memory over the whole run"},
    {"LEAK !!", "confirmed; suspect: grows, not confirmed"},
}};

struct Line {
  std::string left;
  std::string_view right;
  bool title = false;
};

std::vector<Line> make_lines() {
  std::vector<Line> lines = {{"", "views", true}};
  for (const ViewEntry& view : all_views()) {
    lines.push_back({std::string(1, static_cast<char>(view.key)) + " " +
                         std::string(view.name),
                     view.title, false});
  }
  lines.push_back({"", "signs", true});
  for (const Sign& sign : kSigns) {
    lines.push_back({std::string(sign.sign), sign.meaning, false});
  }
  lines.push_back({"", "keys", true});
  for (const HelpLine& line : help_lines()) {
    lines.push_back({line.keys, line.text, false});
  }
  return lines;
}

void draw_line(const Pane& pane, int y, const Line& line) {
  if (line.title) {
    draw_rule(pane, y, line.right);
    return;
  }
  pane.text(1, y, line.left, {Tone::key, true, false}, 14);
  pane.text(16, y, line.right);
}

class HelpView final : public View {
 public:
  void draw(const Pane& pane, const ViewModel&) override {
    const std::vector<Line> lines = make_lines();
    const int columns = pane.width() >= 110 ? 2 : 1;
    const int width = pane.width() / columns;
    const int size = static_cast<int>(lines.size());
    page_ = pane.height() * columns;
    // Whole pages: two columns read like a newspaper.
    top_ = std::clamp(top_, 0, std::max(size - page_, 0));
    for (int i = 0; i < page_ && top_ + i < size; ++i) {
      const Pane column =
          pane.sub({i / pane.height() * width, 0, width - 1, pane.height()});
      draw_line(column, i % pane.height(),
                lines[static_cast<size_t>(top_ + i)]);
    }
  }

  std::optional<ViewRequest> act(Action action, const ViewModel&) override {
    const auto to = moved(action, static_cast<size_t>(top_), 1000, page_);
    if (!to) return std::nullopt;
    top_ = static_cast<int>(*to);
    return ViewRequest{};
  }

 private:
  int top_ = 0;
  int page_ = 1;
};

}  // namespace

std::unique_ptr<View> make_help_view() { return std::make_unique<HelpView>(); }

}  // namespace tidemark
