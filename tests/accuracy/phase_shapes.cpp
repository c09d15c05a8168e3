#include "tests/accuracy/phase_shapes.h"

#include <algorithm>
#include <numbers>

namespace tidemark::accuracy {
namespace {

constexpr double kBase = 200;
constexpr double kNoise = 0.6;

double fraction(size_t i, size_t n) {
  return static_cast<double>(i) / static_cast<double>(n);
}

void flat(Values&, double, Draw&) {}

void slow_noise(Values& y, double, Draw& draw) {
  const Values noise = draw.correlated(y.size(), std::exp(-1.0 / 300), 4);
  for (size_t i = 0; i < y.size(); ++i) y[i] += noise[i];
}

void fill_towards(Values& y, double height, double tau) {
  for (size_t i = 0; i < y.size(); ++i) {
    y[i] += height * (1 - std::exp(-fraction(i, y.size()) / tau));
  }
}

void warm_up(Values& y, double, Draw& draw) {
  const double height = draw.uniform(20, 200);
  fill_towards(y, height, draw.uniform(0.02, 0.2));
}

void slow_cache(Values& y, double, Draw& draw) {
  const double height = draw.uniform(20, 200);
  fill_towards(y, height, draw.uniform(0.25, 0.7));
}

void sawtooth(Values& y, double, Draw& draw) {
  const double height = draw.uniform(10, 60);
  const double period = draw.uniform(20, 200);
  const double start = draw.uniform(0, period);
  for (size_t i = 0; i < y.size(); ++i) {
    const double at = static_cast<double>(i) + start;
    y[i] += height * std::fmod(at, period) / period;
  }
}

void random_collector(Values& y, double, Draw& draw) {
  const double height = draw.uniform(10, 60);
  const double rate = height / draw.uniform(20, 150);
  double level = 0, limit = height * draw.uniform(0.7, 1.3);
  for (double& at : y) {
    level += rate * draw.uniform(0.5, 1.5);
    if (level > limit) {
      level = 0;
      limit = height * draw.uniform(0.7, 1.3);
    }
    at += level;
  }
}

void high_water(Values& y, double, Draw& draw) {
  const Values load = draw.correlated(y.size(), 0.9, 8);
  double high = 0;
  for (size_t i = 0; i < y.size(); ++i) {
    high = std::max(high, 30 + load[i]);
    y[i] += high;
  }
}

void ramp_up_and_down(Values& y, double, Draw& draw) {
  const double height = draw.uniform(20, 120);
  for (size_t i = 0; i < y.size(); ++i) {
    const double at = fraction(i, y.size());
    y[i] += height * std::min({6 * at, 1.0, 6 * (1 - at)});
  }
}

void ramp_and_stay(Values& y, double, Draw& draw) {
  const double height = draw.uniform(20, 120);
  for (size_t i = 0; i < y.size(); ++i) {
    y[i] += height * std::min(6 * fraction(i, y.size()), 1.0);
  }
}

// The leak arrives in jumps, some minutes apart.
void leak_in_steps(Values& y, double leak, Draw& draw) {
  double owed = 0, held = 0, next = draw.uniform(0, 300);
  for (size_t i = 0; i < y.size(); ++i) {
    owed += leak;
    if (static_cast<double>(i) >= next) {
      held += owed;
      owed = 0;
      next = static_cast<double>(i) + draw.uniform(120, 300);
    }
    y[i] += held;
  }
}

// ---- made afterwards

void log_cache(Values& y, double, Draw& draw) {
  const double height = draw.uniform(5, 40);
  const double scale = draw.uniform(20, 200);
  for (size_t i = 0; i < y.size(); ++i) {
    y[i] += height * std::log1p(static_cast<double>(i) / scale);
  }
}

void capped_log_cache(Values& y, double, Draw& draw) {
  const double height = draw.uniform(5, 40);
  const double scale = draw.uniform(20, 200);
  const double full = static_cast<double>(y.size()) * draw.uniform(0.3, 0.8);
  const double cap = height * std::log1p(full / scale);
  for (size_t i = 0; i < y.size(); ++i) {
    const double size = height * std::log1p(static_cast<double>(i) / scale);
    y[i] += std::min(cap, size);
  }
}

void batches(Values& y, double, Draw& draw) {
  const double height = draw.uniform(10, 80);
  const double period = draw.uniform(180, 420);
  const double length = draw.uniform(20, 90);
  const double start = draw.uniform(0, period);
  for (size_t i = 0; i < y.size(); ++i) {
    const double at = std::fmod(static_cast<double>(i) + start, period);
    if (at < length) y[i] += height;
  }
}

void slow_wave(Values& y, double, Draw& draw) {
  constexpr double kTurn = 2 * std::numbers::pi;
  const double height = draw.uniform(5, 30);
  const double start = draw.uniform(0, kTurn);
  const double periods = 1 / draw.uniform(1.2, 3);
  for (size_t i = 0; i < y.size(); ++i) {
    y[i] += height * std::sin(kTurn * periods * fraction(i, y.size()) + start);
  }
}

void decaying_spikes(Values& y, double, Draw& draw) {
  double spike = 0;
  for (double& at : y) {
    if (draw.uniform(0, 1) < 0.01) spike = draw.uniform(10, 150);
    spike *= 0.9;
    at += spike;
  }
}

// Up to ten arenas, most of them early.
void arenas(Values& y, double, Draw& draw) {
  const auto count = static_cast<int>(draw.uniform(1, 11));
  for (int arena = 0; arena < count; ++arena) {
    const double when = draw.uniform(0, 1);
    const double height = draw.uniform(2, 20);
    const auto begin =
        static_cast<size_t>(static_cast<double>(y.size()) * when * when);
    for (size_t i = begin; i < y.size(); ++i) y[i] += height;
  }
}

void late_leak(Values& y, double leak, Draw& draw) {
  const auto begin = static_cast<size_t>(static_cast<double>(y.size()) *
                                         draw.uniform(0.45, 0.6));
  for (size_t i = begin; i < y.size(); ++i) {
    y[i] += leak * static_cast<double>(i - begin);
  }
}

// The leak follows a load that changes every minute, as does the level.
void varying_load(Values& y, double leak, Draw& draw) {
  double load = 1, held = 0;
  for (size_t i = 0; i < y.size(); ++i) {
    if (i % 60 == 0) load = draw.uniform(0.2, 1.8);
    held += leak * load;
    y[i] += held + 8 * load;
  }
}

// A leaking container whose capacity grows by half.
void growing_capacity(Values& y, double leak, Draw&) {
  double needed = 0, capacity = 0;
  for (double& at : y) {
    needed += leak;
    while (needed > capacity) capacity = std::max(4.0, capacity * 1.5);
    at += capacity;
  }
}

constexpr PhaseShape kFirstBenign[] = {
    {"flat", flat},
    {"slow noise", slow_noise, true},
    {"warm-up", warm_up},
    {"slow cache", slow_cache},
    {"sawtooth", sawtooth},
    {"random collector", random_collector},
    {"high water", high_water},
    {"ramp up and down", ramp_up_and_down},
    {"ramp and stay", ramp_and_stay},
};
constexpr PhaseShape kFirstLeaking[] = {
    {"flat", flat},
    {"slow noise", slow_noise, true},
    {"warm-up", warm_up},
    {"sawtooth", sawtooth},
    {"random collector", random_collector},
    {"ramp and stay", ramp_and_stay},
    {"leak in steps", leak_in_steps, false, true},
};
constexpr PhaseShape kSecondBenign[] = {
    {"log cache", log_cache},
    {"capped log cache", capped_log_cache},
    {"batches", batches},
    {"slow wave", slow_wave},
    {"decaying spikes", decaying_spikes},
    {"arenas", arenas},
    {"quantised flat", flat, true, false, true},
};
constexpr PhaseShape kSecondLeaking[] = {
    {"capped log cache", capped_log_cache},
    {"batches", batches},
    {"decaying spikes", decaying_spikes},
    {"arenas", arenas},
    {"quantised flat", flat, true, false, true},
    {"late leak", late_leak, false, true},
    {"varying load", varying_load, false, true},
    {"growing capacity", growing_capacity, false, true},
};

}  // namespace

PhaseSet first_set() { return {kFirstBenign, kFirstLeaking}; }
PhaseSet second_set() { return {kSecondBenign, kSecondLeaking}; }

Values make_phase(const PhaseShape& shape, double per_minute, size_t seconds,
                  Draw& draw) {
  const double leak = per_minute / 60;
  Values y(seconds, kBase);
  if (!shape.own_noise) {
    const Values noise = draw.correlated(seconds, 0.8, kNoise);
    for (size_t i = 0; i < seconds; ++i) y[i] += noise[i];
  }
  shape.add(y, leak, draw);
  for (size_t i = 0; i < seconds; ++i) {
    if (!shape.own_leak) y[i] += leak * static_cast<double>(i);
    if (shape.quantised) y[i] = std::floor(y[i] * 256) / 256;
  }
  return y;
}

}  // namespace tidemark::accuracy
