// The report for a terminal: verdict first.
#include "core/base/text.h"

#include <string>

#include "report/format.h"
#include "report/report_data.h"

namespace tidemark {

void render_text(const ReportData& data, const FormatOptions&,
                 std::string& out) {
  out += std::string("verdict: ") + report_status_name(data.status) + "\n";
  for (const Finding& finding : data.summary.findings) {
    const ProcessFacts& process = data.process(finding.subject);
    out += "  " + sanitize_terminal(process.role) + " (pid " +
           std::to_string(process.key.pid.value) + ") " +
           resource_name(finding.resource) + ": " +
           verdict_name(finding.verdict) + ", " + finding.reason + "\n";
  }
}

}  // namespace tidemark
