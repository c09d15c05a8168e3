// The timelines: their figures as JSON, which the page's script draws.
#include <fmt/format.h>

#include "report/html/markup.h"
#include "report/html/sections.h"
#include "report/script_json.h"
#include "report/wording.h"

namespace tidemark::html {
namespace {

constexpr size_t kMostPhases = 4000;
constexpr size_t kMostMarks = 1000;

// Seconds since the first column, to the millisecond.
std::string offset(const ReportData& data, BootTime time) {
  return fmt::format("{:.3f}", to_seconds(time - data.timeline.begin));
}

std::string phases_json(const ReportData& data) {
  std::map<std::string, int> cycles;
  for (const PhaseUse& use : data.summary.phases) ++cycles[use.phase.path];
  std::string out = "[";
  size_t n = 0;
  for (const PhaseUse& use : data.summary.phases) {
    const Phase& phase = use.phase;
    if (n++ == kMostPhases) break;
    out += fmt::format(
        "{}{{\"label\":{},\"kind\":\"{}\",\"depth\":{},\"begin\":{},\"end\":{},"
        "\"ended\":{}}}",
        n > 1 ? "," : "", script_string(phase.label(cycles[phase.path] > 1)),
        phase_kind_name(phase.kind), phase.depth, offset(data, phase.begin),
        offset(data, phase.end_in(data.summary.end)),
        phase.status == PhaseStatus::ended);
  }
  return out + "]";
}

// What a client said or an alert: exits of helpers would hide them.
bool is_mark_on_chart(const Event& event) {
  return is_news(event) && event.kind != EventKind::exit;
}

std::string marks_json(const ReportData& data) {
  std::string out = "[";
  size_t n = 0;
  for (const Event& event : data.summary.notes) {
    if (!is_mark_on_chart(event)) continue;
    if (n++ == kMostMarks) break;
    out += fmt::format("{}{{\"at\":{},\"text\":{}}}", n > 1 ? "," : "",
                       offset(data, event.time),
                       script_string(note_text(data, event)));
  }
  return out + "]";
}

}  // namespace

void add_timelines(std::string& out, const ReportData& data) {
  if (data.timeline.charts.empty()) return;
  out +=
      "<section id=\"timelines\" aria-labelledby=\"h-timelines\">\n"
      "<h2 id=\"h-timelines\">The run over time</h2>\n"
      "<p class=\"quiet\" id=\"chart-help\">Drag across a chart to zoom, "
      "double "
      "click to see all again. With a chart in focus: ← → move the cursor, "
      "+ − zoom, [ ] the phase before and after, Esc all. Lines are means, the "
      "bands around them least to greatest.</p>\n"
      "<div class=\"toolbar\"><button type=\"button\" id=\"zoom-out\" disabled>"
      "Show all</button><output id=\"readout\" aria-live=\"polite\"></output>"
      "</div>\n<div id=\"strip\" class=\"strip\"></div>\n"
      "<div id=\"charts\" class=\"charts\"></div>\n"
      "<noscript><p>The charts need JavaScript; everything else on this page "
      "does not.</p></noscript>\n";
  out += "<script type=\"application/json\" id=\"data\">\n{\"timeline\":" +
         timeline_json(data.timeline, data.unix_ns(data.timeline.begin)) +
         ",\n\"phases\":" + phases_json(data) +
         ",\n\"marks\":" + marks_json(data) + "}\n</script>\n</section>\n";
}

}  // namespace tidemark::html
