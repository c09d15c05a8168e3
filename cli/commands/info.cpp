// tidemark info: what a recording holds.
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <memory>

#include "cli/command.h"
#include "core/base/text.h"
#include "report/survey.h"
#include "report/table.h"

namespace tidemark {
namespace {

const char* kind_name(SubjectKind kind) {
  switch (kind) {
    case SubjectKind::system: return "host";
    case SubjectKind::cpu: return "cpu";
    case SubjectKind::device: return "device";
    case SubjectKind::cgroup: return "cgroup";
    case SubjectKind::process: return "process";
    case SubjectKind::client: return "client";
    case SubjectKind::site: return "site";
    case SubjectKind::self: return "self";
  }
  return "unknown";
}

const char* kind_name(MetricKind kind) {
  switch (kind) {
    case MetricKind::counter: return "counter";
    case MetricKind::gauge: return "level";
    case MetricKind::histogram: return "histogram";
  }
  return "unknown";
}

const char* unit_name(Unit unit) {
  switch (unit) {
    case Unit::none: return "";
    case Unit::count: return "count";
    case Unit::bytes: return "bytes";
    case Unit::nanoseconds: return "ns";
    case Unit::millionths: return "1e-6";
    case Unit::real: return "real";
  }
  return "";
}

std::string spaced(std::string argv) {
  for (char& c : argv) {
    if (c == '\0') c = ' ';
  }
  while (!argv.empty() && argv.back() == ' ') argv.pop_back();
  return argv;
}

void line(const char* name, const std::string& value) {
  if (value.empty()) return;
  std::printf("%-12s%s\n", name, sanitize_terminal(value).c_str());
}

void print_header(const Survey& s) {
  const RecordingInfo& info = s.info;
  line("recording", s.path);
  line("id", format_uuid(info.uuid));
  line("format", fmt::format("{}.{}, by {}", info.major, info.minor,
                             info.producer.empty() ? "an unknown producer"
                                                   : info.producer));
  line("host", fmt::format("{}, Linux {}", info.host, info.kernel));
  line("machine",
       fmt::format("{} × {}, {}", info.cpu_count, info.cpu_model,
                   format_bytes(static_cast<double>(info.memory_bytes))));
  line("command", fmt::format("{}", fmt::join(info.command, " ")));
  line("begun", format_utc(s.begin_unix_ns()) + " UTC");
  line("duration", format_duration(s.end - s.begin));
  line("interval", format_duration(Nanoseconds(info.interval_ns)));
  line("size", fmt::format("{} in {} chapters",
                           format_bytes(static_cast<double>(s.file_bytes)),
                           s.chapters));
  line("ticks",
       fmt::format("{}, {} edges, {} missing in {} gaps, {} incomplete",
                   s.ticks, s.edges, s.missing_ticks, s.gaps, s.incomplete));
  line("events", std::to_string(s.events));
  if (s.stacks > 0) {
    line("stacks", fmt::format("{}, through {} files; {} addresses named",
                               s.stacks, s.modules, s.named));
  }
  line("phases", std::to_string(s.phases.phases().size()));
  if (!s.phases.runs().empty()) line("run", s.phases.runs().front().name);
  line("state", s.damages.empty() ? (s.closed ? "complete" : "not closed")
                                  : "damaged: see tidemark verify");
}

void print_levels(const Survey& s) {
  if (s.info.levels.empty()) return;
  std::puts("\nSensors");
  for (const std::string& level : s.info.levels) {
    std::printf("  %s\n", sanitize_terminal(level).c_str());
  }
}

void print_subjects(const Survey& s, bool all) {
  std::array<int64_t, 16> counts{};
  TextTable table({{"pid", TextTable::Align::right},
                   {"name", TextTable::Align::left, 20},
                   {"role", TextTable::Align::left, 16},
                   {"command", TextTable::Align::left, 50}});
  for (const Subject& subject : s.dictionary.subjects()) {
    if (!subject.id.valid()) continue;
    counts[static_cast<size_t>(subject.kind) % counts.size()]++;
    const bool is_process = subject.kind == SubjectKind::process;
    if (!is_process || (!all && !subject.watched)) continue;
    table.add({std::to_string(subject.process.pid.value),
               sanitize_terminal(subject.name), sanitize_terminal(subject.role),
               sanitize_terminal(spaced(subject.command))});
  }
  std::puts("\nSubjects");
  std::string text;
  for (uint8_t kind = 1; kind <= 8; ++kind) {
    if (counts[kind] == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", counts[kind],
                        kind_name(static_cast<SubjectKind>(kind)));
  }
  std::printf("  %s\n", text.c_str());
  if (table.empty()) return;
  std::printf("\n%s\n%s", all ? "Processes" : "Watched processes",
              table.render("  ").c_str());
}

void print_metrics(const Survey& s, bool all) {
  TextTable table({{"metric"},
                   {"of"},
                   {"kind"},
                   {"unit"},
                   {"readings", TextTable::Align::right},
                   {all ? "from" : "", TextTable::Align::left, 60}});
  for (const Metric& metric : s.dictionary.metrics()) {
    if (!metric.id.valid()) continue;
    const auto found = s.readings.find(metric.id);
    const int64_t readings = found == s.readings.end() ? 0 : found->second;
    table.add({sanitize_terminal(metric.name), kind_name(metric.subject),
               kind_name(metric.kind), unit_name(metric.unit),
               std::to_string(readings),
               all ? sanitize_terminal(metric.help) : ""});
  }
  if (!table.empty()) std::printf("\nMetrics\n%s", table.render("  ").c_str());
}

int info(const std::string& path, bool all) {
  const auto surveyed = survey(path);
  if (!surveyed) return report_recording_error("info", surveyed.error());
  print_header(*surveyed);
  print_levels(*surveyed);
  print_subjects(*surveyed, all);
  print_metrics(*surveyed, all);
  return 0;
}

}  // namespace

void add_info(CLI::App& app, CommandContext& context) {
  const auto path = std::make_shared<std::string>();
  app.add_option("recording", *path, "A recording")
      ->type_name("FILE")
      ->required();
  app.footer("With -v: every process, and where each metric comes from.");
  app.callback([path, &context] {
    context.exit_code = info(*path, context.verbosity > 0);
  });
}

}  // namespace tidemark
