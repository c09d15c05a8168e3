// The cohort matrix of each kind of site, as theory says.
#include "core/analysis/cohorts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <span>
#include <vector>

namespace tidemark {
namespace {

constexpr double kOps = 1000;  // of each load phase

// Outside, setup, then `cycles` times load and cool-down, then a teardown.
std::vector<CohortPhase> soak(size_t cycles, bool teardown = true) {
  std::vector<CohortPhase> phases;
  const auto add = [&](const std::string& label, PhaseKind kind) {
    CohortPhase phase;
    phase.label = label;
    phase.kind = kind;
    phase.ordinals = {static_cast<uint32_t>(phases.size())};
    phase.minutes = 1;
    phase.measured = kind == PhaseKind::load;
    phase.ops = phase.measured ? kOps : 0;
    phase.startup = phases.size() < 2;
    phase.teardown = kind == PhaseKind::teardown;
    phases.push_back(phase);
  };
  add("", PhaseKind::custom);
  add("setup", PhaseKind::setup);
  for (size_t i = 0; i < cycles; ++i) {
    add("load#" + std::to_string(i + 1), PhaseKind::load);
    add("cooldown#" + std::to_string(i + 1), PhaseKind::cooldown);
  }
  if (teardown) add("teardown", PhaseKind::teardown);
  return phases;
}

// taken(p), and what of it lives `age` phases later.
CohortMatrix matrix_of(const std::vector<CohortPhase>& phases,
                       const std::function<double(size_t)>& taken,
                       const std::function<double(size_t p, size_t q)>& alive) {
  CohortMatrix matrix(phases.size());
  for (size_t p = 0; p < phases.size(); ++p) {
    matrix.taken[p] = taken(p);
    for (size_t q = p; q < phases.size(); ++q) {
      matrix.live[p][q - p] = matrix.taken[p] * alive(p, q);
    }
  }
  return matrix;
}

std::function<double(size_t)> each_load(const std::vector<CohortPhase>& phases,
                                        double bytes) {
  return
      [&phases, bytes](size_t p) { return phases[p].measured ? bytes : 0.0; };
}

double forever(size_t, size_t) { return 1; }

SiteClass class_of(const CohortMatrix& matrix,
                   const std::vector<CohortPhase>& phases, double r = 1) {
  return judge_cohorts(matrix, phases, r).site_class;
}

TEST(Cohorts, ALeakKeepsAResidueOfEveryCohort) {
  const auto phases = soak(8, false);
  const auto matrix = matrix_of(phases, each_load(phases, 412e3), forever);
  const CohortJudgement judgement = judge_cohorts(matrix, phases, 1);
  EXPECT_EQ(judgement.site_class, SiteClass::leak);
  EXPECT_DOUBLE_EQ(judgement.per_op, 412);
  EXPECT_EQ(judgement.cohorts, 7u);  // the last is not two phases old
  EXPECT_DOUBLE_EQ(judgement.residue, 7 * 412e3);
  EXPECT_DOUBLE_EQ(judgement.gained, 8 * 412e3);
}

TEST(Cohorts, ALeakOfOneBlockInAHundredIsOne) {
  const auto phases = soak(8, false);
  // The rest is freed before the phase ends.
  const auto matrix = matrix_of(phases, each_load(phases, 1e7),
                                [](size_t, size_t) { return 0.01; });
  const CohortJudgement judgement = judge_cohorts(matrix, phases, 1);
  EXPECT_EQ(judgement.site_class, SiteClass::leak);
  EXPECT_DOUBLE_EQ(judgement.per_op, 100);
}

TEST(Cohorts, ALeakMayBeginLate) {
  const auto phases = soak(12, false);
  const auto late = [&](size_t p) {
    return phases[p].measured && p >= 12 ? 1e5 : 0.0;
  };
  EXPECT_EQ(class_of(matrix_of(phases, late, forever), phases),
            SiteClass::leak);
}

TEST(Cohorts, ALeakFollowsTheLoadNotTheTime) {
  auto phases = soak(9, false);
  for (size_t p = 0; p < phases.size(); ++p) {
    if (phases[p].measured) phases[p].ops = p % 4 == 0 ? 4000 : 400;
  }
  const auto taken = [&](size_t p) { return phases[p].ops * 64; };
  const CohortJudgement judgement =
      judge_cohorts(matrix_of(phases, taken, forever), phases, 1);
  EXPECT_EQ(judgement.site_class, SiteClass::leak);
  EXPECT_DOUBLE_EQ(judgement.per_op, 64);
}

// Requests of the kind that leaks come unevenly: by the requests of all kinds
// some cohorts keep little, by what they took themselves all keep the same.
constexpr double kShares[] = {58, 37, 54, 18, 76, 62, 11,
                              8,  24, 62, 61, 71, 47, 18};

// taken(p) of the load phases: one share each.
std::function<double(size_t)> by_share(std::span<const double> shares) {
  return [shares](size_t p) {
    return p >= 2 && p % 2 == 0 ? shares[(p - 2) / 2] * 6e3 : 0.0;
  };
}

TEST(Cohorts, ALeakMayTakeLittleInSomePhases) {
  const auto phases = soak(14, false);
  const auto matrix = matrix_of(phases, by_share(kShares), forever);
  EXPECT_EQ(class_of(matrix, phases), SiteClass::leak);
  // As the sampling sees it.
  EXPECT_EQ(class_of(matrix, phases, 4096), SiteClass::leak);
}

TEST(Cohorts, APhaseThatKeptLittleOfMuchIsNoLeaksPhase) {
  const auto phases = soak(14, false);
  const auto alive = [](size_t p, size_t) {
    return p == 14 || p == 16 ? 0.1 : 1.0;  // two of a batch, freed with it
  };
  EXPECT_NE(class_of(matrix_of(phases, each_load(phases, 1e6), alive), phases),
            SiteClass::leak);
}

// A table that is full just before the end, or took two more rows since.
TEST(Cohorts, WhatTakesLittleAtTheEndMayBeFull) {
  const auto phases = soak(14, false);
  const std::vector<double> full = {60, 60, 60, 60, 60, 60, 60,
                                    60, 60, 60, 60, 2,  1,  1};
  const std::vector<double> steps = {90, 90, 90, 2, 2, 2, 2,
                                     2,  2,  90, 2, 2, 2, 2};
  for (const auto& shares : {full, steps}) {
    EXPECT_NE(class_of(matrix_of(phases, by_share(shares), forever), phases),
              SiteClass::leak);
  }
}

TEST(Cohorts, WhatTheTeardownFreesLivedThroughAllPhases) {
  const auto phases = soak(8);
  const size_t end = phases.size() - 1;
  const auto alive = [end](size_t, size_t q) { return q < end ? 1.0 : 0.0; };
  const auto matrix = matrix_of(phases, each_load(phases, 1e5), alive);
  const CohortJudgement judgement = judge_cohorts(matrix, phases, 1);
  EXPECT_EQ(judgement.site_class, SiteClass::tidy_at_exit);
  EXPECT_DOUBLE_EQ(judgement.per_op, 100);
  // Without a teardown that frees it, it is a plain leak.
  EXPECT_EQ(
      class_of(matrix_of(phases, each_load(phases, 1e5), forever), phases),
      SiteClass::leak);
}

// A cache of as much as two and a half load phases bring, oldest out first.
TEST(Cohorts, ACacheDrainsItsOldCohorts) {
  const auto phases = soak(10, false);
  const auto alive = [&](size_t p, size_t q) {
    double later = 0;
    for (size_t i = p + 1; i <= q; ++i) later += phases[i].measured;
    return std::clamp(2.5 - later, 0.0, 1.0);
  };
  EXPECT_EQ(class_of(matrix_of(phases, each_load(phases, 1e6), alive), phases),
            SiteClass::cache);
}

TEST(Cohorts, ACacheThatEvictsAtRandomDrainsToo) {
  const auto phases = soak(12, false);
  for (const double lifetime : {3.0, 6.0, 12.0}) {
    const auto alive = [lifetime](size_t p, size_t q) {
      return std::exp(-static_cast<double>(q - p) / lifetime);
    };
    const SiteClass found =
        class_of(matrix_of(phases, each_load(phases, 1e6), alive), phases);
    EXPECT_NE(found, SiteClass::leak) << lifetime;
    EXPECT_NE(found, SiteClass::tidy_at_exit) << lifetime;
  }
}

// Keys that come again are found in it: each phase brings fewer new ones.
TEST(Cohorts, ACacheThatFillsSlowsDown) {
  const auto phases = soak(10, false);
  const auto taken = [&](size_t p) {
    return phases[p].measured ? 1e6 * std::exp(-static_cast<double>(p) / 6)
                              : 0.0;
  };
  EXPECT_EQ(class_of(matrix_of(phases, taken, forever), phases),
            SiteClass::cache);
}

TEST(Cohorts, StartUpDataIsOneEarlyCohort) {
  const auto phases = soak(8, false);
  const auto taken = [](size_t p) { return p == 1 ? 5e6 : 1e3; };
  EXPECT_EQ(class_of(matrix_of(phases, taken,
                               [](size_t p, size_t q) {
                                 return p == 1 || q == p ? 1.0 : 0.0;
                               }),
                     phases),
            SiteClass::startup);
}

TEST(Cohorts, AStepIsOneLaterCohort) {
  const auto phases = soak(8, false);
  const auto taken = [](size_t p) { return p == 6 ? 5e6 : 0.0; };
  EXPECT_EQ(class_of(matrix_of(phases, taken, forever), phases),
            SiteClass::step);
}

TEST(Cohorts, ChurnTakesMuchAndKeepsNothing) {
  const auto phases = soak(8, false);
  const auto alive = [](size_t p, size_t q) { return q == p ? 0.01 : 0.0; };
  EXPECT_EQ(class_of(matrix_of(phases, each_load(phases, 1e8), alive), phases),
            SiteClass::churn);
}

// Fragmentation: of each cohort half is freed, the rest with the next one.
TEST(Cohorts, HalfFreedAtOnceAndHalfLaterIsNoLeak) {
  const auto phases = soak(8, false);
  const auto alive = [](size_t p, size_t q) {
    return q < p + 2 ? 0.5 : q < p + 4 ? 0.25 : 0.0;
  };
  const SiteClass found =
      class_of(matrix_of(phases, each_load(phases, 1e6), alive), phases);
  EXPECT_TRUE(found == SiteClass::cache || found == SiteClass::churn)
      << site_class_name(found);
}

TEST(Cohorts, SlowDrainAsksForALongerRun) {
  const auto phases = soak(6, false);
  const auto alive = [](size_t p, size_t q) {
    return std::max(0.0, 1 - 0.08 * static_cast<double>(q - p));
  };
  EXPECT_EQ(class_of(matrix_of(phases, each_load(phases, 1e6), alive), phases),
            SiteClass::slow_drain);
}

TEST(Cohorts, TooFewPhasesSayNothing) {
  const auto phases = soak(3, false);
  const auto matrix = matrix_of(phases, each_load(phases, 1e6), forever);
  const CohortJudgement judgement = judge_cohorts(matrix, phases, 1);
  EXPECT_EQ(judgement.cohorts, 2u);
  EXPECT_EQ(judgement.site_class, SiteClass::unclear);
  EXPECT_EQ(judge_cohorts(CohortMatrix(0), {}, 1).site_class,
            SiteClass::unclear);
}

TEST(Cohorts, FewSamplesSayNothing) {
  const auto phases = soak(8, false);
  const auto matrix = matrix_of(phases, each_load(phases, 10e3), forever);
  EXPECT_EQ(class_of(matrix, phases), SiteClass::leak);
  // 80 kB are not two blocks of 64 KiB's sampling.
  EXPECT_EQ(class_of(matrix, phases, 65536), SiteClass::unclear);
}

// What sampling shows of a leak: Poisson counts of one sample's weight each.
TEST(Cohorts, ASampledLeakIsOneInNearlyAllSeeds) {
  const auto phases = soak(14, false);
  constexpr double kR = 65536;
  int leaks = 0;
  int caches = 0;
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    std::poisson_distribution<int> samples(5);  // 4.6 MB in all
    CohortMatrix leak(phases.size());
    CohortMatrix cache(phases.size());
    for (size_t p = 0; p < phases.size(); ++p) {
      if (!phases[p].measured) continue;
      const int n = samples(random);
      leak.taken[p] = cache.taken[p] = n * kR;
      std::exponential_distribution<double> lifetime(1.0 / 5);
      std::vector<double> lives;
      for (int i = 0; i < n; ++i) lives.push_back(lifetime(random));
      for (size_t q = p; q < phases.size(); ++q) {
        leak.live[p][q - p] = n * kR;
        cache.live[p][q - p] =
            kR *
            static_cast<double>(std::ranges::count_if(lives, [&](double life) {
              return life > static_cast<double>(q - p);
            }));
      }
    }
    leaks += class_of(leak, phases, kR) == SiteClass::leak;
    caches += class_of(cache, phases, kR) == SiteClass::leak;
  }
  EXPECT_GE(leaks, 196);
  EXPECT_EQ(caches, 0);
}

TEST(Cohorts, AreShownInAFewRows) {
  const auto phases = soak(20, false);  // 42 of them
  const auto matrix = matrix_of(phases, each_load(phases, 100), forever);
  const auto all = show_cohorts(matrix, phases, 48);
  ASSERT_EQ(all.size(), phases.size());
  EXPECT_EQ(all[2].phase, "load#1");
  EXPECT_EQ(all[2].live.size(), phases.size() - 2);
  const auto few = show_cohorts(matrix, phases, 12);
  ASSERT_LE(few.size(), 12u);
  EXPECT_EQ(few[0].phases, 1u);
  double taken = 0;
  size_t joined = 0;
  for (const auto& row : few) {
    taken += row.taken;
    joined += row.phases;
    EXPECT_DOUBLE_EQ(row.live.back(), row.taken);
  }
  EXPECT_DOUBLE_EQ(taken, 2000);
  EXPECT_EQ(joined, phases.size());
}

TEST(Cohorts, AreJoinedForATerminal) {
  const auto phases = soak(9, false);
  const auto matrix = matrix_of(phases, each_load(phases, 100), forever);
  const auto rows = join_cohorts(show_cohorts(matrix, phases, 48), 4);
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[0].phase, "load#1");
  size_t joined = 0;
  for (size_t r = 0; r < rows.size(); ++r) {
    joined += rows[r].phases;
    ASSERT_EQ(rows[r].live.size(), 4 - r);
    EXPECT_DOUBLE_EQ(rows[r].live.front(), rows[r].taken);
    EXPECT_DOUBLE_EQ(rows[r].live.back(), rows[r].taken);
  }
  EXPECT_EQ(joined, 9u);
  EXPECT_TRUE(join_cohorts({}, 4).empty());
}

}  // namespace
}  // namespace tidemark
