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

// A tone in 8 colours, in 256, and what stands in for colour without any.
struct Look {
  short basic;
  short rich;
  attr_t without_colour;
  attr_t always;
};

constexpr short kDefault = -1;

constexpr std::array<Look, kTones> kLooks = {{
    {kDefault, kDefault, A_NORMAL, A_NORMAL},          // normal
    {kDefault, 245, A_DIM, A_NORMAL},                  // dim
    {COLOR_CYAN, 110, A_NORMAL, A_NORMAL},             // title
    {COLOR_CYAN, 117, A_BOLD, A_NORMAL},               // accent
    {COLOR_CYAN, 117, A_BOLD, A_NORMAL},               // key
    {COLOR_GREEN, 114, A_NORMAL, A_NORMAL},            // good
    {COLOR_YELLOW, 221, A_BOLD, A_NORMAL},             // warn
    {COLOR_RED, 203, A_BOLD | A_UNDERLINE, A_NORMAL},  // bad
    {COLOR_GREEN, 114, A_NORMAL, A_NORMAL},            // cpu
    {COLOR_MAGENTA, 176, A_NORMAL, A_NORMAL},          // memory
    {COLOR_YELLOW, 180, A_NORMAL, A_NORMAL},           // handles
    {COLOR_BLUE, 75, A_NORMAL, A_NORMAL},              // ops
    {kDefault, 245, A_NORMAL, A_NORMAL},               // setup
    {COLOR_YELLOW, 180, A_NORMAL, A_NORMAL},           // warmup
    {COLOR_BLUE, 75, A_NORMAL, A_NORMAL},              // ramp
    {COLOR_MAGENTA, 176, A_NORMAL, A_NORMAL},          // load
    {COLOR_GREEN, 114, A_NORMAL, A_NORMAL},            // steady
    {COLOR_CYAN, 73, A_NORMAL, A_NORMAL},              // cooldown
    {kDefault, 245, A_NORMAL, A_NORMAL},               // teardown
    {COLOR_RED, 131, A_NORMAL, A_NORMAL},              // exclude
}};

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
  Charset charset = Charset::ascii;
  Canvas shown{1, 1, Charset::ascii};

  ~Impl() {
    if (screen == nullptr) return;
    ::endwin();
    ::delscreen(screen);
  }
  void set_up();
  attr_t attributes(const Style& style) const;
  void put(int x, int y, const Cell& cell);
};

Result<Screen> Screen::open() {
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
  impl->set_up();
  return Screen(std::move(impl));
}

void Screen::Impl::set_up() {
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
    for (size_t i = 0; i < kTones; ++i) {
      const short pair = static_cast<short>(i + 1);
      ::init_pair(pair, rich ? kLooks[i].rich : kLooks[i].basic, kDefault);
    }
  }
  guard.set_restore_sequence(capability("sgr0") + capability("op") +
                             capability("rmkx") + capability("cnorm") +
                             capability("rmcup"));
}

attr_t Screen::Impl::attributes(const Style& style) const {
  const Look& look = kLooks[static_cast<size_t>(style.tone)];
  attr_t attributes = look.always;
  if (!colour || (!rich && look.basic == kDefault)) {
    attributes |= look.without_colour;
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
  const auto pair =
      static_cast<short>(colour ? static_cast<int>(cell.style.tone) + 1 : 0);
  cchar_t out{};
  ::setcchar(&out, text.data(), attributes(cell.style), pair, nullptr);
  ::mvadd_wch(y, x, &out);
}

Screen::Screen(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Screen::Screen(Screen&&) noexcept = default;
Screen& Screen::operator=(Screen&&) noexcept = default;
Screen::~Screen() = default;

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
        if (const auto key = translate(code)) return key;
        continue;  // a key that means nothing here
      default: return std::nullopt;
    }
  }
}

}  // namespace tidemark
