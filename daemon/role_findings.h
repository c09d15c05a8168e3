// What was found of the processes by the role they play, for the exporter: the
// worst verdict on each resource, and how fast those that leak, or may, grow
// together. Never a pid.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/model/dictionary.h"
#include "core/model/finding.h"
#include "daemon/metric_page.h"

namespace tidemark {

struct RoleFinding {
  std::string role;  // raw bytes
  Resource resource = Resource::rss_anon;
  Verdict verdict = Verdict::none;
  // Of leaks and suspects, and the least that would have been seen in the
  // worst of its processes; bytes or pieces.
  double growth_per_second = 0;
  double detectable_per_second = 0;
};

struct RoleFindings {
  // Roles beyond this many are left out.
  static constexpr size_t kMostRoles = 64;

  BootTime time;  // of the last frame that was judged; 0: none was
  std::vector<RoleFinding> findings;  // by role and resource
};

// Processes without a role are left out.
RoleFindings findings_by_role(std::span<const Finding> findings,
                              const Dictionary& dictionary, BootTime time);

void put_findings(const RoleFindings& found, int64_t boot_unix_ns,
                  MetricPage& page);

}  // namespace tidemark
