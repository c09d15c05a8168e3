#include "report/sentences.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/base/text.h"
#include "report/baselines/compared_runs.h"
#include "report/baselines/comparison_text.h"
#include "report/gate_lines.h"
#include "report/site_words.h"

namespace tidemark {
namespace {

std::string who(const ReportData& data, SubjectId id) {
  const ProcessFacts& process = data.process(id);
  const std::string pid = "pid " + std::to_string(process.key.pid.value);
  if (process.role == process.comm || process.comm.empty()) {
    return process.role + " (" + pid + ")";
  }
  return process.role + " (" + process.comm + ", " + pid + ")";
}

std::string op_of(const Finding& finding) {
  return finding.op_name.empty() ? "operation" : finding.op_name;
}

// Digits enough to tell the bounds apart.
std::string number(double value, double scale) {
  const double shown = value / scale;
  const double size = std::abs(shown);
  const int decimals = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  std::string text = fmt::format("{:.{}f}", shown, decimals);
  if (decimals > 0) {
    while (text.back() == '0') text.pop_back();
    if (text.back() == '.') text.pop_back();
  }
  return text == "-0" ? "0" : text;
}

double scale_of(double bytes, const char*& unit) {
  static constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double scale = 1;
  size_t at = 0;
  while (at + 1 < std::size(kUnits) && std::abs(bytes) / scale >= 1024) {
    scale *= 1024;
    ++at;
  }
  unit = kUnits[at];
  return scale;
}

std::string bounds(double lo, double hi, double scale) {
  if (!std::isfinite(lo) || !std::isfinite(hi)) return "";
  return " [" + number(lo, scale) + ", " + number(hi, scale) + "]";
}

std::string plural(const std::string& noun) {
  return noun == "child process" ? "child processes" : noun + "s";
}

// "412 B of memory per checkout [398, 425]": of bytes, or of pieces that leak
// at least one in two operations.
std::string rate(const Finding& finding, const Estimate& estimate,
                 const std::string& per) {
  const char* unit = "";
  if (is_bytes(finding.resource)) {
    const double scale = scale_of(estimate.value, unit);
    return number(estimate.value, scale) + " " + unit + " of " +
           resource_noun(finding.resource) + " per " + per +
           bounds(estimate.lo, estimate.hi, scale);
  }
  return number(estimate.value, 1) + " " +
         plural(resource_piece(finding.resource)) + " per " + per +
         bounds(estimate.lo, estimate.hi, 1);
}

// "1 file descriptor per 1,000 checkouts [980, 1,020]".
std::string rare_rate(const Finding& finding, const Estimate& estimate) {
  std::string text = "1 " + resource_piece(finding.resource) + " per " +
                     format_count(std::round(1 / estimate.value)) + " " +
                     plural(op_of(finding));
  if (estimate.lo > 0 && std::isfinite(estimate.hi)) {
    text += " [" + format_count(std::round(1 / estimate.hi)) + ", " +
            format_count(std::round(1 / estimate.lo)) + "]";
  }
  return text;
}

std::string per_minute(const Finding& finding) {
  const double value = finding.slope_per_minute.value;
  if (is_bytes(finding.resource)) {
    return format_bytes(value) + " per minute";
  }
  return number(value, 1) + " per minute";
}

// The rate per operation when operations were counted, and per minute.
std::string rates(const Finding& finding) {
  const bool is_known = finding.slope_per_op && finding.slope_per_op->value > 0;
  if (!is_known) return rate(finding, finding.slope_per_minute, "minute");
  const Estimate& per_op = *finding.slope_per_op;
  const bool is_rare = !is_bytes(finding.resource) && per_op.value < 0.5;
  return (is_rare ? rare_rate(finding, per_op)
                  : rate(finding, per_op, op_of(finding))) +
         ", " + per_minute(finding);
}

bool repeats(const ReportData& data, const std::string& path) {
  int64_t times = 0;
  for (const PhaseUse& use : data.summary.phases) {
    if (use.phase.path == path && ++times > 1) return true;
  }
  return false;
}

std::string where(const ReportData& data, const Finding& finding) {
  std::string text;
  for (size_t i = 0; i < finding.phases.size(); ++i) {
    const std::string& path = finding.phases[i];
    if (i == 3 && finding.phases.size() > 4) {
      return text + " and " + std::to_string(finding.phases.size() - 3) +
             " more phases";
    }
    const bool is_last = i + 1 == finding.phases.size();
    text += i == 0 ? ", in " : is_last ? " and " : ", ";
    text += (repeats(data, path) ? "every " : "") + path;
  }
  if (!text.empty()) text += finding.phases.size() > 1 ? " phases" : " phase";
  return text;
}

// "12 min more would decide", or "".
std::string remedy(const Finding& finding) {
  if (!(finding.needed_seconds > 0)) return "";
  const double seconds = std::min(std::round(finding.needed_seconds), 1e9);
  return "; " +
         format_duration(
             Nanoseconds(static_cast<int64_t>(seconds) * 1'000'000'000)) +
         " more would decide";
}

std::string confirmed(const Finding& finding) {
  switch (finding.confirmed_by) {
    case Confirmation::none: return "";
    case Confirmation::cycles:
      return "Confirmed by " + std::to_string(finding.cycles) + " cycles: ";
    case Confirmation::integers:
      return "Confirmed by counts over " + std::to_string(finding.cycles) +
             " cycles: ";
    case Confirmation::cohorts: return "Confirmed by cohorts: ";
    case Confirmation::baseline: return "Confirmed against the baseline: ";
    case Confirmation::repeat: return "Confirmed by a repeated run: ";
  }
  return "";
}

std::string grown(const ReportData& data, const Finding& finding) {
  const std::string name = who(data, finding.subject);
  const std::string what = resource_noun(finding.resource);
  switch (finding.verdict) {
    case Verdict::leak:
      return name + " leaks " + rates(finding) + place_of(data, finding) +
             where(data, finding) + ". " + confirmed(finding) + finding.reason +
             ".";
    case Verdict::suspect:
      return name + " may leak " + rates(finding) + place_of(data, finding) +
             where(data, finding) + ": " + finding.reason + ".";
    case Verdict::saturating:
      return name + " does not leak so far, but its " + what + " " +
             finding.reason + ".";
    case Verdict::step:
      return name + " has taken " + what + " once: " + finding.reason + ".";
    default: return name + ": " + finding.reason + ".";
  }
}

std::string list(const std::vector<std::string>& words) {
  std::string text;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " and " : ", ";
    text += words[i];
  }
  return text;
}

// What is too short for one resource is so for all; its slowest decides.
std::string open_key(const Finding& finding) {
  constexpr std::string_view kTooShort = "too short";
  return finding.reason.starts_with(kTooShort) ? std::string(kTooShort)
                                               : finding.reason;
}

std::string undecided(const ReportData& data,
                      std::vector<const Finding*> findings) {
  std::ranges::stable_sort(findings, {}, [](const Finding* finding) {
    return static_cast<int>(finding->resource);
  });
  std::vector<std::string> nouns;
  Finding longest = *findings[0];
  for (const Finding* finding : findings) {
    nouns.push_back(resource_noun(finding->resource));
    longest.needed_seconds =
        std::max(longest.needed_seconds, finding->needed_seconds);
  }
  const bool is_one_piece =
      findings.size() == 1 && is_bytes(findings[0]->resource);
  return who(data, findings[0]->subject) + ": cannot tell whether its " +
         list(nouns) + (is_one_piece ? " leaks: " : " leak: ") +
         findings[0]->reason + remedy(longest) + ".";
}

std::string evidence(const ReportData& data, const Finding& finding) {
  if (finding.cycles > 0) {
    return ", over " + std::to_string(finding.cycles) + " cycles";
  }
  if (finding.points.size() < 2) return "";
  const double seconds =
      finding.points.back().seconds - finding.points.front().seconds;
  static_cast<void>(data);
  return ", over " + format_duration(Nanoseconds(static_cast<int64_t>(
                         std::clamp(seconds, 0.0, 1e9) * 1e9)));
}

// "no growth ≥ 12 B per checkout (99 %)": what the run would have seen.
std::string smallest(const Finding& finding) {
  const bool per_op = finding.slope_per_op && finding.min_detectable_per_op;
  const double seen = per_op ? *finding.min_detectable_per_op
                             : finding.min_detectable_per_minute;
  const double above =
      per_op ? finding.slope_per_op->hi : finding.slope_per_minute.hi;
  const double limit = std::max(seen, std::isfinite(above) ? above : seen);
  const std::string per = per_op ? op_of(finding) : std::string("minute");
  if (!(limit > 0)) return "no growth at all";
  const std::string amount = is_bytes(finding.resource)
                                 ? format_bytes(limit)
                                 : format_count(per_op ? limit * 1000 : limit);
  const bool per_thousand = per_op && !is_bytes(finding.resource);
  return "no growth ≥ " + amount + " per " +
         (per_thousand ? "1,000 " + plural(per) : per) + " (99 %)";
}

// One sentence for all of a process's resources that do not grow; the one
// that matters most first, with its bound.
std::string clean(const ReportData& data,
                  const std::vector<const Finding*>& findings,
                  bool has_others) {
  std::vector<const Finding*> order = findings;
  std::ranges::stable_sort(order, {}, [](const Finding* finding) {
    return static_cast<int>(finding->resource);
  });
  const Finding& first = *order.front();
  std::vector<std::string> rest;
  for (size_t i = 1; i < order.size(); ++i) {
    rest.push_back(resource_noun(order[i]->resource));
  }
  const std::string bound = smallest(first) + evidence(data, first);
  std::string text = who(data, first.subject);
  if (has_others) {
    rest.insert(rest.begin(), resource_noun(first.resource));
    return text + " does not leak " + list(rest) + ".";
  }
  text += " does not leak: " + bound;
  if (first.resource != Resource::rss_anon) {
    text += " of " + resource_noun(first.resource);
  }
  return text + (rest.empty() ? "." : "; nor do " + list(rest) + " grow.");
}

}  // namespace

std::string resource_noun(Resource resource) {
  switch (resource) {
    case Resource::heap: return "heap";
    case Resource::rss_anon: return "memory";
    case Resource::rss_shmem: return "shared memory";
    case Resource::rss_file: return "file memory";
    case Resource::kernel_memory: return "kernel memory";
    default: return plural(resource_piece(resource));
  }
}

std::string resource_piece(Resource resource) {
  switch (resource) {
    case Resource::mappings: return "memory mapping";
    case Resource::fds: return "file descriptor";
    case Resource::sockets: return "socket";
    case Resource::threads: return "thread";
    case Resource::children: return "child process";
    case Resource::inotify_watches: return "inotify watch";
    default: return "byte";
  }
}

std::string format_estimate(const Estimate& estimate, bool bytes) {
  const char* unit = "";
  // A value that is nearly nothing beside its bounds is told in their unit.
  const double bound = std::max(std::fabs(estimate.lo), std::fabs(estimate.hi));
  const double size = std::max(std::fabs(estimate.value), bound / 100);
  const double scale = bytes ? scale_of(size, unit) : 1;
  return number(estimate.value, scale) +
         (bytes ? std::string(" ") + unit : "") +
         bounds(estimate.lo, estimate.hi, scale);
}

std::vector<Sentence> sentences(const ReportData& data) {
  std::vector<Sentence> all;
  // What shares a sentence, in the order of the worst of each.
  std::map<std::pair<SubjectId, std::string>, std::vector<const Finding*>> open;
  std::map<SubjectId, std::vector<const Finding*>> flat;
  std::set<SubjectId> others;
  for (const Finding& finding : data.summary.findings) {
    if (finding.verdict == Verdict::none) {
      flat[finding.subject].push_back(&finding);
      continue;
    }
    others.insert(finding.subject);
    if (finding.verdict == Verdict::inconclusive) {
      open[{finding.subject, open_key(finding)}].push_back(&finding);
    }
  }
  for (const Finding& finding : data.summary.findings) {
    Sentence sentence{finding.verdict, finding.subject, "", nullptr};
    if (finding.verdict == Verdict::none) {
      const auto group = flat.extract(finding.subject);
      if (group.empty()) continue;
      sentence.text =
          clean(data, group.mapped(), others.contains(finding.subject));
    } else if (finding.verdict == Verdict::inconclusive) {
      const auto group = open.extract({finding.subject, open_key(finding)});
      if (group.empty()) continue;
      sentence.text = undecided(data, group.mapped());
    } else if (told_by_heap(data, finding)) {
      continue;
    } else {
      sentence.text = grown(data, finding);
      sentence.finding = &finding;
    }
    all.push_back(std::move(sentence));
  }
  return all;
}

namespace {

// "shop_server (memory, threads), redis (memory)" of one verdict.
std::string names_of(const ReportData& data, Verdict verdict) {
  std::map<SubjectId, std::vector<std::string>> nouns;
  std::vector<SubjectId> order;
  for (const Finding& finding : data.summary.findings) {
    if (finding.verdict != verdict || told_by_heap(data, finding)) continue;
    if (!nouns.contains(finding.subject)) order.push_back(finding.subject);
    nouns[finding.subject].push_back(resource_noun(finding.resource));
  }
  std::string text;
  for (size_t i = 0; i < order.size(); ++i) {
    if (i == 4) {
      return text + " and " + std::to_string(order.size() - i) + " more";
    }
    std::vector<std::string>& words = nouns[order[i]];
    if (words.size() > 3) {
      const std::string more = std::to_string(words.size() - 1) + " more";
      words = {words[0], more};
    }
    text += (i == 0 ? "" : ", ") + data.process(order[i]).role + " (" +
            list(words) + ")";
  }
  return text;
}

std::string counted(int n, const char* one, const char* many) {
  return std::to_string(n) + " " + (n == 1 ? one : many);
}

size_t judged_processes(const ReportData& data) {
  std::set<SubjectId> subjects;
  for (const Finding& finding : data.summary.findings) {
    subjects.insert(finding.subject);
  }
  return subjects.size();
}

}  // namespace

namespace {

// A leak of the heap that the process's memory shows too is one leak.
std::string leaks_of(const ReportData& data, Verdict verdict, const char* how) {
  int n = 0;
  for (const Finding& finding : data.summary.findings) {
    n += finding.verdict == verdict && !told_by_heap(data, finding);
  }
  return counted(n, "leak", "leaks") + how + names_of(data, verdict);
}

}  // namespace

namespace {

// The first that failed, and how many did.
std::string failed_gates(const ReportData& data) {
  const int failed = count_gates(data, GateStatus::fail);
  const auto first =
      std::ranges::find(data.gates, GateStatus::fail, &GateResult::status);
  if (first == data.gates.end()) return "";
  std::string text = counted(failed, "gate", "gates") + " failed: ";
  text += first->label.empty() ? first->expr : first->label;
  if (!first->value_text.empty()) {
    text += " (" + first->value_text + ", limit " + first->limit_text + ")";
  }
  if (failed > 1) text += ", …";
  return text + "; ";
}

std::string regression_headline(const ReportData& data) {
  if (compared_exit_code(data) == 0) return "";
  return "worse than the baseline: " +
         comparison_headline(data.compared->comparison) + "; ";
}

std::string findings_headline(const ReportData& data) {
  const VerdictCounts& n = data.counts;
  if (n.leak > 0) return leaks_of(data, Verdict::leak, " confirmed: ");
  if (n.suspect > 0) return leaks_of(data, Verdict::suspect, " suspected: ");
  if (n.total() == 0) return "nothing was judged: " + why_not_judged(data);
  if (n.inconclusive > 0) {
    return "undecided: " + names_of(data, Verdict::inconclusive);
  }
  const auto processes = static_cast<int>(judged_processes(data));
  std::string text = "no leak in " + counted(processes, "process", "processes");
  if (n.saturating > 0) {
    text += "; still filling: " + names_of(data, Verdict::saturating);
  } else if (n.step > 0) {
    text += "; rose once: " + names_of(data, Verdict::step);
  }
  return text;
}

}  // namespace

std::string why_not_judged(const ReportData& data) {
  return data.summary.too_brief > 0 ? "every watched process lived too briefly"
                                    : "no watched process was read";
}

std::string headline(const ReportData& data) {
  return failed_gates(data) + regression_headline(data) +
         findings_headline(data);
}

}  // namespace tidemark
