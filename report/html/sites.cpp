// Where it was allocated: the sites of a finding with what became of their
// cohorts, and all stacks as a flame graph, which the page's script draws.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/analysis/cohorts.h"
#include "core/analysis/finding_signs.h"
#include "core/analysis/site_store.h"
#include "core/analysis/site_title.h"
#include "report/html/markup.h"
#include "report/html/sections.h"
#include "report/profile.h"
#include "report/script_json.h"
#include "report/sentences.h"
#include "report/site_words.h"

namespace tidemark::html {
namespace {

constexpr size_t kMostSites = 5;     // of a finding
constexpr size_t kMostRows = 12;     // of a cohort matrix
constexpr size_t kMostStacks = 250;  // of a flame graph
constexpr size_t kMostPhases = 40;
constexpr size_t kMostProfiles = 24;

void add_frames(std::string& out, const ReportData& data, StackId id) {
  const std::vector<StackFrame> frames = data.stacks.resolve(id);
  if (frames.empty()) return;
  out += fmt::format(
      "<details><summary>Call stack, {} frames</summary>\n<ol "
      "class=\"frames\">\n",
      frames.size());
  const size_t title = title_frame(frames);
  for (size_t i = 0; i < frames.size(); ++i) {
    out += fmt::format("<li{}><code>{}</code>{}</li>\n",
                       i == title ? " class=\"title\"" : "",
                       clipped(frame_text(frames[i]), 140),
                       frames[i].inlined ? " <small>inlined</small>" : "");
  }
  out += "</ol></details>\n";
}

// How much of what was taken is alive, 0..10, as a class.
int heat(double alive, double taken) {
  if (!(taken > 0)) return 0;
  return static_cast<int>(std::ceil(std::clamp(alive / taken, 0.0, 1.0) * 10));
}

void add_matrix(std::string& out, const Finding& f, const FindingSite& site) {
  const auto rows = join_cohorts(site.cohorts, kMostRows);
  if (rows.size() < 2) return;
  out +=
      "<p class=\"quiet\">Alive at the end of each phase, by the phase it was "
      "born in; the darker, the more of what was taken:</p>\n"
      "<div class=\"scroll\" role=\"group\" aria-label=\"Cohorts\" "
      "tabindex=\"0\"><table class=\"heat\"><caption class=\"hidden\">Cohorts "
      "of " +
      clipped(site_class_words(site.site_class), 40) +
      "</caption><thead><tr><th scope=\"col\">Born in</th><th "
      "scope=\"col\">Taken</th>";
  for (size_t c = 0; c < rows.size(); ++c) {
    out += "<th scope=\"col\">" +
           (c + 1 == rows.size() ? "at the end"
                                 : clipped(cohort_name(rows[c]), 14)) +
           "</th>";
  }
  out += "</tr></thead><tbody>\n";
  for (size_t r = 0; r < rows.size(); ++r) {
    out += "<tr><th scope=\"row\">" + clipped(cohort_name(rows[r]), 24) +
           "</th><td>" + site_amount(f, rows[r].taken) + "</td>";
    for (size_t c = 0; c < r; ++c) out += "<td></td>";
    for (const double alive : rows[r].live) {
      out += fmt::format("<td class=\"h{}\">{}</td>",
                         heat(alive, rows[r].taken), site_amount(f, alive));
    }
    out += "</tr>\n";
  }
  out += "</tbody></table></div>\n";
}

// The matrix of the first is read at once, the others' on demand.
void add_site(std::string& out, const ReportData& data, const Finding& f,
              const FindingSite& site, bool is_first) {
  out += fmt::format(
      "<div class=\"site{}\">\n<p><b>{}</b><br><span "
      "class=\"quiet\">{}</span></p>\n",
      leaks(site) ? " bad" : "", clipped(title_of(data, site.stack), 120),
      escape(site_facts(f, site)));
  if (!is_taken_only(site.kind) && site.cohorts.size() > 1) {
    if (!is_first) out += "<details><summary>Its cohorts</summary>\n";
    add_matrix(out, f, site);
    if (!is_first) out += "</details>\n";
  }
  add_frames(out, data, site.stack);
  out += "</div>\n";
}

// ------------------------------------------------------------ flame graph

// Texts by number, each written once.
class Names {
 public:
  size_t operator()(const std::string& name) {
    const auto [entry, added] = numbers_.try_emplace(name, numbers_.size());
    if (added) {
      json_ += (numbers_.size() > 1 ? "," : "") + script_string(name);
    }
    return entry->second;
  }
  const std::string& json() const { return json_; }

