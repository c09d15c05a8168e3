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

void SitesWriter::add_growth(const Finding& finding) {
  const std::string text = growth_text(data_, finding);
  if (!text.empty()) line(4, text);
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

void SitesWriter::add(const Finding& finding, const FindingSite& site) {
  line(4, title_of(data_, site.stack));
  line(6, site_facts(finding, site));
  add_frames(site);
  if (!is_taken_only(site.kind)) add_cohorts(finding, site);
}

void SitesWriter::add_frames(const FindingSite& site) {
  const std::vector<StackFrame> frames = data_.stacks.resolve(site.stack);
  if (frames.empty()) return;
  const size_t title = title_frame(frames);
  for (size_t i = 0; i < title && detail_; ++i) {
    line(6, "through " + frame_text(frames[i]));
  }
  const std::vector<std::string> callers = caller_texts(frames);
  for (size_t i = 0; i < callers.size(); ++i) {
    if (i == kMostFrames && !detail_) {
      const size_t more = callers.size() - i;
      line(6,
           fmt::format("and {} more frame{} (-v)", more, more == 1 ? "" : "s"));
      break;
    }
    line(6, "from " + callers[i]);
  }
  const Stack& stack = *data_.stacks.stack(site.stack);
  if (stack.quality == StackQuality::guess) line(6, "part of this is a guess");
  if (stack.truncated) line(6, "the outer frames are missing");
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
        {is_last ? "at the end" : fit(clean(cohort_name(rows[c])), 10), right,
         10});
  }
  TextTable table(std::move(columns));
  for (size_t r = 0; r < rows.size(); ++r) {
    std::vector<std::string> cells{fit(clean(cohort_name(rows[r])), 14),
                                   site_amount(finding, rows[r].taken)};
    cells.resize(2 + r);
    for (const double alive : rows[r].live) {
      cells.push_back(site_amount(finding, alive));
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
