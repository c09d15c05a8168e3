#include "report/site_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/analysis/cohorts.h"
#include "core/analysis/site_store.h"
#include "core/analysis/site_title.h"
#include "core/base/text.h"
#include "report/sentences.h"
#include "report/site_words.h"
#include "report/table.h"

namespace tidemark {
namespace {

constexpr size_t kMostSites = 3;  // of a finding; -v shows all
constexpr size_t kMostFrames = 5;
constexpr size_t kMostCohorts = 6;

std::string clean(const std::string& raw) { return sanitize_terminal(raw); }

class SitesWriter {
 public:
  SitesWriter(const ReportData& data, size_t width, bool detail)
      : data_(data), width_(width), detail_(detail) {}

  std::string write() {
    for (const Finding& finding : data_.summary.findings) {
      if (shows_sites(data_, finding)) add(finding);
    }
    return std::move(out_);
  }

 private:
  void add(const Finding& finding);
  void add_growth(const Finding& finding);
  void add(const Finding& finding, const FindingSite& site);
  void add_taken(const Finding& finding, const FindingSite& site);
  void add_frames(const FindingSite& site);
  void add_cohorts(const Finding& finding, const FindingSite& site);
  void line(size_t indent, const std::string& text) {
    out_ +=
        std::string(indent, ' ') + wrap(clean(text), width_, indent + 2) + "\n";
  }

  const ReportData& data_;
  size_t width_;
  bool detail_;
  std::string out_;
};

std::string amount(const Finding& finding, double value) {
  return is_bytes(finding.resource) ? format_bytes(value)
                                    : format_count(std::round(value));
}

void SitesWriter::add_growth(const Finding& finding) {
  // The memory's own finding has it, whichever of the two is shown.
  for (const Finding& memory : data_.summary.findings) {
    if (memory.subject != finding.subject || !memory.growth) continue;
    if (!is_bytes(finding.resource)) continue;
    const Reconciliation& growth = *memory.growth;
    std::string text = "from " + growth.since + " on its memory grew by " +
                       format_bytes_signed(growth.rss) + ":";
    const auto part = [&text](std::optional<double> value, const char* what) {
      if (value) text += " " + format_bytes_signed(*value) + " " + what + ",";
    };
    part(growth.sites, "live blocks at known sites");
    part(growth.allocator, "the allocator's own");
    part(growth.file_shmem, "file and shared memory");
    part(growth.unexplained, growth.allocator
                                 ? "unexplained"
                                 : "the allocator's own or unexplained");
    text.back() = '.';
    line(4, text);
    return;
  }
}

void SitesWriter::add(const Finding& finding) {
  std::string head = data_.process(finding.subject).role + ": " +
                     resource_noun(finding.resource);
  if (finding.verdict == Verdict::inconclusive) head += ", undecided so far";
  out_ += "  " + fit(clean(head), width_ - 2) + "\n";
  add_growth(finding);
  size_t shown = 0;
  for (const FindingSite& site : finding.sites) {
    if (shown == kMostSites && !detail_) {
      line(4, fmt::format("and {} more sites (-v)",
                          finding.sites.size() - kMostSites));
      break;
    }
    ++shown;
    add(finding, site);
  }
}

std::string share_text(const FindingSite& site) {
  if (!(site.share > 0)) return "";
  return fmt::format("; {:.0f} % of what all sites gained",
                     std::floor(site.share * 100 + 0.5));
}

// Of page faults and mappings only what was taken is known.
void SitesWriter::add_taken(const Finding& finding, const FindingSite& site) {
  const bool bytes = is_bytes(finding.resource);
  line(6, amount(finding, bytes ? site.taken_bytes : site.taken_count) +
              (site.kind == SiteKind::fault ? " first touched here"
                                            : " mapped here") +
              share_text(site));
  add_frames(site);
}

void SitesWriter::add(const Finding& finding, const FindingSite& site) {
  line(4, title_of(data_, site.stack));
  const bool bytes = is_bytes(finding.resource);
  if (is_taken_only(site.kind)) {
    return add_taken(finding, site);
  }
  std::string facts = site_class_words(site.site_class);
  const bool leaks = site.site_class == SiteClass::leak ||
                     site.site_class == SiteClass::tidy_at_exit;
  if (leaks && site.residue_per_op > 0) {
    const double per = bytes ? site.residue_per_op : site.residue_per_op * 1000;
    facts += "; " + amount(finding, per) + " stay per " +
             (bytes ? "" : "1,000 ") +
             (finding.op_name.empty() ? "operation" : finding.op_name);
  }
  facts += "; " + format_estimate(site.live, bytes) + " alive";
  if (bytes && site.live_count > 0) {
    facts += " in " + format_count(std::round(site.live_count)) + " blocks";
  }
  facts += ", of " +
           amount(finding, bytes ? site.taken_bytes : site.taken_count) +
           " taken" + share_text(site);
  line(6, facts);
  add_frames(site);
  add_cohorts(finding, site);
}

void SitesWriter::add_frames(const FindingSite& site) {
  const std::vector<StackFrame> frames = data_.stacks.resolve(site.stack);
  if (frames.empty()) return;
  const size_t title = title_frame(frames);
  for (size_t i = 0; i < title && detail_; ++i) {
    line(6, "through " + frame_text(frames[i]));
  }
  size_t shown = 0;
  for (size_t i = title + 1; i < frames.size(); ++i) {
    if (shown++ == kMostFrames && !detail_) {
      line(6, fmt::format("and {} more frames (-v)", frames.size() - i));
      break;
    }
    line(6, std::string("from ") + frame_text(frames[i]) +
                (frames[i].inlined ? ", inlined" : ""));
  }
  const Stack& stack = *data_.stacks.stack(site.stack);
  if (stack.quality == StackQuality::guess) line(6, "part of this is a guess");
  if (stack.truncated) line(6, "the outer frames are missing");
}

std::string row_name(const FindingSite::Cohort& row) {
  std::string name = row.phase.empty() ? "outside phases" : row.phase;
  if (row.phases > 1) name += fmt::format(" +{}", row.phases - 1);
  return name;
}

void SitesWriter::add_cohorts(const Finding& finding, const FindingSite& site) {
  const auto rows = join_cohorts(site.cohorts, kMostCohorts);
  if (rows.size() < 2) return;
  using enum TextTable::Align;
  std::vector<TextTable::Column> columns{{"born in", left, 14},
                                         {"taken", right, 10}};
  for (size_t c = 0; c < rows.size(); ++c) {
    const bool is_last = c + 1 == rows.size();
    columns.push_back(
        {is_last ? "at the end" : fit(clean(row_name(rows[c])), 10), right,
         10});
  }
  TextTable table(std::move(columns));
  for (size_t r = 0; r < rows.size(); ++r) {
    std::vector<std::string> cells{fit(clean(row_name(rows[r])), 14),
                                   amount(finding, rows[r].taken)};
    cells.resize(2 + r);
    for (const double alive : rows[r].live) {
      cells.push_back(amount(finding, alive));
    }
    table.add(std::move(cells));
  }
  line(6, "alive after each phase, by the phase it was born in:");
  out_ += table.render("      ", width_);
}

}  // namespace

std::string sites_text(const ReportData& data, size_t width, bool detail) {
  return SitesWriter(data, width, detail).write();
}

}  // namespace tidemark
