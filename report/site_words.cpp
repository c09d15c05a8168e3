#include "report/site_words.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "core/analysis/site_title.h"

namespace tidemark {
namespace {

constexpr double kMostOfIt = 0.8;

bool leaks(const FindingSite& site) {
  return site.site_class == SiteClass::leak ||
         site.site_class == SiteClass::tidy_at_exit;
}

bool rises(const Finding& finding) {
  return finding.verdict == Verdict::leak ||
         finding.verdict == Verdict::suspect;
}

// Whether a site tells who leaks. The first touch of a page, and an allocator's
// growth, fall to whoever came by when more was needed.
bool tells_place(const ReportData& data, const FindingSite& site) {
  if (site.kind == SiteKind::fault) return false;
  if (site.kind != SiteKind::mapping) return true;
  // mmap's own frame at most stands before who called it.
  return title_frame(data.stacks.resolve(site.stack)) <= 1;
}

}  // namespace

std::string title_of(const ReportData& data, StackId stack) {
  return site_title(data.stacks.resolve(stack));
}

std::string place_of(const ReportData& data, const Finding& finding) {
  // Several stacks may meet in one function.
  std::vector<std::pair<std::string, double>> places;
  double all = 0;
  const bool some_leak = std::ranges::any_of(finding.sites, leaks);
  for (const FindingSite& site : finding.sites) {
    if (some_leak && !leaks(site)) continue;
    if (!tells_place(data, site)) continue;
    const double weight = some_leak ? site.residue_per_minute : site.share;
    if (!(weight > 0) || data.stacks.stack(site.stack) == nullptr) continue;
    all += weight;
    const std::string title = title_of(data, site.stack);
    const auto same = std::ranges::find(places, title,
                                        &std::pair<std::string, double>::first);
    if (same == places.end()) {
      places.emplace_back(title, weight);
    } else {
      same->second += weight;
    }
  }
  if (places.empty()) return "";
  const auto most = std::ranges::max_element(
      places, {}, &std::pair<std::string, double>::second);
  std::string text = " in " + most->first;
  if (places.size() == 1 || most->second >= kMostOfIt * all) return text;
  const size_t others = places.size() - 1;
  return text + " and " + std::to_string(others) + " other " +
         (others == 1 ? "place" : "places");
}

const char* site_class_words(SiteClass site_class) {
  switch (site_class) {
    case SiteClass::leak: return "leak";
    case SiteClass::tidy_at_exit: return "leak, freed in the teardown";
    case SiteClass::cache: return "bounded, as a cache";
    case SiteClass::slow_drain: return "drains slowly";
    case SiteClass::startup: return "from the start";
    case SiteClass::step: return "one step";
    case SiteClass::churn: return "churn";
    case SiteClass::unclear: break;
  }
  return "undecided";
}

bool told_by_heap(const ReportData& data, const Finding& finding) {
  if (finding.resource != Resource::rss_anon || !rises(finding)) return false;
  return std::ranges::any_of(
      data.summary.findings, [&finding](const Finding& other) {
        return other.subject == finding.subject &&
               other.resource == Resource::heap &&
               other.verdict == finding.verdict && !other.sites.empty();
      });
}

bool shows_sites(const ReportData& data, const Finding& finding) {
  const bool is_open =
      finding.verdict == Verdict::inconclusive && is_bytes(finding.resource);
  if (!rises(finding) && !is_open) return false;
  const bool gained = std::ranges::any_of(
      finding.sites, [](const FindingSite& site) { return site.share > 0; });
  if (!gained) return false;
  // The heap's own finding shows the same sites.
  return finding.resource != Resource::rss_anon ||
         finding.sites.front().kind != SiteKind::heap ||
         std::ranges::none_of(data.summary.findings, [&](const Finding& other) {
           return other.subject == finding.subject &&
                  other.resource == Resource::heap && shows_sites(data, other);
         });
}

}  // namespace tidemark
