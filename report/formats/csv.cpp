// The report for spreadsheets: one figure a line, so that any table can be
// made of it by a pivot. RFC 4180; no cell is a formula.
#include <fmt/format.h>

#include <cmath>

#include "core/base/text.h"
#include "report/format.h"
#include "report/report.h"
#include "report/sentences.h"
#include "report/site_words.h"

namespace tidemark {
namespace {

// What the figures that follow are about.
struct About {
  std::string
      kind;  // run, verdict, gate, phase, process, span, finding, site, quality
  std::string phase;  // its path
  std::string cycle;
  const ProcessFacts* process = nullptr;
  std::string name;  // of the op, span, resource, ...
};

class Rows {
 public:
  explicit Rows(std::string& out) : out_(out) {
    out_ += "kind,phase,cycle,role,pid,comm,name,statistic,value,unit\n";
  }
  void about(About about) { about_ = std::move(about); }
  void name(std::string name) { about_.name = std::move(name); }

  void number(const char* statistic, double value, const char* unit) {
    // What is not finite is not known: no line says so.
    if (std::isfinite(value)) put(statistic, fmt::format("{}", value), unit);
  }
  void count(const char* statistic, int64_t value, const char* unit = "") {
    put(statistic, std::to_string(value), unit);
  }
  void text(const char* statistic, const std::string& value) {
    put(statistic, sanitize_csv(value), "");
  }
  void estimate(const char* statistic, const Estimate& e,
                const std::string& unit) {
    const std::string base(statistic);
    number(base.c_str(), e.value, unit.c_str());
    number((base + "_lo").c_str(), e.lo, unit.c_str());
    number((base + "_hi").c_str(), e.hi, unit.c_str());
    count((base + "_n").c_str(), e.n);
    text((base + "_method").c_str(), e.method);
  }
  void level(const char* statistic, const LevelStats& stats, const char* unit) {
    if (stats.n == 0) return;
    const std::string base(statistic);
    number((base + "_first").c_str(), stats.first, unit);
    number((base + "_last").c_str(), stats.last, unit);
    number((base + "_min").c_str(), stats.min, unit);
    number((base + "_max").c_str(), stats.max, unit);
    number((base + "_mean").c_str(), stats.mean, unit);
    count((base + "_n").c_str(), stats.n);
  }

 private:
  void put(const char* statistic, const std::string& cell, const char* unit) {
    const ProcessFacts* process = about_.process;
    out_ += about_.kind + "," + sanitize_csv(about_.phase) + "," +
            about_.cycle + ",";
    if (process != nullptr) {
      out_ += sanitize_csv(process->role) + "," +
              std::to_string(process->key.pid.value) + "," +
              sanitize_csv(process->comm) + ",";
    } else {
      out_ += ",,,";
    }
    out_ += sanitize_csv(about_.name) + "," + statistic + "," + cell + "," +
            unit + "\n";
  }

