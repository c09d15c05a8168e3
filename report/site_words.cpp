#include "report/site_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "core/analysis/finding_signs.h"
#include "core/analysis/site_store.h"
#include "core/analysis/site_title.h"
#include "core/base/text.h"
#include "report/sentences.h"

namespace tidemark {
namespace {

constexpr double kMostOfIt = 0.8;

// Whether a site tells who leaks. The first touch of a page, and an allocator's
// growth, fall to whoever came by when more was needed.
bool tells_place(const ReportData& data, const FindingSite& site) {
  if (site.kind == SiteKind::fault) return false;
  if (site.kind != SiteKind::mapping) return true;
  // mmap's own frame at most stands before who called it.
  return title_frame(data.stacks.resolve(site.stack)) <= 1;
}

std::string share_text(const FindingSite& site) {
  if (!(site.share > 0)) return "";
  return fmt::format("; {:.0f} % of what all sites gained",
                     std::floor(site.share * 100 + 0.5));
}

// Of page faults and mappings only what was taken is known.
std::string taken_facts(const Finding& finding, const FindingSite& site) {
  const bool bytes = is_bytes(finding.resource);
  const double taken = bytes ? site.taken_bytes : site.taken_count;
  return site_amount(finding, taken) +
         (site.kind == SiteKind::fault ? " first touched here"
                                       : " mapped here") +
         share_text(site);
}

}  // namespace

std::string site_amount(const Finding& finding, double value) {
  return is_bytes(finding.resource) ? format_bytes(value)
                                    : format_count(std::round(value));
}

std::string site_facts(const Finding& finding, const FindingSite& site) {
  if (is_taken_only(site.kind)) return taken_facts(finding, site);
  const bool bytes = is_bytes(finding.resource);
  std::string facts = site_class_words(site.site_class);
  if (leaks(site) && site.residue_per_op > 0) {
    const double per = bytes ? site.residue_per_op : site.residue_per_op * 1000;
    facts += "; " + site_amount(finding, per) + " stay per " +
             (bytes ? "" : "1,000 ") +
             (finding.op_name.empty() ? "operation" : finding.op_name);
  }
  facts += "; " + format_estimate(site.live, bytes) + " alive";
  if (bytes && site.live_count > 0) {
    facts += " in " + format_count(std::round(site.live_count)) + " blocks";
  }
  return facts + ", of " +
         site_amount(finding, bytes ? site.taken_bytes : site.taken_count) +
         " taken" + share_text(site);
}

std::string growth_text(const ReportData& data, const Finding& finding) {
  if (!is_bytes(finding.resource)) return "";
  // The memory's own finding has it, whichever of the two is shown.
  for (const Finding& memory : data.summary.findings) {
    if (memory.subject != finding.subject || !memory.growth) continue;
    const Reconciliation& growth = *memory.growth;
    std::string text = "from " + growth.since + " on its memory grew by " +
                       format_bytes_signed(growth.rss) + ":";
    const auto part = [&text](std::optional<double> value, const char* what) {
      if (value) text += " " + format_bytes_signed(*value) + " " + what + ",";
    };
    part(growth.sites, "live blocks at known sites");
    part(growth.allocator, "the allocator's own");
    part(growth.mapped, "mapped by the program itself");
    part(growth.file_shmem, "file and shared memory");
    part(growth.unexplained, growth.allocator
                                 ? "unexplained"
                                 : "the allocator's own or unexplained");
    text.back() = '.';
    return text;
  }
  return "";
}

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
