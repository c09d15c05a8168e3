// Every finding: those that rise with their curve, the others in one table.
#include <fmt/format.h>

#include <map>

#include "report/highlights.h"
#include "report/html/markup.h"
#include "report/html/sections.h"
#include "report/sentences.h"
#include "report/site_words.h"
#include "report/wording.h"

namespace tidemark::html {
namespace {

std::string amount(double value, Resource resource) {
  if (is_bytes(resource)) return format_bytes(value);
  return fmt::format("{:.3g}", value);
}

void fact(std::string& out, const char* name, const std::string& markup) {
  out += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", name, markup);
}

void add_slopes(std::string& out, const Finding& f) {
  const bool bytes = is_bytes(f.resource);
  if (f.slope_per_op) {
    fact(out, "Per operation",
         escape(format_estimate(*f.slope_per_op, bytes) + " per " + f.op_name));
  }
  fact(out, "Per minute", escape(format_estimate(f.slope_per_minute, bytes)));
  std::string least =
      amount(f.min_detectable_per_minute, f.resource) + " per minute";
  if (f.min_detectable_per_op) {
    least = amount(*f.min_detectable_per_op, f.resource) + " per " + f.op_name +
            ", " + least;
  }
  fact(out, "Smallest growth this run could see", escape(least));
}

std::string confirmed_text(const Finding& f) {
  if (f.confirmed_by == Confirmation::none) return "nothing yet";
  return confirmation_name(f.confirmed_by);
}

void add_facts(std::string& out, const ReportData& data, const Finding& f) {
  out += "<dl class=\"facts\">\n";
  add_slopes(out, f);
  fact(out, "Confirmed by", escape(confirmed_text(f)));
  if (!f.leak_class.empty()) fact(out, "Class", escape(f.leak_class));
  if (!f.phases.empty()) {
    fact(out, "Grew in", escape(fmt::format("{}", fmt::join(f.phases, ", "))));
  }
  if (f.plateau) {
    fact(out, "Settles at", escape(amount(*f.plateau, f.resource)));
  }
  const double lasts = seconds_to_limit(data, f);
  if (lasts > 0) fact(out, "Memory lasts", escape(seconds_text(lasts)));
  fact(out, "Readings",
       escape(fmt::format("{}{}", f.slope_per_minute.n,
                          f.cycles > 0 ? ", one after each cycle" : "")));
  fact(out, "Method",
       escape(f.slope_per_op ? f.slope_per_op->method
                             : f.slope_per_minute.method));
  fact(out, "False discovery rate (q)", fmt::format("{:.2g}", f.q_value));
  out += "</dl>\n";
}

void add_card(std::string& out, const ReportData& data, const Finding& f,
              const std::string& sentence) {
  const Look look = look_of(f.verdict);
  const ProcessFacts& process = data.process(f.subject);
  out += fmt::format("<article class=\"card {}\">\n<h3>{} {}: {}</h3>\n",
                     look.style, pill(look), clipped(process.role, 48),
                     escape(resource_noun(f.resource)));
  out += "<p>" + escape(sentence) + "</p>\n<div class=\"split\">\n";
  out += finding_chart(data, f);
  add_facts(out, data, f);
  out += "</div>\n";
  add_finding_sites(out, data, f);
  out += "</article>\n";
}

// What is not decided yet has no card; where it grew may decide it.
void add_open_sites(std::string& out, const ReportData& data,
                    const Finding& f) {
  if (f.verdict != Verdict::inconclusive || !shows_sites(data, f)) return;
  out += "<details><summary>Where the undecided " +
         escape(resource_noun(f.resource)) + " of " +
         clipped(data.process(f.subject).role, 48) +
         " grew</summary>\n<div class=\"card open\">\n";
  add_finding_sites(out, data, f);
  out += "</div></details>\n";
}

void add_table(std::string& out, const ReportData& data) {
  out +=
      "<details><summary>Every finding, with the smallest growth it could "
      "see</summary>\n";
  Table table(out, "Every finding");
  table.head(
      {"Process", "Resource", "Verdict", "Growth per minute",
       "Growth per operation", "Smallest visible per minute", "Readings", "q"},
      3);
  for (const Finding& f : data.summary.findings) {
    const ProcessFacts& process = data.process(f.subject);
    const bool bytes = is_bytes(f.resource);
    table.row({clipped(process.role, 32) +
                   fmt::format(" <small>{}</small>", process.key.pid.value),
               escape(resource_noun(f.resource)), pill(look_of(f.verdict)),
               escape(format_estimate(f.slope_per_minute, bytes)),
               or_absent(f.slope_per_op.has_value(),
                         f.slope_per_op
                             ? escape(format_estimate(*f.slope_per_op, bytes))
                             : ""),
               escape(amount(f.min_detectable_per_minute, f.resource)),
               std::to_string(f.slope_per_minute.n),
               fmt::format("{:.2g}", f.q_value)});
  }
  table.end();
  out += "</details>\n";
}

}  // namespace

void add_findings(std::string& out, const ReportData& data) {
  constexpr size_t kMostCards = 24;
  out +=
      "<section id=\"findings\" aria-labelledby=\"h-findings\">\n"
      "<h2 id=\"h-findings\">Findings</h2>\n";
  const std::vector<Sentence> all = sentences(data);
  size_t cards = 0;
  for (const Sentence& sentence : all) {
    if (sentence.finding == nullptr) continue;
    if (cards++ == kMostCards) break;
    add_card(out, data, *sentence.finding, sentence.text);
  }
  for (const Finding& f : data.summary.findings) add_open_sites(out, data, f);
  out += "<ul class=\"verdicts\">\n";
  for (const Sentence& sentence : all) {
    if (sentence.finding != nullptr) continue;
    const Look look = look_of(sentence.verdict);
    out +=
        fmt::format("<li class=\"{}\"><span class=\"sign\">{}</span> {}</li>\n",
                    look.style, look.sign, escape(sentence.text));
  }
  if (all.empty()) {
    out +=
        "<li class=\"open\"><span class=\"sign\">?</span> Nothing was "
        "judged: " +
        why_not_judged(data) + ".</li>\n";
  }
  out += "</ul>\n";
  if (data.summary.too_brief > 0) {
    out += fmt::format(
        "<p class=\"quiet\">{} watched {} lived too briefly to be "
        "judged.</p>\n",
        data.summary.too_brief,
        data.summary.too_brief == 1 ? "process" : "processes");
  }
  if (!data.summary.findings.empty()) add_table(out, data);
  out += "</section>\n";
}

}  // namespace tidemark::html
