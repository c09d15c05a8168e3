// What one core carries, what to promise and what to be woken by; and where
// phases differ in load, what they cost against it.
#include <fmt/format.h>

#include "report/html/markup.h"
#include "report/html/sections.h"
#include "report/load_levels.h"
#include "report/suggestions.h"
#include "report/wording.h"

namespace tidemark::html {
namespace {

void add_table(std::string& out, const char* title,
               const std::vector<Suggestion>& all) {
  constexpr size_t kMostRows = 40;
  if (all.empty()) return;
  out += fmt::format("<h3>{}</h3>\n", title);
  Table table(out, title);
  table.head({"What", "Basis", "Measured", "Suggested"}, 2);
  for (size_t i = 0; i < all.size() && i < kMostRows; ++i) {
    table.row({clipped(all[i].what, 80), clipped(all[i].basis, 80),
               clipped(all[i].measured, 40), clipped(all[i].threshold, 40)});
  }
  table.end();
}

void add_levels(std::string& out, const LoadLevels& levels) {
  if (levels.points.size() < 2) return;
  out += "<h3>Cost against load</h3>\n<p>" + escape(levels.sentence) +
         "</p>\n<div class=\"split\">\n" + levels_chart(levels) + "<div>";
  Table table(out, "Cost against load");
  table.head({"Phase", "Load", "CPU", "CPU/op", "Memory", "p95"});
  for (const LoadLevel& level : levels.points) {
    table.row(
        {clipped(level.phase, 40), format_count(level.per_second) + "/s",
         ratio_text(level.cpu_ratio),
         seconds_text(level.cpu_ratio / level.per_second),
         or_absent(level.memory_bytes > 0, format_bytes(level.memory_bytes)),
         or_absent(level.p95_ns > 0, nanoseconds_text(level.p95_ns))});
  }
  table.end();
  out += "</div></div>\n";
}

}  // namespace

void add_capacity(std::string& out, const ReportData& data) {
  const std::vector<std::string> sentences = capacity(data);
  const LoadLevels levels = load_levels(data);
  const std::vector<Suggestion> promises = service_levels(data);
  const std::vector<Suggestion> alarms = alerts(data);
  if (sentences.empty() && promises.empty() && alarms.empty()) return;
  out +=
      "<section id=\"capacity\" aria-labelledby=\"h-capacity\">\n"
      "<h2 id=\"h-capacity\">Capacity and suggestions</h2>\n<ul "
      "class=\"plain\">\n";
  for (const std::string& sentence : sentences) {
    out += "<li>" + escape(sentence) + "</li>\n";
  }
  out += "</ul>\n";
  add_levels(out, levels);
  if (!promises.empty() || !alarms.empty()) {
    out +=
        "<details><summary>Suggested service levels and alerts</summary>\n"
        "<p class=\"quiet\">Room over what this one run measured; the baseline "
        "of several runs knows better.</p>\n";
    add_table(out, "Service levels", promises);
    add_table(out, "Alerts", alarms);
    out += "</details>\n";
  }
  out += "</section>\n";
}

}  // namespace tidemark::html
