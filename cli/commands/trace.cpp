// tidemark trace: who allocated what a running process holds, now.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "cli/control_client.h"
#include "cli/record_session.h"
#include "core/base/text.h"
#include "core/os/log.h"
#include "daemon/options.h"
#include "daemon/site_listing.h"

namespace tidemark {
namespace {

struct TraceArguments {
  int pid = 0;
  std::string duration = "60s", sample, budget, output;
  bool exact = false, alone = false;
  size_t most = 10;

  // What the daemon does in its own way.
  bool for_ourselves() const {
    return alone || exact || !sample.empty() || !budget.empty() ||
           !output.empty();
  }

  std::vector<Setting> settings(const std::string& recording) const {
    std::vector<Setting> all = {
        {"watch", "pid:" + std::to_string(pid), "PID"},
        {"heap", "probes", "trace"},
        {"quiet", "true", "trace"},
        {"output", recording, "--output"},
        {"for", duration, "--for"},
    };
    if (exact) all.push_back({"heap_sample", "exact", "--exact"});
    if (!sample.empty()) all.push_back({"heap_sample", sample, "--sample"});
    if (!budget.empty()) all.push_back({"heap_budget", budget, "--budget"});
    return all;
  }
};

std::string passing_place() {
  return std::filesystem::temp_directory_path() /
         ("tidemark-trace-" + std::to_string(::getpid()) + ".tmk");
}

int show(const TraceArguments& arguments, const std::string& recording) {
  const auto text = list_sites(recording, arguments.most);
  if (!text) return report_error("trace", text.error());
  std::fputs(text->c_str(), stdout);
  return 0;
}

std::string clean_lines(std::string_view text) {
  std::string clean;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    clean += sanitize_terminal(text.substr(0, end)) + "\n";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return clean;
}

// By a daemon that runs here; nullopt: there is none.
std::optional<int> trace_by_daemon(const TraceArguments& arguments) {
  const auto length = parse_duration(arguments.duration);
  if (!length) return report_error("trace", length.error());
  const auto say = [](std::string_view text) {
    const std::string clean = clean_lines(text);
    std::fwrite(clean.data(), 1, clean.size(), stdout);
    std::fflush(stdout);
  };
  const Status asked =
      ask_for_trace(control_socket(), Pid{arguments.pid}, *length, say);
  if (asked) return 0;
  if (asked.error().kind == ErrorKind::not_found) return std::nullopt;
  return report_error("trace", asked.error());
}

int trace(const TraceArguments& arguments, int verbosity) {
  set_log_verbosity(verbosity);
  if (::access(("/proc/" + std::to_string(arguments.pid)).c_str(), F_OK) != 0) {
    return report_error("trace",
                        {ErrorKind::usage, 0,
                         std::to_string(arguments.pid) + ": no such process"});
  }
  if (!arguments.for_ourselves()) {
    if (const auto code = trace_by_daemon(arguments)) return *code;
  }
  const bool passing = arguments.output.empty();
  const std::string recording = passing ? passing_place() : arguments.output;
  const auto no_environment = [](const char*) -> const char* {
    return nullptr;
  };
  RecordRequest request;
  auto options =
      load_options("", no_environment, arguments.settings(recording));
  if (!options) return report_error("trace", options.error());
  request.options = std::move(*options);
  // Its verdict is of no interest: a minute decides nothing.
  const int code = run_record(request);
  const int shown = code >= kExitUsage ? code : show(arguments, recording);
  if (passing) ::unlink(recording.c_str());
  return shown;
}

}  // namespace

void add_trace(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<TraceArguments>();
  TraceArguments& a = *arguments;
  app.add_option("pid", a.pid, "The process")->required();
  app.add_option("--for", a.duration, "For this long (default 60s)");
  app.add_flag("--exact", a.exact, "Take every block, whatever its size");
  app.add_option("--sample", a.sample,
                 "One sample in so many bytes (default 64KiB)");
  app.add_option("--budget", a.budget,
                 "CPU time of the process that probes may take (default 5%)");
  app.add_option("--top", a.most, "So many sites (default 10)");
  app.add_option("-o,--output", a.output, "Keep the recording here");
  app.add_flag("--alone", a.alone, "Without the daemon, if one runs here");
  app.footer(
      "A daemon that runs here does it: of your own processes, or of all if "
      "you "
      "are in the group tidemark. Else, and with --exact, --sample, --budget "
      "or "
      "-o, it takes the rights of doctor's table. Blocks that were allocated "
      "before it began are not seen. Ends early at SIGINT.");
  app.callback([arguments, &context] {
    context.exit_code = trace(*arguments, context.verbosity);
  });
}

}  // namespace tidemark
