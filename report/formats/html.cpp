// The report as one page that needs nothing else: no network, no other file.
#include <fmt/format.h>

#include "report/html/markup.h"
#include "report/html/sections.h"
#include "report/html/web_assets.h"
#include "report/report.h"
#include "report/sentences.h"
#include "report/survey.h"
#include "report/wording.h"

namespace tidemark {
namespace {

using html::escape;

// The page's icon, so that a browser asks nobody for one.
constexpr const char* kIcon =
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 "
    "16 16'%3E%3Cpath d='M1 11q3.5-6 7 0t7 0' fill='none' stroke='%230b7285' "
    "stroke-width='2.5'/%3E%3C/svg%3E";

std::string name_of(const ReportData& data) {
  return data.run_name.empty() ? "Run" : data.run_name;
}

void add_head(std::string& out, const ReportData& data) {
  const WebAssets& assets = web_assets();
  // Scripts and styles of these hashes and nothing else, from nowhere.
  out += fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
      "'none'; script-src '{}' '{}'; style-src '{}'; img-src data:; base-uri "
      "'none'; form-action 'none'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, "
      "initial-scale=1\">\n<meta name=\"generator\" content=\"{}\">\n"
      "<meta name=\"referrer\" content=\"no-referrer\">\n"
      "<link rel=\"icon\" href=\"{}\">\n<title>{}: {} – Tidemark</title>\n"
      "<style>{}</style>\n</head>\n",
      assets.library_hash, assets.script_hash, assets.style_hash,
      escape(data.info.producer), kIcon, html::look_of(data.status).word,
      escape(name_of(data)), assets.style);
}

void add_header(std::string& out, const ReportData& data) {
  out +=
      "<header class=\"top\">\n<div><p class=\"brand\">Tidemark report</p>\n"
      "<h1>" +
      html::clipped(name_of(data), 80) + "</h1>\n<p class=\"meta\">" +
      escape(fmt::format("{} UTC · {} · ", format_utc(data.begin_ns),
                         seconds_text(data.seconds())));
  if (!data.info.host.empty()) out += escape(data.info.host) + " · ";
  out += escape(data.testbed) + "</p>\n";
  if (!data.command.empty()) {
    out += "<p class=\"command\"><code>" + html::clipped(data.command, 200) +
           "</code></p>\n";
  }
  out +=
      "</div>\n<button type=\"button\" id=\"theme\" "
      "aria-label=\"Switch between dark and light\">◐</button>\n</header>\n";
}

void add_navigation(std::string& out, const std::string& body) {
  static constexpr std::pair<const char*, const char*> kSections[] = {
      {"gates", "Gates"},         {"comparison", "Baseline"},
      {"findings", "Findings"},   {"timelines", "Over time"},
      {"phases", "Phases"},       {"sites", "Call stacks"},
      {"latency", "Latency"},     {"capacity", "Capacity"},
      {"notes", "What happened"}, {"quality", "Data"}};
  out += "<nav aria-label=\"Sections\"><ul>\n";
  for (const auto& [id, title] : kSections) {
    if (body.find(fmt::format("<section id=\"{}\"", id)) == std::string::npos) {
      continue;
    }
    out += fmt::format("<li><a href=\"#{}\">{}</a></li>\n", id, title);
  }
  out += "</ul></nav>\n";
}

}  // namespace

Status render_html(const ReportData& data, const FormatOptions& options,
                   std::string& out) {
  std::string body;
  html::add_gates(body, data);
  html::add_comparison(body, data);
  html::add_findings(body, data);
  html::add_timelines(body, data);
  html::add_phases(body, data);
  html::add_sites(body, data);
  html::add_latency(body, data);
  html::add_capacity(body, data);
  html::add_notes(body, data);
  html::add_quality(body, data, options);
  const WebAssets& assets = web_assets();
  add_head(out, data);
  out +=
      "<body>\n<a class=\"skip\" href=\"#findings\">Skip to the findings</a>\n";
  add_header(out, data);
  out += "<main>\n";
  html::add_banner(out, data, options);
  add_navigation(out, body);
  out += body;
  out +=
      "</main>\n<footer>Tidemark writes this page from one recording; "
      "<code>tidemark report -f json</code> has every figure. Charts: "
      "dygraphs 2, MIT licence.</footer>\n";
  out += fmt::format(
      "<script>{}</script>\n<script>{}</script>\n</body>\n</html>\n",
      assets.library, assets.script);
  return {};
}

}  // namespace tidemark
