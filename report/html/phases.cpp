// What the phases cost, per operation too, and each of their cycles.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "report/html/markup.h"
#include "report/html/sections.h"
#include "report/phase_groups.h"
#include "report/waiting.h"
#include "report/wording.h"

namespace tidemark::html {
namespace {

constexpr size_t kMostRoles = 10;
constexpr size_t kMostPaths = 60;
constexpr size_t kMostCycles = 200;

std::string count_text(int64_t n) {
  return format_count(static_cast<double>(n));
}
std::string bytes_text(int64_t n) {
  return n == 0 ? "<span class=\"absent\">0</span>"
                : format_bytes(static_cast<double>(n));
}

// A bar as long as the role's part of the phase's CPU time.
std::string share_bar(double part) {
  return fmt::format(
      "<svg class=\"share\" viewBox=\"0 0 40 6\" aria-hidden=\"true\">"
      "<rect width=\"{:.1f}\" height=\"6\"/></svg>",
      std::clamp(part, 0.0, 1.0) * 40);
}

std::vector<std::string> cells(const RoleUse& use, double all_cpu) {
  const double ops = std::max(use.ops, 1.0);
  const bool per_op = use.ops > 0;
  const size_t n = use.processes.size();
  std::string name = clipped(use.role, 28);
  if (n > 1) name += fmt::format(" <small>×{}</small>", n);
  return {
      name,
      seconds_text(use.cpu_seconds) +
          share_bar(all_cpu > 0 ? use.cpu_seconds / all_cpu : 0),
      ratio_text(use.cpu_ratio()),
      or_absent(per_op, seconds_text(use.cpu_seconds / ops)),
      or_absent(use.rss_known, format_bytes(use.rss_peak_bytes)),
      or_absent(use.rss_known, format_bytes_signed(use.rss_growth_bytes)),
      or_absent(per_op && use.rss_known,
                format_bytes_signed(use.rss_growth_bytes / ops)),
      bytes_text(use.io_read_bytes),
      bytes_text(use.io_write_bytes),
      count_text(use.minor_faults) +
          (use.major_faults > 0
               ? fmt::format(" <small>+{} major</small>", use.major_faults)
               : ""),
      or_absent(
          per_op,
          fmt::format("{:.3g}", static_cast<double>(use.minor_faults) / ops)),
      seconds_text(use.run_delay_seconds),
      or_absent(use.fds_known, format_count(use.fds_last)),
      or_absent(use.threads_known, format_count(use.threads_last)),
  };
}

std::string title_of(const PhaseGroup& group) {
  std::string text = "<b>" + clipped(group.path, 60) + "</b>";
  if (group.cycles > 1) text += fmt::format(" ×{}", group.cycles);
  text += fmt::format(
      " <span class=\"kind {0}\">{0}</span> <span class=\"quiet\">{1}",
      phase_kind_name(group.kind), seconds_text(group.seconds));
  for (const auto& [name, count] : group.ops) {
    const auto n = static_cast<double>(count);
    text += " · " + format_count(n) + " " + clipped(name, 32);
    if (group.seconds > 0) {
      text += " (" + format_count(std::round(n / group.seconds)) + "/s)";
    }
  }
  if (group.aborted > 0) {
    text += fmt::format(" · <b class=\"bad\">{} aborted</b>", group.aborted);
  }
  return text + "</span>";
}

void add_group(Table& table, const PhaseGroup& group) {
  double all_cpu = 0;
  for (const RoleUse& use : group.roles) all_cpu += use.cpu_seconds;
  table.group(title_of(group));
  for (size_t i = 0; i < group.roles.size(); ++i) {
    if (i == kMostRoles) {
      table.group(
          fmt::format("<span class=\"quiet\">and {} more, with less CPU "
                      "(report.json and CSV have all)</span>",
                      group.roles.size() - kMostRoles));
      break;
    }
    table.row(cells(group.roles[i], all_cpu));
  }
}

double begin_of(const ReportData& data, const PhaseUse& use) {
  return to_seconds(use.phase.begin - data.summary.begin);
}

double length_of(const ReportData& data, const PhaseUse& use) {
  return to_seconds(use.phase.end_in(data.summary.end) - use.phase.begin);
}

std::string ops_text(const PhaseUse& use) {
  std::string text;
  for (const auto& [name, count] : use.ops) {
    text += (text.empty() ? "" : ", ") + count_text(count) + " " +
            clipped(name, 24);
  }
  return text;
}

// The cycles of one path: one row each, of the roles that used most.
void add_cycles(std::string& out, const ReportData& data,
                const PhaseGroup& group) {
  const std::vector<PhaseGroup> each = each_phase(data);
  std::vector<std::string> roles;
  for (const RoleUse& use : group.roles) {
    if (roles.size() < 3 && use.rss_known) roles.push_back(use.role);
  }
  out += fmt::format("<details><summary>The {} cycles of {}</summary>\n",
                     group.cycles, clipped(group.path, 60));
  Table table(out, "Cycles of " + group.path);
  std::vector<std::string> heads = {"Cycle", "Begins", "Lasted", "Work"};
  for (const std::string& role : roles) {
    const std::string name = clipped(role, 20);
    heads.insert(heads.end(), {name + " CPU", name + " CPU/op",
                               name + " memory", name + " grew"});
  }
  table.head(heads);
  size_t shown = 0;
  for (size_t i = 0; i < data.summary.phases.size(); ++i) {
    const PhaseUse& use = data.summary.phases[i];
    if (use.phase.path != group.path) continue;
    if (shown++ == kMostCycles) break;
    std::vector<std::string> row = {
        fmt::format("{}{}", use.phase.cycle,
                    use.phase.status == PhaseStatus::ended ? "" : " aborted"),
        seconds_text(begin_of(data, use)), seconds_text(length_of(data, use)),
        ops_text(use)};
    for (const std::string& role : roles) {
      const auto found = std::ranges::find(each[i].roles, role, &RoleUse::role);
      const bool is_known = found != each[i].roles.end();
      const RoleUse none;
      const RoleUse& one = is_known ? *found : none;
      row.push_back(or_absent(is_known, seconds_text(one.cpu_seconds)));
      row.push_back(or_absent(
          one.ops > 0, seconds_text(one.cpu_seconds / std::max(one.ops, 1.0))));
      row.push_back(or_absent(one.rss_known, format_bytes(one.rss_peak_bytes)));
      row.push_back(
          or_absent(one.rss_known, format_bytes_signed(one.rss_growth_bytes)));
    }
    table.row(row);
  }
  table.end();
  if (shown > kMostCycles) {
    out += "<p class=\"quiet\">More cycles are in report.json.</p>\n";
  }
  out += "</details>\n";
}

// All spans of a phase: what can be added up.
std::vector<std::string> total_of(const std::vector<SpanStats>& spans) {
  int64_t count = 0;
  int64_t errors = 0;
  double per_second = 0;
  double sum_ns = 0;
  double max_ns = 0;
  for (const SpanStats& span : spans) {
    count += span.count;
    errors += span.errors;
    per_second += span.per_second;
    sum_ns += span.mean_ns * static_cast<double>(span.count);
    max_ns = std::max(max_ns, span.max_ns);
  }
  const std::string none = or_absent(false, "");
  return {"<b>all</b>",
          format_count(static_cast<double>(count)),
          count_text(errors),
          format_count(per_second),
          nanoseconds_text(sum_ns / std::max(static_cast<double>(count), 1.0)),
          none,
          none,
          none,
          none,
          nanoseconds_text(max_ns),
          ""};
}

}  // namespace

void add_phases(std::string& out, const ReportData& data) {
  const std::vector<PhaseGroup> groups = group_phases(data);
  if (groups.empty()) return;
  out +=
      "<section id=\"phases\" aria-labelledby=\"h-phases\">\n"
      "<h2 id=\"h-phases\">Phases and what they cost</h2>\n";
  Table table(out, "Phases and what they cost");
  table.head({"Role", "CPU", "of a core", "CPU/op", "Memory", "Grew", "Grew/op",
              "Read", "Written", "Faults", "Faults/op", "CPU wait", "Fds",
              "Threads"});
  for (size_t i = 0; i < groups.size(); ++i) {
    if (i == kMostPaths) {
      table.group(fmt::format("and {} more phases (report.json)",
                              groups.size() - kMostPaths));
      break;
    }
    add_group(table, groups[i]);
  }
  table.end();
  for (size_t i = 0; i < groups.size() && i < kMostPaths; ++i) {
    if (groups[i].cycles > 1) add_cycles(out, data, groups[i]);
  }
  out += "</section>\n";
}

void add_latency(std::string& out, const ReportData& data) {
  const std::vector<PhaseGroup> groups = group_phases(data);
  double lo = 1e300;
  double hi = 0;
  for (const PhaseGroup& group : groups) {
    for (const SpanStats& span : group.spans) {
      if (span.bins.empty()) continue;
      lo = std::min(lo, span.bins.front().lo_ns);
      hi = std::max(hi, span.bins.back().hi_ns);
    }
  }
  if (hi <= 0) return;
  out +=
      "<section id=\"latency\" aria-labelledby=\"h-latency\">\n"
      "<h2 id=\"h-latency\">Latency</h2>\n<p class=\"quiet\">";
  out +=
      "Durations as the clients timed them. Beside a NAME.service, NAME counts "
      "from when each call should have begun, NAME.service from when it did; "
      "any other is service time, not corrected for work that waited to begin. "
      "A percentile is the value at rank "
      "⌈p·n⌉ of all calls, exact to 0.1 %; grey ones rest on fewer than five "
      "calls beyond them. Bars: calls by duration, " +
      nanoseconds_text(lo) + " to " + nanoseconds_text(hi) +
      ", logarithmic, their heights as roots.</p>\n";
  Table table(out, "Latency by phase and span");
  table.head({"Span", "Calls", "Errors", "per s", "Mean", "p50", "p90", "p95",
              "p99", "Max", "Durations"});
  for (const PhaseGroup& group : groups) {
    if (group.spans.empty()) continue;
    table.group("<b>" + clipped(group.path, 60) + "</b>");
    if (group.spans.size() > 1) table.row(total_of(group.spans));
    for (const SpanStats& span : group.spans) {
      const auto n = static_cast<double>(span.count);
      // Fewer than five calls beyond it: the percentile is nearly the maximum.
      const auto percentile = [&](double p, double ns) {
        const std::string text = nanoseconds_text(ns);
        return n * (1 - p) >= 5 ? text
                                : "<span class=\"absent\">" + text + "</span>";
      };
      table.row({clipped(span.name, 32), format_count(n),
                 count_text(span.errors), format_count(span.per_second),
                 nanoseconds_text(span.mean_ns), percentile(.5, span.p50_ns),
                 percentile(.9, span.p90_ns), percentile(.95, span.p95_ns),
                 percentile(.99, span.p99_ns), nanoseconds_text(span.max_ns),
                 duration_chart(span, lo, hi)});
    }
  }
  table.end();
  for (const std::string& note : waiting_notes(data)) {
    out += "<p>" + clipped(note, 400) + "</p>\n";
  }
  out += "</section>\n";
}

}  // namespace tidemark::html
