// What a Tone looks like. Pure: screen.cpp turns it into ncurses' terms,
// svg.cpp into colours of a picture.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "tui/canvas.h"

namespace tidemark {

struct Look {
  int basic = -1;    // one of the 8 colours, -1: the terminal's own
  int rich = -1;     // one of 256
  uint32_t rgb = 0;  // of pictures
  // What stands in for colour where there is none.
  bool bold = false, dim = false, underline = false;
};

enum class Theme : uint8_t { dark, light, contrast };

Look look_of(Theme theme, Tone tone);
// The background that marks phases of load: of 256 colours, and of pictures.
int shade_colour(Theme theme);
uint32_t shade_rgb(Theme theme);
uint32_t background_rgb(Theme theme);
// "dark", "light", "contrast".
std::string_view theme_name(Theme theme);
std::optional<Theme> theme_from_name(std::string_view name);

}  // namespace tidemark
