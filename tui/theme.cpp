#include "tui/theme.h"

#include <array>

namespace tidemark {
namespace {

constexpr size_t kTones = static_cast<size_t>(Tone::exclude) + 1;
// The 8 colours of ECMA-48, by ncurses' numbers.
enum Basic : int { none = -1, red = 1, green, yellow, blue, magenta, cyan };

// By Tone.
using Looks = std::array<Look, kTones>;
constexpr Looks kDark = {{
    {none, none, 0xD4D4D4},                   // normal
    {none, 245, 0x8A8A8A, false, true},       // dim
    {cyan, 110, 0x87AFD7},                    // title
    {cyan, 117, 0x87D7FF, true},              // accent
    {cyan, 117, 0x87D7FF, true},              // key
    {green, 114, 0x87D787},                   // good
    {yellow, 221, 0xFFD75F, true},            // warn
    {red, 203, 0xFF5F5F, true, false, true},  // bad
    {green, 114, 0x87D787},                   // cpu
    {magenta, 176, 0xD787D7},                 // memory
    {yellow, 180, 0xD7AF87},                  // handles
    {blue, 75, 0x5FAFFF},                     // ops
    {none, 245, 0x8A8A8A},                    // setup
    {yellow, 180, 0xD7AF87},                  // warmup
    {blue, 75, 0x5FAFFF},                     // ramp
    {magenta, 176, 0xD787D7},                 // load
    {green, 114, 0x87D787},                   // steady
    {cyan, 73, 0x5FAFAF},                     // cooldown
    {none, 245, 0x8A8A8A},                    // teardown
    {red, 131, 0xAF5F5F},                     // exclude
}};
constexpr Looks kLight = {{
    {none, none, 0x202020},                   // normal
    {none, 242, 0x6C6C6C, false, true},       // dim
    {blue, 24, 0x005F87},                     // title
    {blue, 25, 0x005FAF, true},               // accent
    {blue, 25, 0x005FAF, true},               // key
    {green, 28, 0x008700},                    // good
    {magenta, 130, 0xAF5F00, true},           // warn
    {red, 160, 0xD70000, true, false, true},  // bad
    {green, 28, 0x008700},                    // cpu
    {magenta, 90, 0x870087},                  // memory
    {red, 94, 0x875F00},                      // handles
    {blue, 26, 0x005FD7},                     // ops
    {none, 242, 0x6C6C6C},                    // setup
    {red, 94, 0x875F00},                      // warmup
    {blue, 26, 0x005FD7},                     // ramp
    {magenta, 90, 0x870087},                  // load
    {green, 28, 0x008700},                    // steady
    {cyan, 30, 0x008787},                     // cooldown
    {none, 242, 0x6C6C6C},                    // teardown
    {red, 88, 0x870000},                      // exclude
}};
// Told apart with any kind of colour vision: the palette of Okabe and Ito 2008.
constexpr Looks kContrast = {{
    {none, none, 0xFFFFFF},                   // normal
    {none, 250, 0xBCBCBC, false, true},       // dim
    {cyan, 117, 0x56B4E9},                    // title
    {cyan, 117, 0x56B4E9, true},              // accent
    {cyan, 117, 0x56B4E9, true},              // key
    {cyan, 74, 0x56B4E9},                     // good
    {yellow, 220, 0xF0E442, true},            // warn
    {red, 208, 0xE69F00, true, false, true},  // bad
    {cyan, 74, 0x56B4E9},                     // cpu
    {yellow, 214, 0xE69F00},                  // memory
    {magenta, 175, 0xCC79A7},                 // handles
    {blue, 37, 0x009E73},                     // ops
    {none, 250, 0xBCBCBC},                    // setup
    {magenta, 175, 0xCC79A7},                 // warmup
    {blue, 37, 0x009E73},                     // ramp
    {yellow, 214, 0xE69F00},                  // load
    {cyan, 74, 0x56B4E9},                     // steady
    {none, 250, 0xBCBCBC},                    // cooldown
    {none, 250, 0xBCBCBC},                    // teardown
    {red, 166, 0xD55E00},                     // exclude
}};

const Looks& looks(Theme theme) {
  switch (theme) {
    case Theme::light: return kLight;
    case Theme::contrast: return kContrast;
    case Theme::dark: break;
  }
  return kDark;
}

constexpr std::array<std::string_view, 3> kNames = {"dark", "light",
                                                    "contrast"};

}  // namespace

Look look_of(Theme theme, Tone tone) {
  return looks(theme)[static_cast<size_t>(tone)];
}

int shade_colour(Theme theme) { return theme == Theme::light ? 254 : 235; }

uint32_t shade_rgb(Theme theme) {
  return theme == Theme::light ? 0xE4E4E4 : 0x262A30;
}

uint32_t background_rgb(Theme theme) {
  if (theme == Theme::light) return 0xFFFFFF;
  return theme == Theme::contrast ? 0x000000 : 0x16181C;
}

std::string_view theme_name(Theme theme) {
  return kNames[static_cast<size_t>(theme)];
}

std::optional<Theme> theme_from_name(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Theme>(i);
  }
  return std::nullopt;
}

}  // namespace tidemark
