// tidemark plan: a whole test from one file, recorded and judged.
#include "core/analysis/plan.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/command.h"
#include "cli/gate_arguments.h"
#include "cli/own_program.h"
#include "cli/plan_driver.h"
#include "cli/plan_templates.h"
#include "cli/record_session.h"
#include "core/base/text.h"
#include "core/model/own_role.h"
#include "core/os/child_process.h"
#include "core/os/file.h"
#include "core/os/log.h"
#include "daemon/options.h"

namespace tidemark {
namespace {

struct PlanArguments {
  std::string file, template_name, output, config;
  bool check = false, no_record = false, quiet = false;
  ReportFlags flags;
  GateArguments gates;
};

const char* from_environment(const char* name) { return std::getenv(name); }

Result<Plan> load_plan(const std::string& file) {
  std::string buffer;
  const auto text = read_file(file, buffer, 1u << 20);
  if (!text) return fail(ErrorKind::usage, text.error().what);
  return parse_plan(*text, file, from_environment);
}

// Files of gates lie beside the plan.
GateArguments gate_arguments(const Plan& plan, const PlanArguments& arguments) {
  GateArguments all = arguments.gates;
  const auto folder = std::filesystem::path(arguments.file).parent_path();
  for (const std::string& name : plan.gate_files) {
    const auto beside = folder / name;
    std::error_code error;
    const bool is_file = std::filesystem::exists(beside, error);
    all.files.push_back(is_file ? beside.string() : name);
  }
  return all;
}

Status check_programs(const Plan& plan) {
  const auto check = [](const std::vector<std::string>& command,
                        const std::string& who) -> Status {
    // What has a number in its name is known when it runs.
    if (command.empty() || command[0].find("${") != std::string::npos) {
      return {};
    }
    auto found = find_program(command.front());
    if (found) return {};
    return fail(ErrorKind::usage, who + ": " + found.error().what);
  };
  for (const PlanTarget& target : plan.targets) {
    const std::string who = "target '" + target.name + "'";
    // A target with a folder of its own is looked for from there.
    if (!target.directory.empty()) continue;
    TIDEMARK_CHECK(check(target.command, who));
    TIDEMARK_CHECK(check(target.prepare, who));
    TIDEMARK_CHECK(check(target.healthy.command, who));
  }
  for (const PlanPhase& phase : plan.phases) {
    TIDEMARK_CHECK(check(phase.command, "phase '" + phase.name + "'"));
  }
  return {};
}

// A number in a load command may be any; before a script stands its
// interpreter.
std::string pattern_of(const std::vector<std::string>& command) {
  std::string line = fmt::format("*{}", fmt::join(command, " "));
  for (const char* variable : {"${LEVEL}", "${CYCLE}"}) {
    for (size_t at = line.find(variable); at != std::string::npos;
         at = line.find(variable)) {
      line.replace(at, std::string_view(variable).size(), "*");
    }
  }
  return line;
}

// Who is who in the recording.
std::vector<Setting> settings_of(const Plan& plan,
                                 const PlanArguments& arguments) {
  std::vector<Setting> settings;
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) settings.push_back({key, value, arguments.file});
  };
  add("interval", plan.interval);
  add("heap", plan.heap);
  add("for", plan.max);
  add("output", arguments.output);
  add("quiet", arguments.quiet ? "true" : "");
  for (const PlanTarget& target : plan.targets) {
    add("role", target.name + "=cmdline:" + pattern_of(target.command));
    for (const std::string& selector : target.select) {
      add("role", target.name + "=" + selector);
    }
  }
  for (const PlanPhase& phase : plan.phases) {
    if (phase.command.empty()) continue;
    add("role",
        std::string(kLoadRole) + "=cmdline:" + pattern_of(phase.command));
  }
  add("role", std::string(kOwnRole) + "=cmdline:* plan --no-record *");
  return settings;
}

