#include "report/baselines/baseline_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/text.h"
#include "report/baselines/json_fields.h"
#include "report/baselines/seed_baseline.h"

namespace tidemark {
namespace {

using Json = nlohmann::json;

constexpr size_t kMostPhases = 2000, kMostSeries = 20'000;

std::string quoted(const std::string& raw) {
  return Json(sanitize_json(raw)).dump();
}

// Six digits say more than a run's noise.
std::string number(double value) {
  return std::isfinite(value) ? fmt::format("{:.6g}", value) : "null";
}

std::string numbers(const std::vector<double>& values) {
  std::string text;
  for (const double value : values) {
    text += (text.empty() ? "" : ",") + number(value);
  }
  return "[" + text + "]";
}

const char* source_name(GateSource source) {
  switch (source) {
    case GateSource::level: return "level";
    case GateSource::counter: return "counter";
    case GateSource::span: return "span";
  }
  return "level";
}

void add_optional(std::string& out, const char* name,
                  const std::optional<double>& value) {
  if (value) out += fmt::format(",\"{}\":{}", name, number(*value));
}

// What never changed is one number.
std::string sketch_text(const std::vector<double>& sketch) {
  const bool level = !sketch.empty() && sketch.front() == sketch.back();
  return numbers(level ? std::vector{sketch.front()} : sketch);
}

void add_series(std::string& out, const BaselineSeries& series) {
  out += fmt::format(
      "{{\"metric\":{},\"subject\":{},\"kind\":\"{}\",\"unit\":{},\"n\":{},"
      "\"mean\":{},\"median\":{},\"mad\":{},\"sketch\":{}",
      quoted(series.metric), quoted(series.subject), source_name(series.source),
      quoted(series.unit), series.n, number(series.mean), number(series.median),
      number(series.mad), sketch_text(series.sketch));
  add_optional(out, "deviation", series.deviation);
  add_optional(out, "total", series.total);
  add_optional(out, "per_op", series.per_op);
  add_optional(out, "slope_per_minute", series.slope_per_minute);
  const bool varies =
      !series.floors.empty() &&
      std::ranges::min(series.floors) < std::ranges::max(series.floors);
  if (varies) out += ",\"floors\":" + numbers(series.floors);
  out += "}";
}

void add_phase(std::string& out, const BaselinePhase& phase) {
  out += fmt::format(
      "{{\"path\":{},\"kind\":\"{}\",\"cycles\":{},\"aborted\":{},"
      "\"seconds\":{},\"series\":[",
      quoted(phase.path), phase_kind_name(phase.kind), phase.cycles,
      phase.aborted, number(phase.seconds));
  const char* between = "\n";
  for (const BaselineSeries& series : phase.series) {
    out += between;
    add_series(out, series);
    between = ",\n";
  }
  out += "]}";
}

void add_finding(std::string& out, const BaselineFinding& finding) {
  out += fmt::format(
      "{{\"subject\":{},\"resource\":{},\"verdict\":{},\"op\":{},"
      "\"per_minute\":{}",
      quoted(finding.subject), quoted(finding.resource),
      quoted(finding.verdict), quoted(finding.op), number(finding.per_minute));
  add_optional(out, "per_op", finding.per_op);
  add_optional(out, "lo", finding.lo);
  add_optional(out, "hi", finding.hi);
  out += fmt::format(",\"n\":{}}}", finding.n);
}

std::string words(const std::map<std::string, std::string>& map) {
  std::string text;
  for (const auto& [key, value] : map) {
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", quoted(key),
                        quoted(value));
  }
  return "{" + text + "}";
}

template <typename List, typename Add>
void add_list(std::string& out, const char* name, const List& list, Add add) {
  out += fmt::format("\"{}\": [", name);
  const char* between = "\n";
  for (const auto& each : list) {
    out += between;
    add(out, each);
    between = ",\n";
  }
  out += "\n]";
}

BaselineSeries read_series(const JsonFields& fields) {
  BaselineSeries series;
  series.metric = fields.text("metric", true);
  series.subject = fields.text("subject");
  const std::string kind = fields.text("kind", true);
  if (kind == "counter") {
    series.source = GateSource::counter;
  } else if (kind == "span") {
    series.source = GateSource::span;
  } else if (kind != "level") {
    fields.wrong("\"kind\" is none of level, counter, span");
  }
  series.unit = fields.text("unit");
  series.n = fields.count("n");
  series.mean = fields.number("mean");
  series.median = fields.number("median", true);
  series.mad = fields.number("mad");
  series.sketch = fields.numbers("sketch");
  if (series.sketch.size() == 1) {
    series.sketch.assign(kSketchRanks.size(), series.sketch.front());
  }
  if (!series.sketch.empty() && (series.sketch.size() != kSketchRanks.size() ||
                                 !std::ranges::is_sorted(series.sketch))) {
    fields.wrong("\"sketch\" is not eleven ascending numbers");
    series.sketch.clear();
  }
  series.deviation = fields.maybe("deviation");
  series.total = fields.maybe("total");
  series.per_op = fields.maybe("per_op");
  series.slope_per_minute = fields.maybe("slope_per_minute");
  series.floors = fields.numbers("floors");
  return series;
}

class BaselineReader {
 public:
  Result<Baseline> read(const Json& json);

 private:
  void read_head(const JsonFields& fields);
  void read_words(const JsonFields& fields, const char* name,
                  std::map<std::string, std::string>& words);
  void read_phase(const Json& json, const std::string& place);
  void read_finding(const Json& json, const std::string& place);

