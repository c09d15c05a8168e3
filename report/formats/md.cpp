// The report for a comment on a change: at most 60 kB of GitHub Markdown.
#include <fmt/format.h>

#include <algorithm>

#include "core/base/text.h"
#include "report/baselines/compared_runs.h"
#include "report/baselines/comparison_text.h"
#include "report/baselines/trend_text.h"
#include "report/format.h"
#include "report/gate_lines.h"
#include "report/highlights.h"
#include "report/phase_groups.h"
#include "report/report.h"
#include "report/sentences.h"
#include "report/site_words.h"
#include "report/suggestions.h"
#include "report/survey.h"
#include "report/table.h"
#include "report/waiting.h"
#include "report/wording.h"

namespace tidemark {
namespace {

// GitHub takes 65,536 characters; what comes after ours is the reader's.
constexpr size_t kMostBytes = 60'000;
constexpr size_t kMostRows = 40;
constexpr size_t kMostText = 600;

// Foreign text as Markdown text: nothing in it marks up, links or calls.
std::string text(std::string_view raw) {
  std::string out;
  for (const char c : fit(sanitize_terminal(raw), kMostText)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '@': out += "&#64;"; break;  // would call a person
      case ':': out += "&#58;"; break;  // would be a link with // behind it
      default:
        if (std::string_view("\\`*_{}[]()#+-.!|~$^\"'=").find(c) !=
            std::string_view::npos) {
          out += '\\';
        }
        out += c;
    }
  }
  return out;
}

class Page {
 public:
  explicit Page(std::string& out) : out_(out), begin_(out.size()) {}

  // A block whole, or not at all once the page is full.
  void add(const std::string& block) {
    const size_t used = out_.size() - begin_;
    if (is_full_ || used + block.size() > kMostBytes) {
      is_full_ = true;
      return;
    }
    out_ += block;
  }
  void end() {
    if (is_full_) out_ += "\nMore did not fit: see the whole report.\n";
  }

 private:
  std::string& out_;
  size_t begin_;
  bool is_full_ = false;
};

// A blank beside the stars would make stars of them.
std::string bold(std::string_view raw) {
  const std::string inner = text(raw);
  const size_t first = inner.find_first_not_of(' ');
  if (first == std::string::npos) return "–";
  const size_t last = inner.find_last_not_of(' ');
  return "**" + inner.substr(first, last - first + 1) + "**";
}

std::string row(const std::vector<std::string>& cells) {
  std::string line = "|";
  for (const std::string& cell : cells) line += " " + cell + " |";
  return line + "\n";
}

// The first `text_columns` are read, the others compared.
std::string head(const std::vector<std::string>& titles,
                 size_t text_columns = 1) {
  std::string rule = "|";
  for (size_t i = 0; i < titles.size(); ++i) {
    rule += i < text_columns ? "---|" : "---:|";
  }
  return "\n" + row(titles) + rule + "\n";
}

const char* sign_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::leak: return "❌";
    case Verdict::suspect:
    case Verdict::saturating:
    case Verdict::step: return "⚠️";
    case Verdict::inconclusive: return "❔";
    default: return "✅";
  }
}

const char* sign_of(ReportStatus status) {
  switch (status) {
    case ReportStatus::pass: return "✅ Pass";
    case ReportStatus::warn: return "⚠️ Warning";
    case ReportStatus::fail: return "❌ Fail";
    case ReportStatus::inconclusive: return "❔ Inconclusive";
  }
  return "❔";
}

void add_summary(Page& page, const ReportData& data,
                 const FormatOptions& options) {
  page.add(fmt::format("# {}: {}\n\n## Summary\n\n", sign_of(data.status),
                       text(headline(data))));
  if (data.lost_data())
    page.add("**Data lost**: the recording is damaged.\n\n");
  size_t shown = 0;
  for (const Sentence& sentence : sentences(data)) {
    if (shown++ == kMostRows) break;
    page.add(fmt::format("- {} {}\n", sign_of(sentence.verdict),
                         text(sentence.text)));
  }
  page.add(head({"", "", ""}));
  for (const Highlight& one : highlights(data)) {
    page.add(row({text(one.label), bold(one.value), text(one.note)}));
  }
  page.add(fmt::format("\n{} UTC, {}, {}; {}, lost: {}; exit code {}.\n",
                       format_utc(data.begin_ns), seconds_text(data.seconds()),
                       text(data.testbed), coverage_text(data.summary.quality),
                       data.summary.quality.dropped.empty()
                           ? "nothing"
                           : text(losses_text(data.summary.quality)),
                       exit_code(data, options.flags)));
}

const char* sign_of(GateStatus status) {
  switch (status) {
    case GateStatus::pass: return "✅";
    case GateStatus::warn: return "⚠️";
    case GateStatus::fail: return "❌";
    case GateStatus::inconclusive: return "❔";
  }
  return "❔";
}

void add_gates(Page& page, const ReportData& data) {
  if (data.gates.empty()) return;
  page.add("\n" + text(gate_summary(data)) + "\n" +
           head({"", "gate", "is", "why", "n"}, 4));
  for (size_t i = 0; i < data.gates.size() && i < kMostRows; ++i) {
    const GateResult& gate = data.gates[i];
    const std::string name = gate.label.empty() ? "" : gate.label + ": ";
    page.add(row({sign_of(gate.status), text(name + gate.expr),
                  gate.value_text.empty() ? "–" : text(gate.value_text),
                  text(gate.reason), std::to_string(gate.n)}));
  }
}

