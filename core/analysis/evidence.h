// What a verdict is drawn from: the readings on their axis, the thresholds on
// that axis, and the slope.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/analysis/slope.h"
#include "core/analysis/verdict.h"

namespace tidemark {

// The axis of a leak: operations where they are counted, else minutes.
struct Axis {
  bool ops = false;
  double per_minute = 1;  // units of x in a minute
};

// Slopes per unit of x. A slope above `growing` counts as growth when it is
// certain; one below `none` is no leak worth naming. They differ where few
// operations are done in a minute: much per operation is little per minute,
// growth when certain, and no loss when not. Of handles any certain rise is
// growth, and `none` means less than 0.4 pieces per reading.
//
// Many operations a minute make the opposite case: 1 B each of 27,000 a second
// is 2 GiB a day. What certainly exceeds `by_time`, the threshold per minute,
// is therefore never none.
struct Thresholds {
  double growing = 0;
  double none = 0;
  double by_time = 0;  // 0: there is none (pieces)
};

struct Evidence {
  Series series;
  Axis axis;
  Thresholds delta;
  Slope slope;
  double resolution = 0;  // of one reading
  double seconds = 0;     // from the first reading to the last

  bool grows() const { return slope.trend.lo > delta.growing; }
  // Little per operation, but certain and much per minute.
  bool creeps() const {
    return delta.by_time > 0 && delta.by_time < delta.growing &&
           slope.trend.lo > delta.by_time;
  }
  // No leak worth naming, in a run that could have shown one: a series too
  // noisy for that is not flat by luck. One that falls is.
  bool flat() const {
    return slope.trend.hi < delta.none &&
           (slope.trend.hi < 0 ||
            slope.min_detectable < kLeastPower * delta.none);
  }
  static constexpr double kLeastPower = 3;
};

// Absent when the points do not vary in time.
std::optional<Evidence> gather_evidence(
    const CurveInput& input, const VerdictOptions& options,
    const std::vector<Finding::Point>& points);

// Fills the slopes, the smallest detectable ones, delta, n and points.
void fill_estimates(Finding& finding, const Evidence& evidence);

// "412 B", "3 fds".
std::string format_amount(Resource resource, double amount);
// "412 B per request" or "1.2 MiB/min", of a slope per unit of x.
std::string format_slope(const Finding& finding, const Axis& axis,
                         double slope);

}  // namespace tidemark
