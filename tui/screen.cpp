#include "tui/screen.h"

#define NCURSES_NOMACROS 1
#include <curses.h>
#include <langinfo.h>
#include <locale.h>
#include <term.h>
#include <unistd.h>

#undef tone  // term.h makes a macro of each capability's name

#include <array>
#include <cstdlib>
#include <cstring>
#include <string>

#include "core/base/text.h"
#include "tui/terminal_guard.h"

namespace tidemark {
namespace {

constexpr size_t kTones = static_cast<size_t>(Tone::exclude) + 1;

bool colour_wanted() {
  const char* no_color = std::getenv("NO_COLOR");  // https://no-color.org
  return no_color == nullptr || *no_color == '\0';
}

// A capability without its padding marks ("$<5>"), for a bare write(2).
std::string capability(const char* name) {
  const char* text = ::tigetstr(name);
  if (text == nullptr || text == reinterpret_cast<const char*>(-1)) return {};
  std::string bytes = text;
  for (size_t at; (at = bytes.find("$<")) != std::string::npos;) {
    const size_t end = bytes.find('>', at);
    bytes.erase(at, end == std::string::npos ? end : end - at + 1);
  }
  return bytes;
}

std::optional<Key> translate(wint_t code) {
  switch (code) {
    case KEY_UP: return keys::kUp;
    case KEY_DOWN: return keys::kDown;
    case KEY_LEFT: return keys::kLeft;
    case KEY_RIGHT: return keys::kRight;
    case KEY_PPAGE: return keys::kPageUp;
    case KEY_NPAGE: return keys::kPageDown;
    case KEY_HOME:
    case KEY_FIND: return keys::kHome;
    case KEY_END:
    case KEY_SELECT: return keys::kEnd;
    case KEY_BACKSPACE: return keys::kBackspace;
    case KEY_ENTER: return keys::kEnter;
    case KEY_BTAB: return keys::kBackTab;
    case KEY_RESIZE: return keys::kResize;
    default: break;
  }
  if (code >= KEY_F(1) && code <= KEY_F(12)) {
    return keys::f(static_cast<unsigned>(code) - KEY_F(0));
  }
  return std::nullopt;
}

Key plain_key(wint_t code) {
  if (code == '\r') return keys::kEnter;
  if (code == 0x7F || code == '\b') return keys::kBackspace;
  return static_cast<Key>(code);
}

Status check_terminal() {
  if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDOUT_FILENO) == 0) {
    return fail(ErrorKind::usage,
                "needs a terminal; --once prints a view to a pipe");
  }
  const char* term = std::getenv("TERM");
  if (term == nullptr || *term == '\0' || std::strcmp(term, "dumb") == 0) {
    return fail(ErrorKind::usage,
                "TERM is unset or 'dumb'; set it to your terminal's name, or "
                "use --once");
  }
  return {};
}

// newterm(3) says the same, but leaks what it began with.
bool terminfo_knows_terminal() {
  int found = 0;
  if (::setupterm(nullptr, STDOUT_FILENO, &found) != OK) return false;
  ::del_curterm(::set_curterm(nullptr));
  return true;
}

}  // namespace

Charset locale_charset() {
  ::setlocale(LC_CTYPE, "");
  return std::strcmp(::nl_langinfo(CODESET), "UTF-8") == 0 ? Charset::utf8
                                                           : Charset::ascii;
}

struct Screen::Impl {
  TerminalGuard guard{STDIN_FILENO};
  SCREEN* screen = nullptr;
  bool colour = false;
  bool rich = false;
  Theme theme = Theme::dark;
  Click click;
  Charset charset = Charset::ascii;
  Canvas shown{1, 1, Charset::ascii};

  ~Impl() {
    if (screen == nullptr) return;
    ::endwin();
    ::delscreen(screen);
  }
  void set_up(bool mouse);
  void set_pairs();
  bool read_mouse();
  attr_t attributes(const Style& style) const;
  void put(int x, int y, const Cell& cell);
};

Result<Screen> Screen::open(Theme theme, bool mouse) {
  TIDEMARK_CHECK(check_terminal());
  auto impl = std::make_unique<Impl>();
  impl->charset = locale_charset();
  if (terminfo_knows_terminal()) {
    impl->screen = ::newterm(nullptr, stdout, stdin);
  }
  if (impl->screen == nullptr) {
    return fail(ErrorKind::usage,
                "unknown terminal TERM=" + std::string(std::getenv("TERM")) +
                    "; set it to one that terminfo knows, or use --once");
  }
  impl->theme = theme;
  impl->set_up(mouse);
  return Screen(std::move(impl));
}