void add_sites(Page& page, const ReportData& data) {
  constexpr size_t kMostSites = 5;
  std::string rows;
  for (const Finding& f : data.summary.findings) {
    if (!shows_sites(data, f)) continue;
    for (size_t i = 0; i < f.sites.size() && i < kMostSites; ++i) {
      rows += row({text(data.process(f.subject).role),
                   text(resource_noun(f.resource)),
                   bold(title_of(data, f.sites[i].stack)),
                   text(site_facts(f, f.sites[i]))});
    }
  }
  if (rows.empty()) return;
  page.add("\n<details><summary>Where it was allocated</summary>\n");
  page.add(head({"process", "resource", "site", "what became of it"}, 4) +
           rows);
  page.add("\n</details>\n");
}

std::string or_dash(bool is_known, const std::string& cell) {
  return is_known ? text(cell) : "–";
}

void add_phases(Page& page, const ReportData& data) {
  page.add("\n<details><summary>Phases and what they cost</summary>\n");
  page.add(head({"phase", "role", "CPU", "CPU/op", "memory", "grew", "grew/op",
                 "read", "written"}));
  size_t shown = 0;
  for (const PhaseGroup& group : group_phases(data)) {
    for (const RoleUse& use : group.roles) {
      if (shown++ == kMostRows) break;
      const double ops = std::max(use.ops, 1.0);
      page.add(row(
          {text(group.path), text(use.role),
           text(seconds_text(use.cpu_seconds)),
           or_dash(use.ops > 0, seconds_text(use.cpu_seconds / ops)),
           or_dash(use.rss_known, format_bytes(use.rss_peak_bytes)),
           or_dash(use.rss_known, format_bytes_signed(use.rss_growth_bytes)),
           or_dash(use.ops > 0 && use.rss_known,
                   format_bytes_signed(use.rss_growth_bytes / ops)),
           text(format_bytes(static_cast<double>(use.io_read_bytes))),
           text(format_bytes(static_cast<double>(use.io_write_bytes)))}));
    }
  }
  page.add("\n</details>\n");
}

void add_suggestions(Page& page, const char* title,
                     const std::vector<Suggestion>& all) {
  page.add(fmt::format("\n## {}\n", title));
  if (all.empty()) {
    page.add("\nNone: no phase under load was read.\n");
    return;
  }
  page.add(head({"what", "measured", "suggested", "basis"}));
  for (size_t i = 0; i < all.size() && i < kMostRows; ++i) {
    page.add(row({text(all[i].what), text(all[i].measured),
                  text(all[i].threshold), text(all[i].basis)}));
  }
}

void add_compared_figures(Page& page, const ComparedRuns& compared) {
  page.add(fmt::format(
      "### Against the baseline\n\n{} {}\\.\n",
      compared.comparison.outcome() >= Outcome::maybe_worse ? "⚠️" : "✅",
      text(comparison_headline(compared.comparison))));
  size_t shown = 0;
  for (const ComparedFigure& figure : compared.comparison.figures) {
    const Regression& r = figure.result;
    if (r.outcome == Outcome::same || shown == kMostRows) continue;
    if (shown++ == 0) {
      page.add(head({"figure", "is", "before", "after", "change", "99 %"}, 2));
    }
    page.add(row({text(figure_name(figure.key)), outcome_words(r),
                  text(figure_value_text(figure.info, r.before)),
                  text(figure_value_text(figure.info, r.after)),
                  change_text(r.change), interval_text(r)}));
  }
  const Comparison& all = compared.comparison;
  for (const auto* list : {&all.testbed_differences, &all.remarks}) {
    for (const std::string& each : *list) page.add("\n- " + text(each) + "\n");
  }
}

// How the figures went up to this run, and how it does against the baseline.
void add_trend(Page& page, const ReportData& data) {
  page.add("\n## Trend\n\n");
  if (data.compared == nullptr) {
    page.add(
        "One run has none: name earlier ones with `--baseline` "
        "(`tidemark baseline save`).\n");
    return;
  }
  add_compared_figures(page, *data.compared);
  const size_t runs = data.compared->history.size() + 1;
  if (runs < 3) return;
  page.add(fmt::format("\n### Over the last {} runs\n\n", runs));
  size_t changed = 0;
  for (const FigureTrend& trend : data.compared->trends) {
    const std::string event = trend_event(trend);
    if (event.empty() || changed++ >= kMostRows) continue;
    page.add("- " + text(figure_name(trend.key) + " " + event) + "\n");
  }
  if (changed == 0) page.add("Every figure kept its level.\n");
}

}  // namespace

Status render_md(const ReportData& data, const FormatOptions& options,
                 std::string& out) {
  Page page(out);
  add_summary(page, data, options);
  add_gates(page, data);
  add_sites(page, data);
  add_phases(page, data);
  for (const std::string& note : waiting_notes(data)) {
    page.add("\n- " + text(note) + "\n");
  }
  add_suggestions(page, "SLI recommendations", service_levels(data));
  add_suggestions(page, "Alert suggestions", alerts(data));
  add_trend(page, data);
  page.add("\n## Capacity\n\n");
  const std::vector<std::string> sentences = capacity(data);
  for (const std::string& sentence : sentences) {
    page.add("- " + text(sentence) + "\n");
  }
  if (sentences.empty()) page.add("No operations were counted under load.\n");
  page.end();
  return {};
}

}  // namespace tidemark