Status take_until(const Plan& plan, RecordRequest& request) {
  if (plan.until.empty()) return {};
  if (plan.until != "decided") {
    return fail(ErrorKind::usage, "until is \"decided\"");
  }
  if (request.gates.empty()) {
    return fail(ErrorKind::usage, "until = \"decided\" needs gates");
  }
  request.until_decided = true;
  return {};
}

// Everything that can be wrong is found before anything runs.
Result<RecordRequest> make_request(const Plan& plan,
                                   const PlanArguments& arguments) {
  RecordRequest request;
  TIDEMARK_CHECK(check_programs(plan));
  TIDEMARK_TRY(request.gates, load_gates(gate_arguments(plan, arguments)));
  TIDEMARK_TRY(request.suppressions, load_suppressions(arguments.gates));
  request.gates.insert(request.gates.end(), plan.gates.begin(),
                       plan.gates.end());
  TIDEMARK_CHECK(check_plan_gates(plan, request.gates));
  TIDEMARK_CHECK(take_until(plan, request));
  TIDEMARK_TRY(request.options, load_options(arguments.config, from_environment,
                                             settings_of(plan, arguments)));
  request.options.socket.clear();
  request.flags = arguments.flags;
  request.flags.ci = arguments.gates.ci;
  TIDEMARK_TRY(const std::string program, own_program());
  request.command = {program, "plan", "--no-record", arguments.file};
  return request;
}

int print_template(const std::string& name) {
  const PlanTemplate* found = find_plan_template(name);
  if (found == nullptr) {
    return report_error(
        "plan", {ErrorKind::usage, 0,
                 unknown_message("template", name, plan_template_names())});
  }
  std::fwrite(found->text.data(), 1, found->text.size(), stdout);
  return 0;
}

int run_plan(const PlanArguments& arguments, int verbosity) {
  set_log_verbosity(verbosity);
  if (!arguments.template_name.empty()) {
    return print_template(arguments.template_name);
  }
  if (arguments.file.empty()) {
    return report_error("plan", {ErrorKind::usage, 0, "name a plan's file"});
  }
  const auto plan = load_plan(arguments.file);
  if (!plan) return report_error("plan", plan.error());
  if (arguments.no_record) return drive_plan(*plan);
  const auto request = make_request(*plan, arguments);
  if (!request) return report_error("plan", request.error());
  if (arguments.check) {
    std::printf("%s: %zu targets, %zu phases, %zu gates: no mistake found\n",
                sanitize_terminal(arguments.file).c_str(), plan->targets.size(),
                plan->phases.size(), request->gates.size());
    return 0;
  }
  return run_record(*request);
}

}  // namespace

void add_plan(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<PlanArguments>();
  PlanArguments& a = *arguments;
  app.add_option("plan", a.file, "A plan: targets, phases, gates, as TOML")
      ->type_name("FILE");
  app.add_option("-o,--output", a.output,
                 "The recording to make (default tidemark-DATE-TIME.tmk)")
      ->type_name("FILE");
  app.add_option("--config", a.config, "A TOML file with options of record")
      ->type_name("FILE");
  std::string templates;
  for (const std::string_view name : plan_template_names()) {
    templates += (templates.empty() ? "" : "|") + std::string(name);
  }
  app.add_option("--template", a.template_name, "Print a plan to begin with")
      ->type_name(templates);
  app.add_flag("--check", a.check, "Look for mistakes only");
  app.add_flag("--no-record", a.no_record,
               "Run it beside a recorder that is there already "
               "(TIDEMARK_SOCKET)");
  add_gate_options(app, a.gates);
  app.add_flag("-q,--quiet", a.quiet, "Say only what went wrong");
  add_exit_options(app, a.flags);
  app.footer("docs/plans.md says what a plan holds.");
  app.callback([arguments, &context] {
    context.exit_code = run_plan(*arguments, context.verbosity);
  });
}

}  // namespace tidemark