void Screen::Impl::set_up(bool mouse) {
  ::set_term(screen);
  ::cbreak();
  ::noecho();
  ::nonl();
  ::keypad(stdscr, true);
  ::nodelay(stdscr, true);
  ::set_escdelay(25);
  ::curs_set(0);
  colour = colour_wanted() && ::has_colors();
  if (colour) {
    ::start_color();
    ::use_default_colors();
    rich = COLORS >= 256;
    set_pairs();
  }
  if (mouse) {
    ::mousemask(BUTTON1_CLICKED | BUTTON1_PRESSED | BUTTON1_DOUBLE_CLICKED |
                    BUTTON4_PRESSED | BUTTON5_PRESSED,
                nullptr);
    ::mouseinterval(0);  // a press counts at once; double clicks are ours
  }
  // ncurses turns the mouse on by sequences that terminfo has no name for:
  // the same ones, off (xterm's ctlseqs, "Mouse Tracking").
  const std::string no_mouse = mouse ? "\x1b[?1006l\x1b[?1000l" : "";
  guard.set_restore_sequence(no_mouse + capability("sgr0") + capability("op") +
                             capability("rmkx") + capability("cnorm") +
                             capability("rmcup"));
}

// One pair a tone, and behind them one a tone on the background of phases.
void Screen::Impl::set_pairs() {
  for (size_t i = 0; i < kTones; ++i) {
    const Look look = look_of(theme, static_cast<Tone>(i));
    const auto front = static_cast<short>(rich ? look.rich : look.basic);
    const auto back = static_cast<short>(rich ? shade_colour(theme) : -1);
    ::init_pair(static_cast<short>(i + 1), front, -1);
    ::init_pair(static_cast<short>(kTones + i + 1), front, back);
  }
}

attr_t Screen::Impl::attributes(const Style& style) const {
  const Look look = look_of(theme, style.tone);
  attr_t attributes = A_NORMAL;
  if (!colour || (!rich && look.basic < 0)) {
    if (look.bold) attributes |= A_BOLD;
    if (look.dim) attributes |= A_DIM;
    if (look.underline) attributes |= A_UNDERLINE;
  }
  if (style.bold) attributes |= A_BOLD;
  if (style.reverse) attributes |= A_REVERSE;
  return attributes;
}

void Screen::Impl::put(int x, int y, const Cell& cell) {
  std::array<wchar_t, 4> text{};
  for (size_t i = 0; i < cell.glyph.size(); ++i) {
    text[i] = static_cast<wchar_t>(cell.glyph[i]);
  }
  const size_t shade = cell.style.shade ? kTones : 0;
  const auto pair = static_cast<short>(
      colour ? static_cast<size_t>(cell.style.tone) + shade + 1 : 0);
  cchar_t out{};
  ::setcchar(&out, text.data(), attributes(cell.style), pair, nullptr);
  ::mvadd_wch(y, x, &out);
}

Screen::Screen(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Screen::Screen(Screen&&) noexcept = default;
Screen& Screen::operator=(Screen&&) noexcept = default;
Screen::~Screen() = default;

void Screen::set_theme(Theme theme) {
  if (impl_->theme == theme) return;
  impl_->theme = theme;
  if (impl_->colour) impl_->set_pairs();
  repaint();
}

bool Screen::Impl::read_mouse() {
  MEVENT event{};
  if (::getmouse(&event) != OK) return false;
  using enum Click::Button;
  const bool again =
      event.x == click.x && event.y == click.y && click.button == once;
  click = {event.x, event.y, once};
  if ((event.bstate & BUTTON4_PRESSED) != 0) {
    click.button = wheel_up;
  } else if ((event.bstate & BUTTON5_PRESSED) != 0) {
    click.button = wheel_down;
  } else if (again) {
    click.button = twice;  // a row that is selected opens
  }
  return true;
}

Click Screen::click() const { return impl_->click; }

int Screen::width() const { return ::getmaxx(stdscr); }
int Screen::height() const { return ::getmaxy(stdscr); }
Charset Screen::charset() const { return impl_->charset; }
int Screen::key_fd() const { return STDIN_FILENO; }
int Screen::wake_fd() const { return impl_->guard.wake_fd(); }
int Screen::signal() const { return impl_->guard.signal(); }

void Screen::repaint() {
  impl_->shown = Canvas(1, 1, impl_->charset);
  ::clearok(stdscr, true);
}

void Screen::present(const Canvas& canvas) {
  const bool all = canvas.width() != impl_->shown.width() ||
                   canvas.height() != impl_->shown.height();
  if (all) ::erase();
  for (int y = 0; y < canvas.height(); ++y) {
    for (int x = 0; x < canvas.width(); ++x) {
      const Cell& cell = canvas.at(x, y);
      if (cell.tail) continue;
      if (!all && cell == impl_->shown.at(x, y)) continue;
      impl_->put(x, y, cell);
    }
  }
  impl_->shown = canvas;
  ::refresh();
}

std::optional<Key> Screen::read_key() {
  while (true) {
    wint_t code = 0;
    switch (::get_wch(&code)) {
      case OK: return plain_key(code);
      case KEY_CODE_YES:
        if (code == KEY_MOUSE) {
          if (impl_->read_mouse()) return keys::kMouse;
          continue;
        }
        if (const auto key = translate(code)) return key;
        continue;  // a key that means nothing here
      default: return std::nullopt;
    }
  }
}

}  // namespace tidemark