  std::string& out_;
  About about_;
};

void add_run(Rows& rows, const ReportData& data, const FormatOptions& options) {
  rows.about({.kind = "run"});
  rows.text("name", data.run_name);
  rows.text("command", data.command);
  rows.text("testbed", data.testbed);
  rows.count("begin", data.begin_ns, "ns");
  rows.count("end", data.end_ns, "ns");
  if (data.command_exit_code) rows.count("exit_code", *data.command_exit_code);
  if (data.command_signal) rows.count("signal", *data.command_signal);
  rows.about({.kind = "verdict"});
  rows.text("status", report_status_name(data.status));
  rows.text("headline", headline(data));
  rows.count("exit_code", exit_code(data, options.flags));
  if (data.score) rows.number("score", *data.score, "%");
}

void add_process(Rows& rows, const SubjectUse& use) {
  rows.number("cpu_seconds", use.cpu_seconds, "s");
  rows.level("cpu_ratio", use.cpu_ratio, "");
  rows.level("rss_anon_bytes", use.rss_anon_bytes, "B");
  rows.count("io_read_bytes", use.io_read_bytes, "B");
  rows.count("io_write_bytes", use.io_write_bytes, "B");
  rows.level("fds", use.fds, "");
  rows.level("threads", use.threads, "");
  rows.count("minor_faults", use.minor_faults);
  rows.count("major_faults", use.major_faults);
  rows.number("run_delay_seconds", use.run_delay_seconds, "s");
  for (const auto& [what, value] : use.per_op) {
    rows.number(("per_op_" + what).c_str(), value, "");
  }
}

void add_span(Rows& rows, const SpanStats& span) {
  rows.name(span.name);
  rows.count("count", span.count);
  rows.count("errors", span.errors);
  rows.number("mean_ns", span.mean_ns, "ns");
  rows.number("p50_ns", span.p50_ns, "ns");
  rows.number("p90_ns", span.p90_ns, "ns");
  rows.number("p95_ns", span.p95_ns, "ns");
  rows.number("p99_ns", span.p99_ns, "ns");
  rows.number("max_ns", span.max_ns, "ns");
  rows.number("per_second", span.per_second, "1/s");
}

void add_phase(Rows& rows, const ReportData& data, const PhaseUse& use) {
  const std::string cycle = std::to_string(use.phase.cycle);
  rows.about({.kind = "phase", .phase = use.phase.path, .cycle = cycle});
  rows.text("kind", phase_kind_name(use.phase.kind));
  rows.count("begin", data.unix_ns(use.phase.begin), "ns");
  rows.count("end", data.unix_ns(use.phase.end_in(data.summary.end)), "ns");
  rows.text("status",
            use.phase.status == PhaseStatus::ended ? "ended" : "aborted");
  for (const auto& [name, count] : use.ops) {
    rows.name(name);
    rows.count("ops", count);
  }
  for (const SubjectUse& subject : use.subjects) {
    rows.about({.kind = "process",
                .phase = use.phase.path,
                .cycle = cycle,
                .process = &data.process(subject.subject)});
    add_process(rows, subject);
  }
  rows.about({.kind = "span", .phase = use.phase.path, .cycle = cycle});
  for (const SpanStats& span : use.spans) add_span(rows, span);
}

void add_finding(Rows& rows, const ReportData& data, const Finding& f) {
  const std::string unit = is_bytes(f.resource) ? "B" : "";
  rows.about({.kind = "finding",
              .process = &data.process(f.subject),
              .name = resource_name(f.resource)});
  rows.text("verdict", verdict_name(f.verdict));
  if (!f.leak_class.empty()) rows.text("class", f.leak_class);
  if (f.confirmed_by != Confirmation::none) {
    rows.text("confirmed_by", confirmation_name(f.confirmed_by));
  }
  rows.estimate("slope_per_minute", f.slope_per_minute, unit + "/min");
  if (f.slope_per_op) {
    rows.text("op", f.op_name);
    rows.estimate("slope_per_op", *f.slope_per_op, unit + "/op");
  }
  rows.number("min_detectable_per_minute", f.min_detectable_per_minute,
              (unit + "/min").c_str());
  if (f.min_detectable_per_op) {
    rows.number("min_detectable_per_op", *f.min_detectable_per_op,
                (unit + "/op").c_str());
  }
  if (f.plateau) rows.number("plateau", *f.plateau, unit.c_str());
  rows.number("q_value", f.q_value, "");
  rows.number("needed_seconds", f.needed_seconds, "s");
  rows.count("cycles", f.cycles);
  rows.text("reason", f.reason);
}

void add_gate(Rows& rows, const GateResult& gate) {
  rows.about({.kind = "gate", .phase = gate.phase, .name = gate.expr});
  if (!gate.label.empty()) rows.text("label", gate.label);
  rows.text("status", gate_status_name(gate.status));
  if (gate.words) {
    rows.text("value", gate.value_text);
    rows.text("limit", gate.limit_text);
  } else {
    const std::string unit = gate.unit;
    if (gate.value) rows.number("value", *gate.value, unit.c_str());
    if (gate.limit) rows.number("limit", *gate.limit, unit.c_str());
  }
  rows.count("n", gate.n);
  if (gate.confidence) rows.number("confidence", *gate.confidence, "");
  if (!gate.subject.empty()) rows.text("subject", gate.subject);
  rows.text("reason", gate.reason);
}

void add_site(Rows& rows, const ReportData& data, const Finding& f,
              size_t place) {
  const FindingSite& site = f.sites[place];
  rows.about({.kind = "site",
              .process = &data.process(f.subject),
              .name = std::string(resource_name(f.resource)) + ": " +
                      title_of(data, site.stack)});
  rows.count("place", static_cast<int64_t>(place + 1));
  rows.text("kind", site_kind_name(site.kind));
  rows.text("class", site_class_name(site.site_class));
  if (is_bytes(f.resource)) {
    rows.number("live_bytes", site.live.value, "B");
    rows.number("live_bytes_lo", site.live.lo, "B");
    rows.number("live_bytes_hi", site.live.hi, "B");
  }
  rows.number("live_count", site.live_count, "");
  rows.number("alloc_bytes", site.taken_bytes, "B");
  rows.number("alloc_count", site.taken_count, "");
  rows.number("share", site.share, "");
  rows.number("residue_per_op", site.residue_per_op, "");
  rows.number("residue_per_minute", site.residue_per_minute, "");
}

void add_quality(Rows& rows, const Quality& q) {
  rows.about({.kind = "quality"});
  rows.number("coverage", q.coverage, "");
  rows.number("self_cpu_seconds", q.self_cpu_seconds, "s");
  rows.count("self_rss_peak_bytes", q.self_rss_peak_bytes, "B");
  rows.number("self_probe_seconds", q.self_probe_seconds, "s");
  for (const auto& [cause, count] : q.dropped) {
    rows.name(cause);
    rows.count("dropped", count);
  }
  for (const Quality::Missing& gap : q.gaps) {
    rows.name(gap.reason);
    rows.count("missing_ticks", gap.ticks);
  }
}

}  // namespace

Status render_csv(const ReportData& data, const FormatOptions& options,
                  std::string& out) {
  Rows rows(out);
  add_run(rows, data, options);
  for (const GateResult& gate : data.gates) add_gate(rows, gate);
  for (const PhaseUse& use : data.summary.phases) add_phase(rows, data, use);
  for (const auto& [path, spans] : data.summary.path_spans) {
    rows.about({.kind = "span", .phase = path, .cycle = "all"});
    for (const SpanStats& span : spans) add_span(rows, span);
  }
  for (const Finding& f : data.summary.findings) {
    add_finding(rows, data, f);
    for (size_t i = 0; i < f.sites.size(); ++i) add_site(rows, data, f, i);
  }
  add_quality(rows, data.summary.quality);
  return {};
}

}  // namespace tidemark
