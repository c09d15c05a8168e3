// What happened, and how good the data is.
#include <fmt/format.h>

#include <cmath>

#include "report/html/markup.h"
#include "report/html/sections.h"
#include "report/report.h"
#include "report/survey.h"
#include "report/wording.h"

namespace tidemark::html {

void add_notes(std::string& out, const ReportData& data) {
  constexpr size_t kMostNotes = 300;
  const std::vector<News> news = gather_news(data);
  if (news.empty()) return;
  out +=
      "<section id=\"notes\" aria-labelledby=\"h-notes\">\n"
      "<h2 id=\"h-notes\">What happened</h2>\n";
  const bool is_long = news.size() > 12;
  if (is_long) {
    out += fmt::format("<details><summary>{} notes and exits</summary>\n",
                       news.size());
  }
  Table table(out, "What happened");
  table.head({"At", "What"}, 2);
  for (size_t i = 0; i < news.size() && i < kMostNotes; ++i) {
    table.row(
        {seconds_text(news[i].first_seconds), clipped(news[i].whole(), 160)});
  }
  table.end();
  if (news.size() > kMostNotes) {
    out += fmt::format("<p class=\"quiet\">and {} more in report.json</p>\n",
                       news.size() - kMostNotes);
  }
  if (is_long) out += "</details>\n";
  out += "</section>\n";
}

namespace {

void fact(std::string& out, const char* name, const std::string& text,
          bool is_bad = false) {
  out += fmt::format("<div><dt>{}</dt><dd{}>{}</dd></div>\n", name,
                     is_bad ? " class=\"warn\"" : "", escape(text));
}

}  // namespace

void add_quality(std::string& out, const ReportData& data,
                 const FormatOptions& options) {
  const Quality& q = data.summary.quality;
  out +=
      "<section id=\"quality\" aria-labelledby=\"h-quality\">\n"
      "<h2 id=\"h-quality\">Quality of the data</h2>\n"
      "<dl class=\"facts wide\">\n";
  fact(out, "Coverage", coverage_text(q), q.coverage < 0.95);
  const std::string losses = losses_text(q);
  fact(out, "Lost", losses.empty() ? "nothing" : losses, !losses.empty());
  if (!q.gaps.empty()) fact(out, "Gaps", gap_text(q), true);
  for (const auto& [what, cause] : degradation_texts(q)) {
    fact(out, "Degraded", what + ": " + cause, true);
  }
  fact(out, "Own cost", own_cost_text(data));
  if (!q.level.empty()) fact(out, "Sensors", q.level);
  const std::string state = state_text(data);
  fact(out, "Recording", data.path + (state.empty() ? "" : ": " + state),
       !state.empty());
  fact(out, "Identity",
       format_uuid(data.info.uuid) + ", by " + data.info.producer);
  fact(out, "Exit code", std::to_string(exit_code(data, options.flags)));
  out += "</dl>\n</section>\n";
}

}  // namespace tidemark::html
