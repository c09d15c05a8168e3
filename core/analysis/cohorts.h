// Cohorts: the evidence that tells a leak from a cache (design part 5.3). For
// each site the matrix L(p, q): what was born in phase p and is alive at the
// end of phase q. A leak keeps a residue of every cohort; a cache is bounded
// and drains old ones; start-up data is one early cohort; a step is one later
// one; what is freed only in the teardown lived through all phases.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/model/event.h"
#include "core/model/finding.h"

namespace tidemark {

// A phase in which things are born, and at whose end they are counted. Listed
// in order of `end`; the first is what no phase covers, and ends where the
// first phase begins.
struct CohortPhase {
  std::string label;               // "soak/steady#3"; "" for the first
  std::vector<uint32_t> ordinals;  // Subject::cohort; several when joined
  PhaseKind kind = PhaseKind::custom;
  BootTime begin, end;
  // When what lives at its end is read: after the sample that answers the
  // edge; before a teardown the last one before it, since programs that free
  // all they have are faster than that sample.
  BootTime counted;
  double ops = 0;  // of the process's primary op, in it
  double minutes = 0;
  // A leak is looked for in what these took: load after the warm-up.
  bool measured = false;
  bool startup = false;   // before the first measured one
  bool teardown = false;  // what is freed from here on was only tidied up
};

// One site: by phase of birth, how much it took and how much of that was
// alive at the end of this and each later phase. live[p][q - p] is L(p, q).
struct CohortMatrix {
  std::vector<double> taken;
  std::vector<std::vector<double>> live;

  explicit CohortMatrix(size_t phases);
  size_t size() const { return taken.size(); }
  double at(size_t p, size_t q) const { return live[p][q - p]; }
  // Alive at the end of phase q, of all cohorts.
  double total(size_t q) const;
};

struct CohortJudgement {
  SiteClass site_class = SiteClass::unclear;
  // What cohorts older than two phases still hold, in all and per unit of
  // work done in their phases. 0 when there is none.
  double residue = 0;
  double per_op = 0, per_minute = 0;
  size_t cohorts = 0;  // that many old cohorts were looked at
  double drained = 0;  // the share of what was alive at age 2 and is gone
  double gained = 0;   // total at the last phase minus at the first measured
};

// The fewest old cohorts that a class can rest on.
inline constexpr size_t kLeastCohorts = 3;

// `sample_bytes`: the mean distance of samples (1: all were taken). What is
// less than 16 samples' worth says nothing.
CohortJudgement judge_cohorts(const CohortMatrix& matrix,
                              const std::vector<CohortPhase>& phases,
                              double sample_bytes);

// The last phase whose end is before any teardown: where live is counted.
size_t last_measured_end(const std::vector<CohortPhase>& phases);

// The matrix as a finding shows it: rows that took something, neighbours
// joined until there are at most `rows`.
std::vector<FindingSite::Cohort> show_cohorts(
    const CohortMatrix& matrix, const std::vector<CohortPhase>& phases,
    size_t rows);

// The same rows, those that took nothing left out and the rest joined until
// there are at most `rows`; columns as rows, and the last one of all.
std::vector<FindingSite::Cohort> join_cohorts(
    const std::vector<FindingSite::Cohort>& cohorts, size_t rows);
// "load#1 +3": the phases that a row joins. Raw.
std::string cohort_name(const FindingSite::Cohort& row);

}  // namespace tidemark