 private:
  std::map<std::string, size_t> numbers_;
  std::string json_;
};

struct Profile {
  std::string title;
  std::string_view unit;
  std::vector<std::pair<const SiteTotals*, int64_t>> rows;  // most first
  int64_t total = 0;
  size_t left_out = 0;
};

Profile make_profile(const ReportData& data, SubjectId process,
                     const ProfileKind& kind) {
  Profile profile{data.process(process).role + ": " + std::string(kind.help),
                  kind.pieces ? "count" : "bytes",
                  {},
                  0,
                  0};
  for (const SiteTotals& site : data.summary.sites) {
    if (site.process != process || site.kind != kind.site_kind) continue;
    const int64_t value = profile_value(site, kind);
    if (value <= 0) continue;
    profile.rows.emplace_back(&site, value);
    profile.total += value;
  }
  std::ranges::stable_sort(profile.rows, std::ranges::greater(),
                           &std::pair<const SiteTotals*, int64_t>::second);
  if (profile.rows.size() > kMostStacks) {
    profile.left_out = profile.rows.size() - kMostStacks;
    profile.rows.resize(kMostStacks);
  }
  return profile;
}

// Of those with a finding first, worst first; then of the others.
std::vector<SubjectId> processes_of(const ReportData& data) {
  std::vector<SubjectId> all;
  std::set<SubjectId> with_sites;
  std::set<SubjectId> known;
  for (const SiteTotals& site : data.summary.sites) {
    with_sites.insert(site.process);
  }
  for (const Finding& f : data.summary.findings) {
    if (with_sites.contains(f.subject) && known.insert(f.subject).second) {
      all.push_back(f.subject);
    }
  }
  for (const SubjectId id : with_sites) {
    if (known.insert(id).second) all.push_back(id);
  }
  return all;
}

std::vector<Profile> profiles_of(const ReportData& data) {
  std::vector<Profile> all;
  for (const SubjectId process : processes_of(data)) {
    for (const ProfileKind& kind : profile_kinds()) {
      if (all.size() == kMostProfiles) return all;
      Profile profile = make_profile(data, process, kind);
      if (!profile.rows.empty()) all.push_back(std::move(profile));
    }
  }
  return all;
}

// The phase with its cycle while there are few of them, else without.
class PhaseNames {
 public:
  explicit PhaseNames(const std::vector<Profile>& profiles) {
    std::set<std::string> labels;
    for (const Profile& profile : profiles) {
      for (const auto& [site, value] : profile.rows) labels.insert(site->phase);
    }
    by_cycle_ = labels.size() <= kMostPhases;
  }
  std::string operator()(const std::string& label) const {
    if (label.empty()) return "outside phases";
    return by_cycle_ ? label : label.substr(0, label.rfind('#'));
  }

 private:
  bool by_cycle_ = true;
};

std::string frames_json(const ReportData& data, StackId stack, Names& names) {
  const std::vector<StackFrame> frames = data.stacks.resolve(stack);
  std::string out;
  for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame) {
    out += (out.empty() ? "" : ",") + std::to_string(names(frame_text(*frame)));
  }
  return "[" + out + "]";
}

std::string stacks_json(const ReportData& data,
                        const std::vector<Profile>& profiles) {
  Names names;
  Names phases;
  const PhaseNames phase_name(profiles);
  std::string all;
  for (const Profile& profile : profiles) {
    std::string rows;
    for (const auto& [site, value] : profile.rows) {
      rows += fmt::format("{}[{},{},{}]", rows.empty() ? "" : ",\n",
                          phases(phase_name(site->phase)), value,
                          frames_json(data, site->stack, names));
    }
    all += fmt::format(
        "{}{{\"title\":{},\"unit\":\"{}\",\"total\":{},\"left_out\":{},"
        "\"rows\":[{}]}}",
        all.empty() ? "" : ",\n", script_string(profile.title), profile.unit,
        profile.total, profile.left_out, rows);
  }
  return "{\"profiles\":[" + all + "],\n\"names\":[" + names.json() +
         "],\n\"phases\":[" + phases.json() + "]}";
}

}  // namespace

void add_finding_sites(std::string& out, const ReportData& data,
                       const Finding& finding) {
  if (!shows_sites(data, finding)) return;
  out += "<h4>Where it was taken</h4>\n";
  const std::string growth = growth_text(data, finding);
  if (!growth.empty()) out += "<p class=\"quiet\">" + escape(growth) + "</p>\n";
  for (size_t i = 0; i < finding.sites.size() && i < kMostSites; ++i) {
    add_site(out, data, finding, finding.sites[i], i == 0);
  }
  if (finding.sites.size() > kMostSites) {
    out += fmt::format("<p class=\"quiet\">and {} more in report.json</p>\n",
                       finding.sites.size() - kMostSites);
  }
}

void add_sites(std::string& out, const ReportData& data) {
  const std::vector<Profile> profiles = profiles_of(data);
  if (profiles.empty()) return;
  out +=
      "<section id=\"sites\" aria-labelledby=\"h-sites\">\n"
      "<h2 id=\"h-sites\">Call stacks</h2>\n"
      "<p class=\"quiet\" id=\"flame-help\">A box is a function, those under "
      "it are what it called; its width is its part of the whole. Click a box "
      "to look into it. With a box in focus: arrows move, Enter looks into it, "
      "Esc shows all again.</p>\n"
      "<div class=\"toolbar\" id=\"flame-tools\"></div>\n"
      "<div class=\"flame\" id=\"flame\"></div>\n"
      "<noscript><p>The flame graph needs JavaScript; the sites of each "
      "finding are above.</p></noscript>\n"
      "<script type=\"application/json\" id=\"stacks\">\n" +
      stacks_json(data, profiles) + "\n</script>\n</section>\n";
}

}  // namespace tidemark::html
