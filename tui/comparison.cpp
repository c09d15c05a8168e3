#include "tui/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "tui/figures.h"
#include "tui/finding_text.h"
#include "tui/header.h"
#include "tui/process_list.h"
#include "tui/process_rows.h"

namespace tidemark {
namespace {

using Sums = std::map<RunFigures::Key, double>;

std::string who_is(const Dictionary& dictionary, SubjectId id) {
  const Subject* subject = dictionary.subject(id);
  if (subject == nullptr) return {};
  return subject->role.empty() ? subject->name : subject->role;
}

void add_use(const SubjectUse& use, const std::string& path,
             const std::string& who, Sums& sums) {
  const auto add = [&](RunFigure figure, double value) {
    sums[{path, who, figure}] += value;
  };
  if (use.cpu_ratio.n > 0) add(RunFigure::cpu, use.cpu_ratio.mean);
  const auto per_op = use.per_op.find("cpu_seconds");
  if (per_op != use.per_op.end()) add(RunFigure::cpu_per_op, per_op->second);
  if (use.rss_anon_bytes.n > 0) add(RunFigure::anon, use.rss_anon_bytes.last);
  if (use.fds.n > 0) add(RunFigure::fds, use.fds.last);
  if (use.threads.n > 0) add(RunFigure::threads, use.threads.last);
}

void add_findings(const RunSummary& summary, const Dictionary& dictionary,
                  RunFigures& figures) {
  for (const Finding& finding : summary.findings) {
    const std::string who = who_is(dictionary, finding.subject) + " " +
                            std::string(short_resource(finding.resource));
    const bool known =
        figures.values.contains({std::string(), who, RunFigure::retained});
    if (known) continue;  // worst first: the others of this role are milder
    std::string words = verdict_name(finding.verdict);
    if (finding.verdict == Verdict::leak) words = "LEAK";
    const Estimate& slope =
        finding.slope_per_op ? *finding.slope_per_op : finding.slope_per_minute;
    if (severity(finding.verdict) >= severity(Verdict::saturating)) {
      words += " " + amount(finding.resource, slope.value) +
               (finding.slope_per_op ? "/op" : "/min");
    }
    figures.values[{std::string(), who, RunFigure::retained}] = {
        static_cast<double>(severity(finding.verdict)), std::move(words)};
  }
}

}  // namespace

RunFigures run_figures(const RunSummary& summary,
                       const Dictionary& dictionary) {
  RunFigures figures;
  std::map<std::string, double> cycles;
  Sums sums;
  for (const PhaseUse& use : summary.phases) {
    const std::string& path = use.phase.path;
    if (++cycles[path] == 1) figures.paths.push_back(path);
    for (const SubjectUse& subject : use.subjects) {
      add_use(subject, path, who_is(dictionary, subject.subject), sums);
    }
    const double seconds = to_seconds(use.phase.end - use.phase.begin);
    for (const auto& [op, count] : use.ops) {
      if (seconds <= 0) continue;
      sums[{path, op, RunFigure::ops}] += static_cast<double>(count) / seconds;
    }
  }
  for (const auto& [key, sum] : sums) {
    figures.values[key].value = sum / cycles[std::get<0>(key)];
  }
  for (const auto& [path, spans] : summary.path_spans) {
    for (const SpanStats& span : spans) {
      if (span.count == 0) continue;
      figures.values[{path, span.name, RunFigure::p95}].value =
          span.p95_ns * 1e-9;
    }
  }
  add_findings(summary, dictionary, figures);
  return figures;
}

std::vector<ComparedRow> compare_runs(const RunFigures& here,
                                      const RunFigures& there) {
  std::vector<std::string> paths = {""};
  paths.insert(paths.end(), here.paths.begin(), here.paths.end());
  paths.insert(paths.end(), there.paths.begin(), there.paths.end());
  std::set<RunFigures::Key> keys;
  for (const RunFigures* run : {&here, &there}) {
    for (const auto& [key, value] : run->values) keys.insert(key);
  }
  const auto find = [](const RunFigures& run, const RunFigures::Key& key) {
    const auto found = run.values.find(key);
    return found == run.values.end() ? std::nullopt
                                     : std::optional(found->second);
  };
  std::set<std::string> done;
  std::vector<ComparedRow> rows;
  for (const std::string& path : paths) {
    if (!done.insert(path).second) continue;
    const RunFigures::Key from{path, "", RunFigure::retained};
    for (auto key = keys.lower_bound(from);
         key != keys.end() && std::get<0>(*key) == path; ++key) {
      ComparedRow row{path,
                      std::get<1>(*key),
                      std::get<2>(*key),
                      find(here, *key),
                      find(there, *key),
                      {}};
      if (row.here && row.there && row.there->value != 0) {
        row.change = (row.here->value - row.there->value) / row.there->value;
      }
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

bool more_is_worse(RunFigure figure) { return figure != RunFigure::ops; }

std::string_view figure_title(RunFigure figure) {
  switch (figure) {
    case RunFigure::retained: return "verdict";
    case RunFigure::cpu: return "cpu";
    case RunFigure::cpu_per_op: return "cpu per op";
    case RunFigure::anon: return "anon at end";
    case RunFigure::fds: return "fds at end";
    case RunFigure::threads: return "threads";
    case RunFigure::ops: return "ops/s";
    case RunFigure::p95: return "p95";
  }
  return {};
}

std::string figure_text(RunFigure figure, const RunFigures::Value& value) {
  switch (figure) {
    case RunFigure::retained: return value.words;
    case RunFigure::cpu: return percent_sign(value.value);
    case RunFigure::cpu_per_op:
    case RunFigure::p95: return seconds_short(value.value);
    case RunFigure::anon: return short_bytes(value.value);
    default: return short_count(value.value);
  }
}

}  // namespace tidemark
