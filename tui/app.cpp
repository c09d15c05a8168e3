#include "tui/app.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "tui/canvas.h"
#include "tui/controller.h"
#include "tui/frame_source.h"
#include "tui/live_recording.h"
#include "tui/marker.h"
#include "tui/screen.h"
#include "tui/settings.h"
#include "tui/svg.h"

namespace tidemark {
namespace {

constexpr const char* kBootId = "/proc/sys/kernel/random/boot_id";
// Where the service records (tidemarkd.service).
constexpr const char* kStateFolder = "/var/lib/tidemark";
// Records read between two looks at the keyboard.
constexpr size_t kBatch = 256;
constexpr Nanoseconds kSecond{1'000'000'000};
// Verdicts are drawn again at most this often, and take at most 1/300 of the
// time.
constexpr Nanoseconds kJudgeEvery = 5 * kSecond;
constexpr int kJudgeShare = 300;

Result<FrameSource> open_source(const TopOptions& options, const Clock& clock) {
  std::string path = options.recording;
  if (path.empty()) {
    const int64_t now = clock.anchor().realtime_ns;
    auto live = find_live_recording(".", now);
    if (!live) {
      if (auto service = find_live_recording(kStateFolder, now)) {
        live = std::move(service);
      }
    }
    TIDEMARK_TRY(path, std::move(live));
  } else {
    TIDEMARK_TRY(path, newest_part(path));
  }
  return FrameSource::open(path);
}

// Everything the loop keeps between two turns.
class Loop {
 public:
  Loop(FrameSource& source, Controller& controller, Screen& screen,
       const Clock& clock)
      : source_(source),
        controller_(controller),
        screen_(screen),
        clock_(clock) {}

  // Where to begin and with which view, once everything was read.
  void begin_at(const TopOptions& options) { at_ = options.at; }
  Result<int> run();

 private:
  bool wait();
  bool read_keys();
  bool read_recording();
  bool go_on();
  bool judge();
  void draw();
  int timeout_ms() const;

  FrameSource& source_;
  Controller& controller_;
  Screen& screen_;
  const Clock& clock_;
  std::string at_;
  bool unjudged_ = true;
  bool was_live_ = false;  // it had no end when all of it was read
  BootTime next_look_;     // for a part behind this one
  BootTime next_judgement_;
  BootTime drawn_;
};

int Loop::timeout_ms() const {
  if (!source_.caught_up() || controller_.reading()) return 0;
  if (controller_.playing()) return 50;
  if (source_.closed()) return 1000;
  // Often enough that a tick is shown well before the next one.
  const int64_t quarter = source_.history().tail().interval().count() / 4;
  return static_cast<int>(std::clamp<int64_t>(quarter / 1'000'000, 20, 250));
}

// False when the terminal has gone.
bool Loop::wait() {
  std::array<pollfd, 2> fds = {
      {{screen_.key_fd(), POLLIN, 0}, {screen_.wake_fd(), POLLIN, 0}}};
  const int ready = ::poll(fds.data(), fds.size(), timeout_ms());
  if (ready < 0) return errno == EINTR;
  const bool gone = (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
  return !gone;
}

bool Loop::read_keys() {
  bool any = false;
  while (const auto key = screen_.read_key()) {
    any = true;
    if (*key == keys::kMouse) {
      controller_.click(screen_.click());
    } else if (*key != keys::kResize) {
      controller_.handle(*key);
    }
  }
  return any;
}

bool Loop::read_recording() {
  const bool fresh = source_.follow(kBatch);
  unjudged_ = unjudged_ || fresh;
  return fresh;
}

// The service begins a new file when one is full or the daemon begins again:
// who stood at the tail goes along.
bool Loop::go_on() {
  if (!source_.caught_up()) return false;
  if (!source_.closed()) was_live_ = true;
  const BootTime now = clock_.now();
  const bool silent = now - source_.history().tail().time() > 3 * kSecond;
  if (!was_live_ || !source_.following() || now < next_look_ ||
      !(source_.closed() || silent)) {
    return false;
  }
  next_look_ = now + kSecond;
  const auto next = find_successor(source_.path());
  if (!next) return false;
  auto opened = FrameSource::open(*next);
  if (!opened) return false;  // not yet begun: the next look
  source_ = std::move(*opened);
  controller_.on_next_part();
  next_judgement_ = {};
  return true;
}

bool Loop::judge() {
  const BootTime now = clock_.now();
  const bool last = source_.closed() && source_.caught_up();
  if (!unjudged_ || !source_.caught_up() || (now < next_judgement_ && !last)) {
    return false;
  }
  controller_.set_verdicts(source_.judge());
  unjudged_ = false;
  const BootTime done = clock_.now();
  next_judgement_ = done + std::max(kJudgeEvery, (done - now) * kJudgeShare);
  return true;
}

void Loop::draw() {
  screen_.set_theme(controller_.theme());
  if (controller_.take_repaint()) screen_.repaint();
  Canvas canvas(screen_.width(), screen_.height(), screen_.charset());
  drawn_ = clock_.now();
  controller_.draw(canvas, drawn_);
  screen_.present(canvas);
}

Result<int> Loop::run() {
  draw();
  while (!controller_.wants_quit() && screen_.signal() == 0) {
    if (!wait()) break;
    bool changed = read_keys();
    changed |= read_recording();
    changed |= go_on();
    changed |= controller_.read_on(kBatch);
    changed |= judge();
    if (!at_.empty() && source_.caught_up()) {
      TIDEMARK_CHECK(controller_.go_to(std::exchange(at_, {})));
      changed = true;
    }
    const BootTime now = clock_.now();
    changed |= controller_.play(now);
    // While a long file is read the keys stay quick and the progress shows;
    // the age of a live sample moves once a second.
    const bool reading = !source_.caught_up();
    const Nanoseconds since = now - drawn_;
    if (reading ? since > kSecond / 10 : changed || since >= kSecond) draw();
  }
  return screen_.signal();
}

}  // namespace

namespace {

// What the command line says wins over what was saved.
Status begin_with(const TopOptions& options, Controller& controller) {
  if (!options.view.empty()) {
    TIDEMARK_CHECK(controller.open_view(options.view));
  }
  if (!options.filter.empty()) controller.set_filter(options.filter);
  if (!options.against.empty()) {
    TIDEMARK_CHECK(controller.compare_with(options.against));
  }
  return {};
}

Result<Settings> choose_settings(const TopOptions& options, Settings settings) {
  if (options.theme.empty()) return settings;
  const auto theme = theme_from_name(options.theme);
  if (!theme) {
    return fail(ErrorKind::usage, "--theme is dark, light or contrast");
  }
  settings.theme = *theme;
  return settings;
}

}  // namespace

Result<int> run_top(const TopOptions& options, const Clock& clock) {
  TIDEMARK_TRY(FrameSource source, open_source(options, clock));
  const std::string path = settings_path();
  const auto saved = load_settings(path);
  TIDEMARK_TRY(const Settings settings,
               choose_settings(options, saved.value_or(Settings{})));
  Controller controller(source, locale_charset(),
                        is_this_boot(source.info(), kBootId));
  controller.apply(settings);
  if (!saved) controller.say(saved.error().what);
  TIDEMARK_CHECK(begin_with(options, controller));
  controller.set_mark_writer([&](const std::string& text) {
    return write_mark(source.info().socket, text);
  });
  TIDEMARK_TRY(Screen screen, Screen::open(settings.theme, settings.mouse));
  Loop loop(source, controller, screen, clock);
  loop.begin_at(options);
  const auto result = loop.run();
  // A broken file is the user's to mend, not ours to replace.
  Settings now = controller.settings();
  now.mouse = settings.mouse;
  if (saved && now != settings) (void)save_settings(path, now);
  return result;
}

Result<std::string> print_top(const TopOptions& options, int width, int height,
                              PrintAs as, const Clock& clock) {
  TIDEMARK_TRY(FrameSource source, open_source(options, clock));
  TIDEMARK_TRY(const Settings settings, choose_settings(options, Settings{}));
  const Charset charset =
      as == PrintAs::svg ? (locale_charset(), Charset::utf8) : locale_charset();
  source.follow();
  Controller controller(source, charset, is_this_boot(source.info(), kBootId));
  controller.apply(settings);
  controller.set_verdicts(source.judge());
  TIDEMARK_CHECK(begin_with(options, controller));
  while (controller.reading()) controller.read_on(kBatch);
  if (!options.at.empty()) TIDEMARK_CHECK(controller.go_to(options.at));
  Canvas canvas(width, height, charset);
  controller.draw(canvas, clock.now());
  if (as == PrintAs::svg) return to_svg(canvas, settings.theme);
  return canvas.to_text();
}

}  // namespace tidemark
