// What verdicts and sites mean, where only yes or no matters.
#pragma once

#include "core/model/finding.h"

namespace tidemark {

inline bool rises(const Finding& finding) {
  return finding.verdict == Verdict::leak ||
         finding.verdict == Verdict::suspect;
}

inline bool leaks(const FindingSite& site) {
  return site.site_class == SiteClass::leak ||
         site.site_class == SiteClass::tidy_at_exit;
}

// Whether mappings that nobody unmaps are what grows (site_findings.cpp).
inline bool is_of_mappings(const Finding& finding) {
  return finding.resource == Resource::rss_anon && !finding.sites.empty() &&
         finding.sites.front().kind == SiteKind::mapped;
}

}  // namespace tidemark
