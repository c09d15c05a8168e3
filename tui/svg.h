// A canvas as a picture: SVG 1.1 that needs no font with braille and loads
// nothing.
#pragma once

#include <string>

#include "tui/canvas.h"
#include "tui/theme.h"

namespace tidemark {

std::string to_svg(const Canvas& canvas, Theme theme);

}  // namespace tidemark
