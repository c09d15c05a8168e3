// How throughput grows with concurrency, and where it stops.
//
// Universal Scalability Law (Gunther 1993): with N users
//   X(N) = lambda N / (1 + sigma (N - 1) + kappa N (N - 1))
// sigma is what queues behind one another (Amdahl), kappa what each user costs
// each other one; with kappa > 0 throughput has a peak at
//   N* = sqrt((1 - sigma) / kappa)
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace tidemark {

struct LoadPoint {
  double users = 0;       // > 0
  double per_second = 0;  // operations, > 0
};

struct Scaling {
  double lambda = 0;  // operations per second of one user alone
  double sigma = 0, kappa = 0;
  double worst_error = 0;  // of the fit, as a share of the measured figure
  std::optional<double> peak_users;  // where throughput is greatest
  double peak_per_second = 0;        // there; else the limit lambda / sigma
  // Whether the peak lies within what was measured, or a little beyond.
  bool peak_is_near = false;

  double at(double users) const {
    return lambda * users /
           (1 + sigma * (users - 1) + kappa * users * (users - 1));
  }
};

// Least squares with sigma and kappa not negative. Absent with fewer than three
// different numbers of users.
std::optional<Scaling> fit_scaling(std::span<const LoadPoint> points);

// The first point from which more users bring less than a fifth of their share:
// the index of the last one that was worth it. Points ascend by users; absent
// when all are worth it or there are fewer than three.
std::optional<size_t> throughput_knee(std::span<const LoadPoint> points);

}  // namespace tidemark
