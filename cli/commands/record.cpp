// tidemark record: measures a command, or the host, into a recording.
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/exit_map.h"
#include "cli/gate_arguments.h"
#include "cli/record_session.h"
#include "core/base/text.h"
#include "core/os/log.h"
#include "daemon/options.h"

namespace tidemark {
namespace {

// What the command line said, as text: daemon/options gives it its meaning.
struct RecordArguments {
  std::string config;
  std::string output, interval, budget, duration, socket;
  std::string heap, heap_sample, heap_budget, heap_after;
  std::string on_alert, webhook, alert_hold, alert_clear;
  std::string until, judge_every;
  std::vector<std::string> watch, roles, command;
  bool quiet = false;
  ReportFlags flags;
  std::string exit_map;
  GateArguments gates;
  DoorSettings doors;

  std::vector<Setting> settings() const {
    std::vector<Setting> result;
    const auto add = [&](const char* key, const std::string& value,
                         const char* origin) {
      if (!value.empty()) result.push_back({key, value, origin});
    };
    add("output", output, "--output");
    add("interval", interval, "--interval");
    add("budget", budget, "--budget");
    add("for", duration, "--for");
    add("socket", socket, "--socket");
    add("heap", heap, "--heap");
    add("heap_sample", heap_sample, "--heap-sample");
    add("heap_budget", heap_budget, "--heap-budget");
    add("on_alert", on_alert, "--on-alert");
    add("webhook", webhook, "--webhook");
    add("alert_hold", alert_hold, "--alert-hold");
    add("alert_clear", alert_clear, "--alert-clear");
    add("heap_after", heap_after, "--heap-after");
    add("quiet", quiet ? "true" : "", "--quiet");
    for (const std::string& text : watch) add("watch", text, "--watch");
    for (const std::string& text : roles) add("role", text, "--role");
    return result;
  }
};

// How often it judges, and whether that ends the run.
Status take_judging(const RecordArguments& arguments, RecordRequest& request) {
  request.until_decided = !arguments.until.empty();
  if (request.until_decided && request.gates.empty()) {
    return fail(ErrorKind::usage,
                "--until decided: name gates with --gates or --gate");
  }
  if (arguments.judge_every.empty()) return {};
  const auto every = parse_duration(arguments.judge_every);
  if (!every || *every < std::chrono::seconds(1)) {
    return fail(ErrorKind::usage, "--judge-every: '" + arguments.judge_every +
                                      "': a time of 1s or more is expected");
  }
  request.judge_every = *every;
  return {};
}

// What no sensor will read can never be held against a limit.
Status check_sensors(const RecordRequest& request) {
  if (request.options.heap.mode != HeapMode::off) return {};
  for (const Gate& gate : request.gates) {
    for (const GateMetric& metric : gate.expr.value.metrics) {
      if (!metric.name.starts_with("heap.")) continue;
      auto wrong = gate_error(gate.expr.text, metric.at,
                              "the heap is not traced with --heap=off");
      return raise(std::move(wrong).error(), gate.origin);
    }
  }
  return {};
}

int record(const RecordArguments& arguments, int verbosity) {
  set_log_verbosity(verbosity);
  const auto environment = [](const char* name) { return std::getenv(name); };
  RecordRequest request;
  auto options =
      load_options(arguments.config, environment, arguments.settings());
  if (!options) return report_error("record", options.error());
  request.options = std::move(*options);
  request.command = arguments.command;
  request.doors = arguments.doors;
  request.flags = arguments.flags;
  request.flags.ci = arguments.gates.ci;
  // A mistake in a gate is told before anything runs.
  GateArguments named = arguments.gates;
  const std::vector<std::string>& configured = request.options.gates;
  named.files.insert(named.files.end(), configured.begin(), configured.end());
  auto gates = load_gates(named);
  if (!gates) return report_error("record", gates.error());
  request.gates = std::move(*gates);
  auto known = load_suppressions(arguments.gates);
  if (!known) return report_error("record", known.error());
  request.suppressions = std::move(*known);
  Status status = check_sensors(request);
  if (status) status = take_judging(arguments, request);
  if (!status) return report_error("record", status.error());
  request.socket_inherited =
      arguments.socket.empty() && std::getenv("TIDEMARK_SOCKET") != nullptr;
  return run_record(request);
}

void add_heap_options(CLI::App& app, RecordArguments& a) {
  app.add_option("--heap", a.heap,
                 "Trace allocations by call stack: auto (default) once a "
                 "watched process keeps growing, probes from the start, shim "
                 "from inside the command (libtidemark-heap)")
      ->type_name("off|auto|probes|shim");
  app.add_option("--heap-sample", a.heap_sample,
                 "One sample in so many bytes (default 64KiB), or exact");
  app.add_option("--heap-budget", a.heap_budget,
                 "CPU time of a traced process that probes may take (default "
                 "5%)");
  app.add_option("--heap-after", a.heap_after,
                 "With auto: how long memory has to keep growing (default "
                 "40s)");
}

void add_alert_options(CLI::App& app, RecordArguments& a) {
  app.add_option("--on-alert", a.on_alert,
                 "Run this command, without a shell, when a gate turns");
  app.add_option("--webhook", a.webhook, "Post alerts as JSON to this address");
  app.add_option("--alert-hold", a.alert_hold,
                 "A gate must be beyond its limit so long (default 0s)");
  app.add_option("--alert-clear", a.alert_clear,
                 "And within it so long to be over (default 10s)");
}

}  // namespace

void add_record(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<RecordArguments>();
  RecordArguments& a = *arguments;
  app.add_option("-o,--output", a.output,
                 "The recording to make (default tidemark-DATE-TIME.tmk)");
  app.add_option("--interval", a.interval,
                 "Time between two ticks, 50ms to 60s (default 1s)");
  app.add_option("--watch", a.watch,
                 "Take full detail of these processes and their children: "
                 "NAME or comm:, exe:, cmdline:, cgroup:, pid:, client:")
      ->take_all()
      ->expected(1)
      ->allow_extra_args(false);
  app.add_option("--role", a.roles,
                 "The part that a process plays; may be repeated")
      ->take_all()
      ->expected(1)
      ->allow_extra_args(false);
  app.add_option("--for,--max", a.duration, "End after this time");
  app.add_option("--until", a.until,
                 "End as soon as each gate is decided; with --max for a bound")
      ->type_name("decided")
      ->check(CLI::IsMember({"decided"}));
  app.add_option("--judge-every", a.judge_every,
                 "Time between two provisional verdicts (default 30s); three "
                 "must agree");
  app.add_option("--budget", a.budget,
                 "CPU that sampling may use, of one core (default 1%)");
  add_heap_options(app, a);
  app.add_option("--socket", a.socket,
                 "Where clients connect (default a private place, handed to "
                 "the command by TIDEMARK_SOCKET)");
  app.add_option("--config", a.config, "A TOML file with these options");
  add_gate_options(app, a.gates);
  add_exit_map_option(app, a.exit_map);
  add_alert_options(app, a);
  add_door_options(app, a.doors);
  app.add_flag("-q,--quiet", a.quiet, "Say only what went wrong");
  add_exit_options(app, a.flags);
  app.add_option("command", a.command, "What to start and watch, after --");
  app.footer(
      "Without a command it records until SIGINT, SIGTERM, --for, or the end "
      "of --marks-from.");
  app.callback([arguments, &context] {
    context.exit_code = mapped_exit_code(record(*arguments, context.verbosity),
                                         arguments->exit_map);
  });
}

}  // namespace tidemark
