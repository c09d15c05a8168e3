// What is always on screen: run, host, mode and time, phase, own cost, losses,
// and the whole run as one phase bar.
#pragma once

#include "tui/view_model.h"

namespace tidemark {

inline constexpr int kHeaderRows = 3;
// Columns left and right of every curve and of the phase bar, so that they
// share one time axis.
inline constexpr int kLeftGutter = 13;
inline constexpr int kRightGutter = 7;

void draw_header(const Pane& pane, const ViewModel& model);

// The time axis of curves in a pane of this width.
TimeAxis curve_axis(const ViewModel& model, int width);

// A curve with its name and value now on the left, its range on the right,
// phase boundaries behind it and the position of the screen.
struct Curve {
  std::string name;
  const BucketSeries* series = nullptr;
  std::string (*format)(double) = nullptr;
  Tone tone = Tone::cpu;
  bool growth = false;  // range_of_growth instead of range_from_zero
  bool bytes = false;
  // Drawn as a line once the curve has come to half of it.
  std::optional<double> limit = {};
};
// Only those that have something to draw.
std::vector<Curve> drawable(std::vector<Curve> curves);
// One below the other in at most `rows` rows, each 1 to `highest` rows high;
// those that find no room are left out. Returns the rows used.
int draw_curves(const Pane& pane, const ViewModel& model,
                const std::vector<Curve>& curves, int rows, int highest);

void draw_curve(const Pane& pane, const ViewModel& model, const Curve& curve);

// Units of curves.
std::string percent_sign(double ratio);     // "61%"
std::string bytes_per_second(double rate);  // "1.2M/s"
std::string seconds_short(double seconds);  // "1.2ms"

}  // namespace tidemark
