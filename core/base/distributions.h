// The few distribution functions the statistics need, so that Boost.Math is
// compiled in one file.
#pragma once

namespace tidemark {

// P(Z > z) of the standard normal.
double normal_upper_tail(double z);
// z with P(Z > z) = p, 0 < p < 1.
double normal_upper_quantile(double p);
// P(T > t) of Student's t with `degrees` > 0 degrees of freedom.
double student_upper_tail(double t, double degrees);

}  // namespace tidemark
