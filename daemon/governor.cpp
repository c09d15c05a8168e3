#include "daemon/governor.h"

#include <fmt/format.h>

#include <array>

namespace tidemark {
namespace {

struct Step {
  uint32_t every;    // scans of all processes; the host's files at 5x this
  int64_t interval;  // factor on the tick
  bool slow;
  const char* what;
};

constexpr std::array<Step, Governor::kMaxStep + 1> kSteps = {{
    {1, 1, true, "every tier at its own period"},
    {2, 1, true, "all processes and the host every 2nd turn"},
    {4, 1, true, "all processes and the host every 4th turn"},
    {4, 2, true, "the tick's period doubled"},
    {4, 4, true, "the tick's period 4 times as long"},
    {4, 4, false, "the slow tier dropped"},
}};

}  // namespace

bool Governor::update(BootTime now, Nanoseconds cpu) {
  if (!judging_) {
    if (!started_) window_begin_ = now;
    started_ = true;
    if (now - window_begin_ < kWarmup) return false;
    judging_ = true;
    window_begin_ = calm_since_ = now;
    window_cpu_ = cpu;
    return false;
  }
  const Nanoseconds elapsed = now - window_begin_;
  if (elapsed < kWindow) return false;
  load_ = to_seconds(cpu - window_cpu_) / to_seconds(elapsed);
  window_begin_ = now;
  window_cpu_ = cpu;
  return judge(now);
}

bool Governor::judge(BootTime now) {
  if (load_ > budget_) {
    calm_since_ = now;
    if (step_ == kMaxStep) return false;
    move_to(step_ + 1);
    return true;
  }
  if (step_ == 0 || load_ > budget_ * kRelax) {
    calm_since_ = now;
    return false;
  }
  if (now - calm_since_ < kPatience) return false;
  calm_since_ = now;
  move_to(step_ - 1);
  return true;
}

void Governor::move_to(int step) {
  const Step& next = kSteps[static_cast<size_t>(step)];
  reason_ = fmt::format("own CPU {:.2f} % of a core, budget {:.2f} %: {}",
                        load_ * 100, budget_ * 100, next.what);
  step_ = step;
  decision_.plan.all_every = next.every;
  decision_.plan.host_every = 5 * next.every;
  decision_.plan.slow = next.slow;
  decision_.interval_factor = next.interval;
}

}  // namespace tidemark
