#include "report/report_data.h"

#include <sys/wait.h>

#include <algorithm>

#include "core/base/text.h"
#include "report/baselines/run_figures.h"

namespace tidemark {
namespace {

std::string join(const std::vector<std::string>& words,
                 const char* between = " ") {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += between;
    text += word;
  }
  return text;
}

// argv as in /proc/PID/cmdline: NUL-separated, often NUL-terminated.
std::string spaced(std::string argv) {
  while (!argv.empty() && argv.back() == '\0') argv.pop_back();
  std::replace(argv.begin(), argv.end(), '\0', ' ');
  return argv;
}

std::string describe_testbed(const RecordingInfo& info) {
  std::string text = std::to_string(info.cpu_count) + " × ";
  text += info.cpu_model.empty() ? "unknown processor" : info.cpu_model;
  text += ", " + format_bytes(static_cast<double>(info.memory_bytes));
  return text + ", Linux " + info.kernel;
}

std::string client_name(const Dictionary& dictionary, ProcessKey key) {
  for (const Subject& subject : dictionary.subjects()) {
    if (subject.id.valid() && subject.kind == SubjectKind::client &&
        subject.process == key) {
      return subject.name;
    }
  }
  return {};
}

ProcessFacts describe(const Dictionary& dictionary, SubjectId id) {
  const Subject* subject = dictionary.subject(id);
  if (subject == nullptr) return {};
  ProcessFacts facts{subject->process, subject->role, subject->name,
                     spaced(subject->command)};
  if (facts.role.empty()) {
    facts.role = client_name(dictionary, subject->process);
  }
  if (facts.role.empty()) facts.role = facts.comm;
  return facts;
}

VerdictCounts count(const std::vector<Finding>& findings) {
  VerdictCounts counts;
  for (const Finding& finding : findings) {
    switch (finding.verdict) {
      case Verdict::none: ++counts.none; break;
      case Verdict::leak: ++counts.leak; break;
      case Verdict::suspect: ++counts.suspect; break;
      case Verdict::saturating: ++counts.saturating; break;
      case Verdict::step: ++counts.step; break;
      case Verdict::startup: ++counts.startup; break;
      case Verdict::inconclusive: ++counts.inconclusive; break;
    }
  }
  return counts;
}

// A confirmed leak fails, a suspected one warns whatever else is open; then
// what could not be decided; a filling cache or a step is never a silent pass.
ReportStatus overall(const VerdictCounts& counts) {
  if (counts.leak > 0) return ReportStatus::fail;
  if (counts.suspect > 0) return ReportStatus::warn;
  if (counts.inconclusive > 0 || counts.total() == 0) {
    return ReportStatus::inconclusive;
  }
  return counts.saturating + counts.step > 0 ? ReportStatus::warn
                                             : ReportStatus::pass;
}

void take_command_status(ReportData& data, int64_t status) {
  if (status < 0) return;
  const int wait_status = static_cast<int>(status);
  if (WIFSIGNALED(wait_status)) data.command_signal = WTERMSIG(wait_status);
  if (WIFEXITED(wait_status)) {
    data.command_exit_code = WEXITSTATUS(wait_status);
  }
}

// A gate that says abort, or a run that its client ended so.
std::string abortion(const RunSummary& summary) {
  constexpr int64_t kEndsRun = 3;  // Event::value of an alert
  for (const Event& note : summary.notes) {
    if (note.kind == EventKind::alert && note.value == kEndsRun) {
      return note.text;
    }
  }
  for (const Run& run : summary.runs) {
    if (run.status != 2) continue;
    // What drives a test says why, in words that begin so.
    for (const Event& note : summary.notes) {
      const bool says =
          note.kind == EventKind::note && note.name.starts_with("aborted: ");
      if (says) return note.name.substr(9);
    }
    return "the run '" + run.name + "' was aborted";
  }
  return "";
}

}  // namespace

const ProcessFacts& ReportData::process(SubjectId id) const {
  static const ProcessFacts kUnknown{{}, "unknown", "unknown", ""};
  const auto found = processes.find(id);
  return found == processes.end() ? kUnknown : found->second;
}

bool ReportData::lost_data() const {
  return std::any_of(damages.begin(), damages.end(),
                     [](const Damage& damage) { return !damage.truncation; });
}

ReportData make_report(std::string path, RecordingInfo info, RunSummary summary,
                       const Dictionary& dictionary) {
  ReportData data;
  data.path = std::move(path);
  data.info = std::move(info);
  data.summary = std::move(summary);
  data.command = join(data.info.command);
  data.testbed = describe_testbed(data.info);
  data.begin_ns = data.unix_ns(data.summary.begin);
  data.end_ns = data.unix_ns(data.summary.end);
  for (const Run& run : data.summary.runs) {
    data.run_name += (data.run_name.empty() ? "" : ", ") + run.name;
  }
  take_command_status(data, data.summary.command_status);
  data.aborted = abortion(data.summary);
  if (data.summary.quality.level.empty()) {
    std::vector<std::string> levels = data.info.levels;
    std::erase_if(levels, [](const std::string& level) {
      return level.starts_with(kTestbedFact);
    });
    data.summary.quality.level = join(levels, "; ");
  }
  const auto know = [&](SubjectId id) {
    if (!data.processes.contains(id)) {
      data.processes.emplace(id, describe(dictionary, id));
    }
  };
  for (const Finding& finding : data.summary.findings) know(finding.subject);
  for (const SiteTotals& site : data.summary.sites) know(site.process);
  for (const PhaseUse& phase : data.summary.phases) {
    for (const SubjectUse& use : phase.subjects) know(use.subject);
  }
  for (const Event& note : data.summary.notes) {
    if (note.subject.valid()) know(note.subject);
  }
  recount(data);
  return data;
}

void recount(ReportData& data) {
  data.counts = count(data.summary.findings);
  data.status = overall(data.counts);
}

const char* report_status_name(ReportStatus status) {
  switch (status) {
    case ReportStatus::pass: return "pass";
    case ReportStatus::warn: return "warn";
    case ReportStatus::fail: return "fail";
    case ReportStatus::inconclusive: return "inconclusive";
  }
  return "inconclusive";
}

}  // namespace tidemark
