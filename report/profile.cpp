#include "report/profile.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"

namespace tidemark {
namespace {

constexpr std::array<ProfileKind, 10> kKinds = {{
    {"live", SiteKind::heap, false, false, "blocks of the heap that are alive"},
    {"allocated", SiteKind::heap, true, false, "all blocks of the heap"},
    {"calls", SiteKind::heap, true, true, "calls that took from the heap"},
    {"cpu", SiteKind::on_cpu, true, true, "where the processor was"},
    {"faults", SiteKind::fault, true, false, "first touches of memory"},
    {"mappings", SiteKind::mapping, true, false, "memory mappings"},
    {"mapped", SiteKind::mapped, false, false, "mappings that stand"},
    {"fds", SiteKind::fd, false, true, "file descriptors that are open"},
    {"sockets", SiteKind::socket, false, true, "sockets that are open"},
    {"threads", SiteKind::thread, false, true, "threads that run"},
}};

}  // namespace

std::span<const ProfileKind> profile_kinds() { return kKinds; }

int64_t profile_value(const SiteTotals& site, const ProfileKind& kind) {
  switch (kind.site_kind) {
    case SiteKind::heap:
      if (kind.pieces) return site.taken_count;
      return kind.taken ? site.taken_bytes : site.live_bytes;
    case SiteKind::on_cpu: return site.samples;
    case SiteKind::fault:
    case SiteKind::mapping: return site.taken_bytes;
    case SiteKind::mapped: return site.live_bytes;
    default: return site.live_count;
  }
}

const ProfileKind* find_profile_kind(std::string_view name) {
  const auto found = std::ranges::find(kKinds, name, &ProfileKind::name);
  return found == kKinds.end() ? nullptr : &*found;
}

bool is_in_phase(const std::string& phase, const std::string& wanted) {
  return wanted.empty() || phase == wanted ||
         (phase.starts_with(wanted + "#") &&
          phase.find('/', wanted.size()) == std::string::npos);
}

std::vector<const SiteTotals*> profile_rows(const ReportData& data,
                                            const FormatOptions& options) {
  const ProfileKind* kind = find_profile_kind(options.what);
  std::vector<const SiteTotals*> rows;
  if (kind == nullptr) return rows;
  for (const SiteTotals& site : data.summary.sites) {
    if (site.kind == kind->site_kind &&
        is_in_phase(site.phase, options.phase) &&
        data.stacks.stack(site.stack) != nullptr) {
      rows.push_back(&site);
    }
  }
  return rows;
}

Status check_profile(const ReportData& data, const FormatOptions& options) {
  const ProfileKind* kind = find_profile_kind(options.what);
  if (kind == nullptr) {
    std::vector<std::string_view> names;
    for (const ProfileKind& known : kKinds) names.push_back(known.name);
    return fail(ErrorKind::usage,
                unknown_message("profile", options.what, names));
  }
  std::vector<std::string_view> paths;
  bool is_known = options.phase.empty();
  for (const PhaseUse& use : data.summary.phases) {
    is_known |= is_in_phase(use.phase.label(true), options.phase);
    if (std::ranges::find(paths, use.phase.path) == paths.end()) {
      paths.push_back(use.phase.path);
    }
  }
  if (!is_known) {
    return fail(ErrorKind::usage,
                unknown_message("phase", options.phase, paths));
  }
  if (!profile_rows(data, options).empty()) return {};
  std::string what = "no call stacks of " + std::string(kind->help);
  if (!options.phase.empty()) what += " born in " + options.phase;
  return fail(ErrorKind::usage, what + " in " + data.path);
}

}  // namespace tidemark
