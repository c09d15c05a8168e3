// Random draws of the simulation, from one seed.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace tidemark::accuracy {

using Values = std::vector<double>;

class Draw {
 public:
  explicit Draw(uint64_t seed) : random_(seed) {}

  double uniform(double low, double high) {
    return low + (high - low) * unit_(random_);
  }
  double normal(double deviation = 1) { return deviation * normal_(random_); }
  // A stationary series whose neighbours correlate by phi.
  Values correlated(size_t n, double phi, double deviation) {
    Values series(n);
    double value = normal(deviation);
    const double fresh = std::sqrt(1 - phi * phi) * deviation;
    for (double& at : series) {
      value = phi * value + normal(fresh);
      at = value;
    }
    return series;
  }

 private:
  std::mt19937_64 random_;
  std::uniform_real_distribution<double> unit_{0, 1};
  std::normal_distribution<double> normal_{0, 1};
};

}  // namespace tidemark::accuracy
