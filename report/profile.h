// Call stacks with what is counted at them, for the profile formats.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "report/format.h"
#include "report/report_data.h"

namespace tidemark {

struct ProfileKind {
  std::string_view name;  // of --what
  SiteKind site_kind;
  bool taken;   // what was taken, not what is alive
  bool pieces;  // their number, where bytes are known too
  std::string_view help;
};
// live, allocated, calls, cpu, faults, mappings, fds, sockets, threads.
std::span<const ProfileKind> profile_kinds();
// What a profile of one number counts there: bytes, samples or pieces.
int64_t profile_value(const SiteTotals& site, const ProfileKind& kind);
// nullptr when there is none of this name.
const ProfileKind* find_profile_kind(std::string_view name);

// The rows of one profile: one per process, stack and phase.
std::vector<const SiteTotals*> profile_rows(const ReportData& data,
                                            const FormatOptions& options);

// Error usage: an unknown kind or phase, with the nearest; or the recording
// holds no such call stacks.
Status check_profile(const ReportData& data, const FormatOptions& options);

// Whether a site born in `phase` ("steady#3") is asked for by `wanted`.
bool is_in_phase(const std::string& phase, const std::string& wanted);

}  // namespace tidemark
