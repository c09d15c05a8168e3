#include "core/analysis/alert_latch.h"

namespace tidemark {
namespace {

int rank(GateStatus status) {
  switch (status) {
    case GateStatus::fail: return 2;
    case GateStatus::warn: return 1;
    case GateStatus::pass:
    case GateStatus::inconclusive: return 0;
  }
  return 0;
}

GateStatus of_rank(int rank) {
  return rank == 2   ? GateStatus::fail
         : rank == 1 ? GateStatus::warn
                     : GateStatus::pass;
}

}  // namespace

bool AlertLatch::lasts(std::optional<BootTime>& since, BootTime now,
                       Nanoseconds wanted) {
  if (!since) since = now;
  return now - *since >= wanted;
}

bool AlertLatch::update(GateStatus raw, GateStatus tight, BootTime now) {
  const int is = rank(state_);
  if (rank(raw) > is) {
    better_since_.reset();
    if (!lasts(worse_since_, now, options_.hold)) return false;
    state_ = of_rank(rank(raw));
    worse_since_.reset();
    return true;
  }
  worse_since_.reset();
  if (rank(tight) >= is) {
    better_since_.reset();
    return false;
  }
  if (!lasts(better_since_, now, options_.clear)) return false;
  state_ = of_rank(rank(tight));
  better_since_.reset();
  return true;
}

}  // namespace tidemark
