// The first screen: the verdict, the culprit, and the figures that matter.
#include <fmt/format.h>

#include "report/highlights.h"
#include "report/html/markup.h"
#include "report/html/sections.h"
#include "report/report.h"
#include "report/sentences.h"
#include "report/survey.h"
#include "report/wording.h"

namespace tidemark::html {
namespace {

void add_alarm(std::string& out, const std::string& title,
               const std::string& text) {
  out += "<p class=\"alarm\"><strong>" + title + "</strong> " + escape(text) +
         "</p>\n";
}

void add_alarms(std::string& out, const ReportData& data) {
  if (!data.aborted.empty()) {
    add_alarm(out, "Aborted.", data.aborted);
  } else if (data.command_signal) {
    add_alarm(
        out, "Aborted.",
        fmt::format("The command died of signal {}.", *data.command_signal));
  } else if (data.command_exit_code.value_or(0) != 0) {
    add_alarm(
        out, "Failed.",
        fmt::format("The command exited with {}.", *data.command_exit_code));
  }
  if (data.lost_data()) {
    add_alarm(out, "Data lost.",
              "The recording is damaged: " + state_text(data) + ".");
  }
  const std::string losses = losses_text(data.summary.quality);
  if (!losses.empty()) add_alarm(out, "Lost while recording:", losses + ".");
}

}  // namespace

void add_banner(std::string& out, const ReportData& data,
                const FormatOptions& options) {
  const Look look = look_of(data.status);
  out += fmt::format(
      "<section class=\"banner {0}\" aria-labelledby=\"verdict\">\n"
      "<div class=\"verdict\"><span class=\"word\">{1} {2}</span>"
      "<h2 id=\"verdict\">{3}</h2><span class=\"exit\">exit code {4}</span>"
      "</div>\n",
      look.style, look.sign, look.word, escape(headline(data)),
      exit_code(data, options.flags));
  if (culprit(data) != nullptr) {
    out +=
        "<p class=\"lead\">" + escape(sentences(data).front().text) + "</p>\n";
  }
  add_alarms(out, data);
  out += "<dl class=\"tiles\">\n";
  for (const Highlight& one : highlights(data)) {
    out += "<div><dt>" + clipped(one.label, 28) + "</dt><dd class=\"figure\">" +
           clipped(one.value, 28) + "</dd><dd class=\"note\">" +
           clipped(one.note, 60) + "</dd></div>\n";
  }
  out += "</dl>\n</section>\n";
}

}  // namespace tidemark::html
