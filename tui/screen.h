// The terminal. The only file that knows ncurses: what a Tone looks like, what
// a key sends, how cells reach the screen.
#pragma once

#include <memory>
#include <optional>

#include "core/base/result.h"
#include "tui/canvas.h"
#include "tui/keymap.h"
#include "tui/theme.h"

namespace tidemark {

class Screen {
 public:
  // Takes the terminal on stdin and stdout. Error: usage, one line, when they
  // are no terminal or TERM names none that can place a cursor.
  static Result<Screen> open(Theme theme, bool mouse);
  Screen(Screen&&) noexcept;
  Screen& operator=(Screen&&) noexcept;
  ~Screen();  // gives the terminal back

  int width() const;
  int height() const;
  // utf8 when the locale is.
  Charset charset() const;
  void set_theme(Theme theme);
  // Shows the canvas; only cells that changed are sent.
  void present(const Canvas& canvas);
  // Forgets what the terminal shows: the next present() sends everything.
  void repaint();
  // The next key, or nullopt when none waits.
  std::optional<Key> read_key();
  // Where the mouse was, after keys::kMouse.
  Click click() const;
  // Readable when keys wait or a signal asks to end.
  int key_fd() const;
  int wake_fd() const;
  // The signal that asked to end, or 0.
  int signal() const;

 private:
  struct Impl;
  explicit Screen(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// utf8 when the environment's locale is; sets LC_CTYPE.
Charset locale_charset();

}  // namespace tidemark