  Baseline baseline_;
  std::optional<Error> error_;
  size_t series_ = 0;
};

void BaselineReader::read_words(const JsonFields& fields, const char* name,
                                std::map<std::string, std::string>& words) {
  const Json* object = fields.object(name);
  if (object == nullptr) return;
  for (const auto& [key, value] : object->items()) {
    if (!value.is_string()) {
      return fields.wrong(
          fmt::format("\"{}\": \"{}\" is no text", name, sanitize_log(key)));
    }
    words[key] = value.get<std::string>();
  }
}

void BaselineReader::read_head(const JsonFields& fields) {
  Baseline& b = baseline_;
  b.scenario = fields.text("scenario", true);
  b.name = fields.text("name");
  b.branch = fields.text("branch");
  b.commit = fields.text("commit");
  b.run = fields.text("run");
  b.producer = fields.text("producer");
  b.begin_ns = fields.count("begin_ns");
  b.seconds = fields.number("seconds");
  b.coverage = fields.maybe("coverage").value_or(1);
  b.aborted = fields.text("aborted");
  b.verdict = fields.text("verdict");
  b.level = fields.text("level");
  read_words(fields, "attributes", b.attributes);
  read_words(fields, "testbed", b.testbed);
}

void BaselineReader::read_phase(const Json& json, const std::string& place) {
  const JsonFields fields(json, place, error_);
  if (!json.is_object()) return fields.wrong("no object");
  BaselinePhase phase;
  phase.path = fields.text("path");
  if (!phase_kind_from_name(fields.text("kind", true).c_str(), phase.kind)) {
    fields.wrong("\"kind\" is no kind of phase");
  }
  phase.cycles = fields.count("cycles");
  phase.aborted = fields.count("aborted");
  phase.seconds = fields.number("seconds");
  if (const Json* list = fields.array("series")) {
    for (size_t i = 0; i < list->size() && !error_; ++i) {
      const Json& each = (*list)[i];
      const JsonFields inner(each, fmt::format("{}.series[{}]", place, i),
                             error_);
      if (!each.is_object()) return inner.wrong("no object");
      if (++series_ > kMostSeries) return inner.wrong("too many series");
      phase.series.push_back(read_series(inner));
    }
  }
  baseline_.phases.push_back(std::move(phase));
}

void BaselineReader::read_finding(const Json& json, const std::string& place) {
  const JsonFields fields(json, place, error_);
  if (!json.is_object()) return fields.wrong("no object");
  baseline_.findings.push_back(
      {fields.text("subject"), fields.text("resource", true),
       fields.text("verdict", true), fields.text("op"),
       fields.number("per_minute"), fields.maybe("per_op"), fields.maybe("lo"),
       fields.maybe("hi"), fields.count("n")});
}

Result<Baseline> BaselineReader::read(const Json& json) {
  const JsonFields fields(json, "baseline", error_);
  read_head(fields);
  if (const Json* object = fields.object("interference")) {
    const JsonFields inner(*object, "interference", error_);
    baseline_.interference =
        Interference{inner.number("others"), inner.number("steal"),
                     inner.number("pressure")};
  }
  if (const Json* phases = fields.array("phases")) {
    if (phases->size() > kMostPhases) fields.wrong("too many phases");
    for (size_t i = 0; i < phases->size() && !error_; ++i) {
      read_phase((*phases)[i], fmt::format("phases[{}]", i));
    }
  } else {
    fields.wrong("\"phases\" is missing");
  }
  if (const Json* findings = fields.array("findings")) {
    for (size_t i = 0; i < findings->size() && !error_; ++i) {
      read_finding((*findings)[i], fmt::format("findings[{}]", i));
    }
  }
  if (error_) return std::unexpected(std::move(*error_));
  return std::move(baseline_);
}

}  // namespace

std::string baseline_to_json(const Baseline& baseline) {
  const Baseline& b = baseline;
  std::string out = fmt::format(
      "{{\n\"tidemark_baseline\": {},\n\"scenario\": {},\n\"name\": {},\n"
      "\"branch\": {},\n\"commit\": {},\n\"run\": {},\n\"producer\": {},\n"
      "\"begin_ns\": {},\n\"seconds\": {},\n\"coverage\": {},\n"
      "\"aborted\": {},\n\"verdict\": {},\n\"level\": {},\n"
      "\"attributes\": {},\n\"testbed\": {},\n",
      kBaselineVersion, quoted(b.scenario), quoted(b.name), quoted(b.branch),
      quoted(b.commit), quoted(b.run), quoted(b.producer), b.begin_ns,
      number(b.seconds), number(b.coverage), quoted(b.aborted),
      quoted(b.verdict), quoted(b.level), words(b.attributes),
      words(b.testbed));
  if (b.interference) {
    out += fmt::format(
        "\"interference\": {{\"others\": {}, \"steal\": {}, "
        "\"pressure\": {}}},\n",
        number(b.interference->others), number(b.interference->steal),
        number(b.interference->pressure));
  }
  add_list(out, "phases", b.phases, add_phase);
  out += ",\n";
  add_list(out, "findings", b.findings, add_finding);
  return out + "\n}\n";
}

Result<Baseline> baseline_from_json(std::string_view text) {
  TIDEMARK_TRY(const Json json, parse_json(text));
  if (!json.is_object()) {
    return fail(ErrorKind::malformed, "no baseline: not an object");
  }
  if (looks_like_seed(json)) return baseline_from_seed(json);
  const auto version = json.find("tidemark_baseline");
  if (version == json.end() || !version->is_number_integer()) {
    return fail(ErrorKind::malformed,
                "no baseline: \"tidemark_baseline\" is missing");
  }
  if (version->get<int64_t>() != kBaselineVersion) {
    return fail(ErrorKind::unsupported,
                fmt::format("a baseline of version {}; this Tidemark reads "
                            "version {}",
                            version->get<int64_t>(), kBaselineVersion));
  }
  return BaselineReader().read(json);
}

}  // namespace tidemark
