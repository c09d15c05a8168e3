// The report for programs: report.json, schema version 1 (docs/formats.md).
// Times are Unix time in ns. No NaN: what is not finite is null.
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "core/base/text.h"
#include "report/baselines/compared_runs.h"
#include "report/baselines/comparison_value.h"
#include "report/format.h"
#include "report/report.h"
#include "report/script_json.h"
#include "report/sentences.h"
#include "report/site_words.h"

namespace tidemark {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kSchemaVersion = 1;

Json finite(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

Json text(const std::string& raw) { return sanitize_json(raw); }

Json estimate(const Estimate& e) {
  return {{"value", finite(e.value)},
          {"lo", finite(e.lo)},
          {"hi", finite(e.hi)},
          {"n", e.n},
          {"method", e.method}};
}

Json level(const LevelStats& stats) {
  if (stats.n == 0) return nullptr;  // never read: absent, not zero
  return {{"first", finite(stats.first)}, {"last", finite(stats.last)},
          {"min", finite(stats.min)},     {"max", finite(stats.max)},
          {"mean", finite(stats.mean)},   {"n", stats.n}};
}

Json host(const RecordingInfo& info) {
  return {
      {"name", text(info.host)},           {"kernel", text(info.kernel)},
      {"cpu_model", text(info.cpu_model)}, {"cpu_count", info.cpu_count},
      {"memory_bytes", info.memory_bytes}, {"page_size_bytes", info.page_size}};
}

const char* run_status(const Run& run) {
  if (run.open) return "open";
  return run.status == 0 ? "ok" : run.status == 1 ? "failed" : "aborted";
}

Json runs(const ReportData& data) {
  Json all = Json::array();
  for (const Run& run : data.summary.runs) {
    all.push_back({{"name", text(run.name)},
                   {"begin_ns", data.unix_ns(run.begin)},
                   {"end_ns", run.open ? data.end_ns : data.unix_ns(run.end)},
                   {"status", run_status(run)}});
  }
  return all;
}

Json run(const ReportData& data) {
  Json json = {{"name", text(data.run_name)}, {"command", text(data.command)},
               {"begin_ns", data.begin_ns},   {"end_ns", data.end_ns},
               {"exit_code", nullptr},        {"signal", nullptr},
               {"host", host(data.info)},     {"testbed", text(data.testbed)}};
  if (data.command_exit_code) json["exit_code"] = *data.command_exit_code;
  if (data.command_signal) json["signal"] = *data.command_signal;
  json["aborted"] = data.aborted.empty() ? Json(nullptr) : text(data.aborted);
  json["runs"] = runs(data);
  if (!data.hosts.empty()) json["hosts"] = Json::array();
  for (const RecordingInfo& info : data.hosts) {
    json["hosts"].push_back(host(info));
  }
  return json;
}

void put_process(Json& json, const ProcessFacts& process) {
  json["role"] = text(process.role);
  json["pid"] = process.key.pid.value;
  json["start_ticks"] = process.key.start_ticks;
  json["comm"] = text(process.comm);
}

Json subject_use(const ReportData& data, const SubjectUse& use) {
  Json json;
  put_process(json, data.process(use.subject));
  json["cpu_seconds"] = finite(use.cpu_seconds);
  json["cpu_ratio"] = level(use.cpu_ratio);
  json["rss_anon_bytes"] = level(use.rss_anon_bytes);
  json["io_read_bytes"] = use.io_read_bytes;
  json["io_write_bytes"] = use.io_write_bytes;
  json["fds"] = level(use.fds);
  json["threads"] = level(use.threads);
  json["minor_faults"] = use.minor_faults;
  json["major_faults"] = use.major_faults;
  json["run_delay_seconds"] = finite(use.run_delay_seconds);
  json["per_op"] = Json::object();
  for (const auto& [name, value] : use.per_op) {
    json["per_op"][name] = finite(value);
  }
  return json;
}

Json span(const SpanStats& stats) {
  return {{"name", text(stats.name)},
          {"count", stats.count},
          {"errors", stats.errors},
          {"mean_ns", finite(stats.mean_ns)},
          {"p50_ns", finite(stats.p50_ns)},
          {"p90_ns", finite(stats.p90_ns)},
          {"p95_ns", finite(stats.p95_ns)},
          {"p99_ns", finite(stats.p99_ns)},
          {"max_ns", finite(stats.max_ns)},
          {"per_second", finite(stats.per_second)}};
}

// The spans of all phases of a path together, with their histogram.
Json path_spans(const RunSummary& summary) {
  Json all = Json::array();
  for (const auto& [path, spans] : summary.path_spans) {
    for (const SpanStats& stats : spans) {
      Json json = {{"path", text(path)}};
      json.update(span(stats));
      json["histogram"] = Json::array();
      for (const SpanStats::Bin& bin : stats.bins) {
        json["histogram"].push_back(
            {finite(bin.lo_ns), finite(bin.hi_ns), bin.count});
      }
      all.push_back(std::move(json));
    }
  }
  return all;
}

// A phase that was open when the recording ended was cut off, too.
Json phase(const ReportData& data, const PhaseUse& use) {
  const bool is_ended = use.phase.status == PhaseStatus::ended;
  Json json = {{"path", text(use.phase.path)},
               {"cycle", use.phase.cycle},
               {"kind", phase_kind_name(use.phase.kind)},
               {"begin_ns", data.unix_ns(use.phase.begin)},
               {"end_ns", data.unix_ns(use.phase.end_in(data.summary.end))},
               {"status", is_ended ? "ended" : "aborted"},
               {"ops", Json::object()},
               {"subjects", Json::array()},
               {"spans", Json::array()}};
  for (const auto& [name, count] : use.ops) {
    json["ops"][sanitize_json(name)] = count;
  }
  for (const SubjectUse& subject : use.subjects) {
    json["subjects"].push_back(subject_use(data, subject));
  }
  for (const SpanStats& stats : use.spans) json["spans"].push_back(span(stats));
  return json;
}

std::string hex(const std::string& bytes) {
  std::string digits;
  for (const char byte : bytes) {
    digits += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  }
  return digits;
}

Json frames(const ReportData& data, StackId stack) {
  Json all = Json::array();
  for (const StackFrame& frame : data.stacks.resolve(stack)) {
    all.push_back(
        {{"function",
          frame.function.empty() ? Json(nullptr) : text(frame.function)},
         {"file", frame.file.empty() ? Json(nullptr) : text(frame.file)},
         {"line", frame.line == 0 ? Json(nullptr) : Json(frame.line)},
         {"module", frame.module.empty() ? Json(nullptr) : text(frame.module)},
         {"offset", frame.offset},
         {"build_id", hex(frame.build_id)},
         {"inlined", frame.inlined}});
  }
  return all;
}

Json numbers(const std::vector<double>& values) {
  Json all = Json::array();
  for (const double value : values) all.push_back(finite(value));
  return all;
}

// Handles have no bytes: their cohorts are counts.
Json cohorts(const FindingSite& site, bool bytes) {
  Json all = Json::array();
  for (const FindingSite::Cohort& cohort : site.cohorts) {
    all.push_back(
        {{"phase", text(cohort.phase)},
         {"phases", cohort.phases},
         {bytes ? "alloc_bytes" : "alloc_count", finite(cohort.taken)},
         {bytes ? "live_bytes" : "live_count", numbers(cohort.live)}});
  }
  return all;
}

Json site(const ReportData& data, const Finding& f, const FindingSite& s) {
  const bool bytes = is_bytes(f.resource);
  Json live = Json(nullptr);
  if (bytes) {
    live = {{"value", finite(s.live.value)},
            {"lo", finite(s.live.lo)},
            {"hi", finite(s.live.hi)}};
  }
  return {{"title", text(title_of(data, s.stack))},
          {"kind", site_kind_name(s.kind)},
          {"class", site_class_name(s.site_class)},
          {"frames", frames(data, s.stack)},
          {"live_bytes", std::move(live)},
          {"live_count", finite(s.live_count)},
          {"alloc_bytes", finite(s.taken_bytes)},
          {"alloc_count", finite(s.taken_count)},
          {"share", finite(s.share)},
          {"residue_per_op", finite(s.residue_per_op)},
          {"residue_per_minute", finite(s.residue_per_minute)},
          {"cohorts", cohorts(s, bytes)}};
}

Json growth(const Reconciliation& r) {
  const auto known = [](std::optional<double> value) {
    return value ? finite(*value) : Json(nullptr);
  };
  return {{"since", text(r.since)},
          {"rss_bytes", finite(r.rss)},
          {"sites_bytes", known(r.sites)},
          {"allocator_bytes", known(r.allocator)},
          {"mapped_bytes", known(r.mapped)},
          {"file_shmem_bytes", known(r.file_shmem)},
          {"unexplained_bytes", finite(r.unexplained)}};
}

Json finding(const ReportData& data, const Finding& f) {
  Json json;
  put_process(json, data.process(f.subject));
  json["resource"] = resource_name(f.resource);
  json["verdict"] = verdict_name(f.verdict);
  json["class"] = f.leak_class.empty() ? Json(nullptr) : Json(f.leak_class);
  json["confirmed_by"] = f.confirmed_by == Confirmation::none
                             ? Json(nullptr)
                             : Json(confirmation_name(f.confirmed_by));
  json["slope_per_minute"] = estimate(f.slope_per_minute);
  json["slope_per_op"] =
      f.slope_per_op ? estimate(*f.slope_per_op) : Json(nullptr);
  json["op"] = f.slope_per_op ? text(f.op_name) : Json(nullptr);
  json["min_detectable_per_minute"] = finite(f.min_detectable_per_minute);
  json["min_detectable_per_op"] = f.min_detectable_per_op
                                      ? finite(*f.min_detectable_per_op)
                                      : Json(nullptr);
  json["plateau"] = f.plateau ? finite(*f.plateau) : Json(nullptr);
  json["q_value"] = finite(f.q_value);
  json["reason"] = text(f.reason);
  json["needed_seconds"] = finite(f.needed_seconds);
  json["cycles"] = f.cycles;
  json["phases"] = Json::array();
  for (const std::string& path : f.phases) json["phases"].push_back(text(path));
  json["points"] = Json::array();
  for (const Finding::Point& point : f.points) {
    json["points"].push_back({{"seconds", finite(point.seconds)},
                              {"ops", finite(point.ops)},
                              {"value", finite(point.value)}});
  }
  json["sites"] = Json::array();
  for (const FindingSite& s : f.sites) {
    json["sites"].push_back(site(data, f, s));
  }
  if (f.growth) json["growth"] = growth(*f.growth);
  return json;
}

// value and limit of leak() are words.
Json gate(const GateResult& gate) {
  const auto side = [&](const std::optional<double>& value,
                        const std::string& words) -> Json {
    if (gate.words && !words.empty()) return text(words);
    return value ? finite(*value) : Json(nullptr);
  };
  const auto optional = [](const std::string& raw) {
    return raw.empty() ? Json(nullptr) : text(raw);
  };
  return {{"expr", text(gate.expr)},
          {"label", optional(gate.label)},
          {"status", gate_status_name(gate.status)},
          {"value", side(gate.value, gate.value_text)},
          {"limit", side(gate.limit, gate.limit_text)},
          {"unit", optional(gate.unit)},
          {"phase", optional(gate.phase)},
          {"n", gate.n},
          {"confidence",
           gate.confidence ? finite(*gate.confidence) : Json(nullptr)},
          {"subject", optional(gate.subject)},
          {"reason", text(gate.reason)}};
}

Json quality(const ReportData& data) {
  const Quality& q = data.summary.quality;
  Json json = {{"coverage", finite(q.coverage)},
               {"level", text(q.level)},
               {"dropped", Json::object()},
               {"gaps", Json::array()},
               {"degraded", Json::array()},
               {"damages", Json::array()},
               {"closed", data.closed},
               {"too_brief", data.summary.too_brief},
               {"self",
                {{"cpu_seconds", finite(q.self_cpu_seconds)},
                 {"rss_peak_bytes", q.self_rss_peak_bytes},
                 {"probe_seconds", finite(q.self_probe_seconds)}}}};
  for (const auto& [cause, count] : q.dropped) {
    json["dropped"][sanitize_json(cause)] = count;
  }
  for (const Quality::Missing& gap : q.gaps) {
    json["gaps"].push_back({{"begin_ns", data.unix_ns(gap.from)},
                            {"end_ns", data.unix_ns(gap.to)},
                            {"ticks", gap.ticks},
                            {"reason", text(gap.reason)}});
  }
  for (const Quality::Degrade& d : q.degraded) {
    json["degraded"].push_back({{"what", text(d.what)},
                                {"cause", text(d.cause)},
                                {"remedy", text(d.remedy)}});
  }
  for (const Damage& damage : data.damages) {
    json["damages"].push_back({{"offset", damage.offset},
                               {"bytes", damage.bytes},
                               {"reason", text(damage.reason)},
                               {"truncation", damage.truncation}});
  }
  return json;
}

Json suppression(const SuppressionUse& use) {
  const Suppression& one = use.suppression;
  return {{"site", text(one.site)},       {"process", text(one.process)},
          {"owner", text(one.owner)},     {"reason", text(one.reason)},
          {"expires", text(one.expires)}, {"origin", text(one.origin)},
          {"expired", use.expired},       {"findings", use.findings}};
}

}  // namespace

Status render_json(const ReportData& data, const FormatOptions& options,
                   std::string& out) {
  Json json = {{"schema_version", kSchemaVersion},
               {"run", run(data)},
               {"verdict",
                {{"status", report_status_name(data.status)},
                 {"exit_code", exit_code(data, options.flags)},
                 {"score", data.score ? finite(*data.score) : Json(nullptr)},
                 {"headline", text(headline(data))}}},
               {"gates", Json::array()},
               {"phases", Json::array()},
               {"spans", path_spans(data.summary)},
               {"findings", Json::array()},
               {"quality", quality(data)}};
  for (const GateResult& result : data.gates) {
    json["gates"].push_back(gate(result));
  }
  for (const SuppressionUse& use : data.suppressions) {
    json["suppressions"].push_back(suppression(use));
  }
  for (const PhaseUse& use : data.summary.phases) {
    json["phases"].push_back(phase(data, use));
  }
  for (const Finding& f : data.summary.findings) {
    json["findings"].push_back(finding(data, f));
  }
  if (data.compared != nullptr) {
    json["comparison"] = comparison_value(data.compared->comparison);
    json["trends"] = trends_value(data.compared->trends);
  }
  // Indented by one: readable, and half the size of the usual two for the
  // points. Anything that is still no UTF-8 is replaced, never thrown on.
  std::string whole = json.dump(1, ' ', false, Json::error_handler_t::replace);
  whole.resize(whole.size() - 2);  // "\n}"
  out += whole + ",\n \"timeline\": " +
         timeline_json(data.timeline, data.unix_ns(data.timeline.begin)) +
         "\n}\n";
  return {};
}

}  // namespace tidemark
