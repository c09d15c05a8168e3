#include "tests/accuracy/cycle_shapes.h"

#include <algorithm>

namespace tidemark::accuracy {
namespace {

constexpr double kMega = 1e6;
constexpr double kPage = 4096;

void flat(Values&, const Values&, const CyclePlan&, Draw&) {}

void fill_towards(Values& y, double height, double tau) {
  for (size_t k = 0; k < y.size(); ++k) {
    y[k] += height * (1 - std::exp(-static_cast<double>(k + 1) / tau));
  }
}

void warm_up(Values& y, const Values&, const CyclePlan&, Draw& draw) {
  const double height = draw.uniform(20, 200) * kMega;
  fill_towards(y, height, draw.uniform(0.3, 1.5));
}

void slow_cache(Values& y, const Values&, const CyclePlan&, Draw& draw) {
  const double height = draw.uniform(20, 200) * kMega;
  fill_towards(y, height,
               draw.uniform(0.25, 0.7) * static_cast<double>(y.size()));
}

void high_water(Values& y, const Values&, const CyclePlan&, Draw& draw) {
  double high = 0;
  for (double& at : y) {
    high = std::max(high, 30 * kMega + draw.normal(8 * kMega));
    at += high;
  }
}

void slow_noise(Values& y, const Values&, const CyclePlan&, Draw& draw) {
  const Values noise = draw.correlated(y.size(), std::exp(-0.5), 4 * kMega);
  for (size_t k = 0; k < y.size(); ++k) y[k] += noise[k];
}

// Read at a random moment between two collections.
void collector_phase(Values& y, const Values&, const CyclePlan&, Draw& draw) {
  const double height = draw.uniform(10, 60) * kMega;
  for (double& at : y) at += height * draw.uniform(0, 1);
}

// ---- short cycles

// Each thread's arena keeps the most it ever needed.
void thread_arenas(Values& y, const Values&, const CyclePlan&, Draw& draw) {
  const auto threads = static_cast<int>(draw.uniform(1, 17));
  for (int thread = 0; thread < threads; ++thread) {
    const double need = draw.uniform(0.1, 1) * kMega;
    const double swing = need * draw.uniform(0.05, 0.4);
    double high = 0;
    for (double& at : y) {
      high = std::max(high, need + draw.normal(swing));
      at += high;
    }
  }
}

// Arenas that come up at some moment, most of them early.
void arena_steps(Values& y, const Values&, const CyclePlan&, Draw& draw) {
  const auto count = static_cast<int>(draw.uniform(1, 9));
  for (int arena = 0; arena < count; ++arena) {
    const double when = draw.uniform(0, 1);
    const double height = draw.uniform(0.3, 4) * kMega;
    const auto begin =
        static_cast<size_t>(static_cast<double>(y.size()) * when * when);
    for (size_t k = begin; k < y.size(); ++k) y[k] += height;
  }
}

void one_step(Values& y, const Values&, const CyclePlan&, Draw& draw) {
  const double height = draw.uniform(1, 30) * kMega;
  const auto begin =
      static_cast<size_t>(draw.uniform(1, static_cast<double>(y.size()) - 1));
  for (size_t k = begin; k < y.size(); ++k) y[k] += height;
}

void two_steps(Values& y, const Values& ops, const CyclePlan& plan,
               Draw& draw) {
  one_step(y, ops, plan, draw);
  one_step(y, ops, plan, draw);
}

// A key-value store whose keys are drawn at random from a bounded space.
void key_space(Values& y, const Values& ops, const CyclePlan& plan,
               Draw& draw) {
  const double height = draw.uniform(1, 40) * kMega;
  const double keys = plan.load_ops * draw.uniform(0.2, 4);
  for (size_t k = 0; k < y.size(); ++k) {
    y[k] += height * (1 - std::exp(-ops[k] / keys));
  }
}

void log_cache(Values& y, const Values& ops, const CyclePlan& plan,
               Draw& draw) {
  const double height = draw.uniform(0.5, 5) * kMega;
  const double scale = plan.load_ops * draw.uniform(0.1, 1);
  for (size_t k = 0; k < y.size(); ++k) {
    y[k] += height * std::log1p(ops[k] / scale);
  }
}

// Freed a little later than the reading, every few cycles.
void late_release(Values& y, const Values&, const CyclePlan&, Draw& draw) {
  const double height = draw.uniform(0.3, 4) * kMega;
  for (double& at : y) {
    if (draw.uniform(0, 1) < 0.3) at += height;
  }
}

void leak_after_warm_up(Values& y, const Values& ops, const CyclePlan& plan,
                        Draw& draw) {
  key_space(y, ops, plan, draw);
}

void late_leak(Values& y, const Values& ops, const CyclePlan& plan, Draw&) {
  const double begin = ops[y.size() / 2 - 1];
  for (size_t k = 0; k < y.size(); ++k) {
    y[k] += plan.leak * std::max(0.0, ops[k] - begin);
  }
}

void growing_capacity(Values& y, const Values& ops, const CyclePlan& plan,
                      Draw&) {
  for (size_t k = 0; k < y.size(); ++k) {
    double capacity = kMega / 4;
    while (capacity < plan.leak * ops[k]) capacity *= 1.5;
    y[k] += capacity;
  }
}

// ---- handles, pieces

void fluctuating_handles(Values& y, const Values&, const CyclePlan&,
                         Draw& draw) {
  for (double& at : y) at += std::floor(draw.uniform(0, 4));
}

// A pool that opens one more when all are busy, up to its limit.
void lazy_pool(Values& y, const Values&, const CyclePlan&, Draw& draw) {
  const double limit = std::floor(draw.uniform(3, 17));
  const double chance = draw.uniform(0.1, 0.6);
  double open = 1;
  for (double& at : y) {
    for (int i = 0; i < 8; ++i) {
      if (draw.uniform(0, 1) < chance * (1 - open / limit)) ++open;
    }
    at += open;
  }
}

void rare_handle(Values& y, const Values&, const CyclePlan&, Draw& draw) {
  const double chance = draw.uniform(0.02, 0.12);
  double open = 0;
  for (double& at : y) {
    if (draw.uniform(0, 1) < chance && open < 3) ++open;
    at += open;
  }
}

constexpr CycleShape kPublished[] = {
    {"flat", flat},
    {"warm-up", warm_up},
    {"slow cache", slow_cache, false, true},
    {"high water", high_water},
    {"slow noise", slow_noise},
    {"collector phase", collector_phase},
};
constexpr CycleShape kShortBenign[] = {
    {"flat", flat},
    {"warm-up", warm_up},
    {"key space", key_space},
    {"log cache", log_cache},
    {"thread arenas", thread_arenas},
    {"arena steps", arena_steps},
    {"one step", one_step},
    {"two steps", two_steps},
    {"late release", late_release},
};
constexpr CycleShape kShortLeaking[] = {
    {"flat", flat},
    {"after warm-up", leak_after_warm_up, false, true},
    {"thread arenas", thread_arenas},
    {"late release", late_release},
    {"late leak", late_leak, true, true},
    {"growing capacity", growing_capacity, true, true},
};
constexpr CycleShape kHandlesBenign[] = {
    {"fds flat", flat, false, false, true},
    {"fds fluctuating", fluctuating_handles, false, false, true},
    {"fds lazy pool", lazy_pool, false, false, true},
    {"fds rare", rare_handle, false, false, true},
};
constexpr CycleShape kHandlesLeaking[] = {
    {"fds flat", flat, false, false, true},
    {"fds fluctuating", fluctuating_handles, false, false, true},
};

}  // namespace

std::span<const CycleShape> published_cycles() { return kPublished; }
CycleSet short_cycles() { return {kShortBenign, kShortLeaking}; }
CycleSet handle_cycles() { return {kHandlesBenign, kHandlesLeaking}; }

CurveInput make_cycles(const CycleShape& shape, const CyclePlan& plan,
                       Draw& draw) {
  Values operations(plan.count);
  double total = 0;
  for (double& at : operations) {
    total += std::round(plan.load_ops *
                        draw.uniform(1 - plan.spread, 1 + plan.spread));
    at = total;
  }
  Values retained(plan.count, shape.handles ? 20 : 200 * kMega);
  shape.add(retained, operations, plan, draw);
  CurveInput input;
  input.resource = shape.handles ? Resource::fds : Resource::rss_anon;
  input.ops_known = true;
  input.instrument_floor = shape.handles ? 1 : kPage;
  for (size_t k = 0; k < plan.count; ++k) {
    double value = retained[k];
    if (!shape.own_leak) value += plan.leak * operations[k];
    if (!shape.handles) value += draw.normal(plan.noise);
    value = std::floor(value / input.instrument_floor) * input.instrument_floor;
    const double seconds = static_cast<double>(k + 1) * plan.seconds;
    input.retained.push_back({seconds, operations[k], value});
  }
  return input;
}

}  // namespace tidemark::accuracy
