#include "core/base/distributions.h"

#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>

namespace tidemark {

namespace math = boost::math;

double normal_upper_tail(double z) {
  return math::cdf(math::complement(math::normal(), z));
}

double normal_upper_quantile(double p) {
  return math::quantile(math::complement(math::normal(), p));
}

double student_upper_tail(double t, double degrees) {
  return math::cdf(math::complement(math::students_t(degrees), t));
}

}  // namespace tidemark
