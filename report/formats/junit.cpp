// The report for a CI server: a test per gate and finding, and one for the
// recording.
//
// JUnit XML has no specification; servers drop class names, messages or
// properties, so the figures stand in the name and in the body too.
#include <fmt/format.h>

#include <map>

#include "core/base/text.h"
#include "report/format.h"
#include "report/gate_lines.h"
#include "report/report.h"
#include "report/sentences.h"
#include "report/site_words.h"
#include "report/survey.h"
#include "report/wording.h"

namespace tidemark {
namespace {

// XML takes what HTML takes: the same five characters are escaped, and what
// XML 1.0 has no place for (section 2.2, Char) is replaced.
std::string xml(std::string_view raw) { return sanitize_html(raw); }

enum class Outcome : uint8_t { passed, failed, skipped, broken };

struct Case {
  std::string group, name, message, body;
  Outcome outcome = Outcome::passed;
};

Outcome outcome_of(Verdict verdict, const ReportFlags& flags) {
  switch (verdict) {
    case Verdict::leak: return Outcome::failed;
    case Verdict::suspect:
    case Verdict::inconclusive:
      return flags.strict ? Outcome::failed : Outcome::skipped;
    default: return Outcome::passed;
  }
}

// An undecided gate fails only where every gate must be decided.
Case case_of(const GateResult& gate, const ReportFlags& flags) {
  Case one;
  one.group = "gate";
  one.name = gate_line(gate);
  one.message = std::string(gate_status_name(gate.status)) + ": " + gate.reason;
  one.body = one.name + "\n";
  if (!gate.subject.empty()) one.body += "decided by " + gate.subject + "\n";
  if (gate.status == GateStatus::fail) one.outcome = Outcome::failed;
  if (gate.status == GateStatus::inconclusive) {
    one.outcome = flags.strict || flags.ci ? Outcome::failed : Outcome::skipped;
  }
  return one;
}

std::string sites_of(const ReportData& data, const Finding& f) {
  constexpr size_t kMostSites = 5;
  if (!shows_sites(data, f)) return "";
  std::string text;
  for (size_t i = 0; i < f.sites.size() && i < kMostSites; ++i) {
    text += title_of(data, f.sites[i].stack) + ": " +
            site_facts(f, f.sites[i]) + "\n";
  }
  return text;
}

Case case_of(const ReportData& data, const Finding& f,
             const ReportFlags& flags) {
  const ProcessFacts& process = data.process(f.subject);
  const bool bytes = is_bytes(f.resource);
  Case one;
  one.group = "leak." + process.role;
  one.name = fmt::format("{} (pid {}): {}: {}, {} per minute", process.role,
                         process.key.pid.value, resource_noun(f.resource),
                         verdict_name(f.verdict),
                         format_estimate(f.slope_per_minute, bytes));
  one.outcome = outcome_of(f.verdict, flags);
  one.message = std::string(verdict_name(f.verdict)) + ": " + f.reason;
  one.body = one.name + "\n" + f.reason + "\n";
  if (f.slope_per_op) {
    one.body +=
        format_estimate(*f.slope_per_op, bytes) + " per " + f.op_name + "\n";
  }
  one.body +=
      fmt::format("smallest visible: {} per minute\n",
                  bytes ? format_bytes(f.min_detectable_per_minute)
                        : fmt::format("{:.3g}", f.min_detectable_per_minute));
  one.body += sites_of(data, f);
  return one;
}

// Losses are errors of the measurement, not failures of what was measured.
Case recording_case(const ReportData& data) {
  Case one{"recording", "every tick and mark was kept", "", "",
           Outcome::passed};
  std::string lost = losses_text(data.summary.quality);
  if (data.lost_data()) {
    lost += (lost.empty() ? "" : "; ") + state_text(data);
  }
  if (!lost.empty()) {
    one.outcome = Outcome::broken;
    one.message = "lost: " + lost;
    one.body = one.message + "\n";
  }
  return one;
}

Case command_case(const ReportData& data) {
  Case one{"command", "the command ended by itself", "", "", Outcome::passed};
  if (data.command_signal) {
    one.outcome = Outcome::broken;
    one.message = fmt::format("died of signal {}", *data.command_signal);
  } else if (data.command_exit_code.value_or(0) != 0) {
    one.outcome = Outcome::failed;
    one.message = fmt::format("exited with {}", *data.command_exit_code);
  }
  one.body = one.message + "\n";
  return one;
}

std::vector<Case> cases_of(const ReportData& data, const ReportFlags& flags) {
  std::vector<Case> cases;
  for (const GateResult& gate : data.gates) {
    cases.push_back(case_of(gate, flags));
  }
  for (const Finding& f : data.summary.findings) {
    cases.push_back(case_of(data, f, flags));
  }
  cases.push_back(recording_case(data));
  if (!data.command.empty()) cases.push_back(command_case(data));
  return cases;
}

void add_case(std::string& out, const Case& one) {
  out += fmt::format("  <testcase classname=\"{}\" name=\"{}\" time=\"0\"",
                     xml(one.group), xml(one.name));
  const char* element = nullptr;
  switch (one.outcome) {
    case Outcome::passed: out += "/>\n"; return;
    case Outcome::failed: element = "failure"; break;
    case Outcome::skipped: element = "skipped"; break;
    case Outcome::broken: element = "error"; break;
  }
  // Line by line: the sanitizer makes one line of what it is given.
  std::string body;
  std::string_view rest = one.body;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    body += xml(rest.substr(0, end)) + "\n";
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  out += fmt::format(">\n    <{0} message=\"{1}\">{2}</{0}>\n  </testcase>\n",
                     element, xml(one.message), body);
}

void add_property(std::string& out, const char* name,
                  const std::string& value) {
  out += fmt::format("   <property name=\"{}\" value=\"{}\"/>\n", name,
                     xml(value));
}

}  // namespace

Status render_junit(const ReportData& data, const FormatOptions& options,
                    std::string& out) {
  const std::vector<Case> cases = cases_of(data, options.flags);
  std::map<Outcome, int> counts;
  for (const Case& one : cases) ++counts[one.outcome];
  const std::string figures = fmt::format(
      "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" "
      "time=\"{:.3f}\"",
      cases.size(), counts[Outcome::failed], counts[Outcome::broken],
      counts[Outcome::skipped], data.seconds());
  std::string time = format_utc(data.begin_ns);
  time[std::min(time.size() - 1, time.find(' '))] = 'T';
  out += fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {0}>\n"
      " <testsuite name=\"{1}\" timestamp=\"{2}\" hostname=\"{3}\" {0}>\n"
      "  <properties>\n",
      figures, xml(data.run_name.empty() ? "tidemark" : data.run_name), time,
      xml(data.info.host));
  add_property(out, "status", report_status_name(data.status));
  add_property(out, "headline", headline(data));
  add_property(out, "testbed", data.testbed);
  add_property(out, "exit_code",
               std::to_string(exit_code(data, options.flags)));
  out += "  </properties>\n";
  for (const Case& one : cases) add_case(out, one);
  out += " </testsuite>\n</testsuites>\n";
  return {};
}

}  // namespace tidemark
