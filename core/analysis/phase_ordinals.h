// Which phases the recorder counted before those of a recording. A part of a
// service's recording, or a run that was exported from it, has its phases from
// 1 on, while its sites keep the ordinals of the recorder, which goes on for
// months.
#pragma once

#include <cstdint>
#include <vector>

#include "core/analysis/cohort_phases.h"
#include "core/analysis/phases.h"

namespace tidemark {

struct PhaseOrdinals {
  // Subject::cohort of each phase; 0: none of the sites is of it.
  std::vector<uint32_t> of_phase;
  // Cohorts of phases that ended before the recording began.
  std::vector<uint32_t> before;
  // It is a part of a longer one: what was open at its begin was open before.
  bool is_part = false;
};

// `begin`: of the recording. A site tells by its path and by when it was first
// seen which phase it is of; what most of them say holds for all that began
// later. Phases that were open at the begin are told by their paths alone.
// Without a site that says otherwise phases count from 1.
PhaseOrdinals phase_ordinals(const std::vector<Phase>& phases, BootTime begin,
                             const std::vector<SiteRow>& rows);

}  // namespace tidemark
