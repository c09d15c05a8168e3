// tidemark top: the recording on a terminal, live or as a replay.
#include <csignal>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>

#include "cli/command.h"
#include "core/base/text.h"
#include "core/os/system_clock.h"
#include "tui/app.h"
#include "tui/view.h"

namespace tidemark {
namespace {

struct TopArguments {
  TopOptions options;
  bool once = false;
  std::string size = "120x40";
  std::string svg;
};

// "120x40" as columns and rows.
Result<std::pair<int, int>> parse_size(std::string_view text) {
  const size_t by = text.find('x');
  if (by != std::string_view::npos) {
    const auto width = parse_int(text.substr(0, by));
    const auto height = parse_int(text.substr(by + 1));
    if (width && height && *width >= 1 && *width <= 1000 && *height >= 1 &&
        *height <= 1000) {
      return std::pair(static_cast<int>(*width), static_cast<int>(*height));
    }
  }
  return fail(ErrorKind::usage, "--size: '" + std::string(text) +
                                    "' is no COLUMNSxROWS of 1 to 1000, "
                                    "like 120x40");
}

Status print_once(const TopArguments& arguments, const Clock& clock) {
  TIDEMARK_TRY(const auto size, parse_size(arguments.size));
  TIDEMARK_TRY(
      const std::string text,
      print_top(arguments.options, size.first, size.second,
                arguments.svg.empty() ? PrintAs::text : PrintAs::svg, clock));
  if (arguments.svg.empty()) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    return {};
  }
  std::ofstream file(arguments.svg, std::ios::trunc);
  file << text;
  file.close();
  if (!file) return fail(ErrorKind::io, arguments.svg + ": cannot be written");
  return {};
}

Status show(const TopArguments& arguments, const Clock& clock) {
  TIDEMARK_TRY(const int signal, run_top(arguments.options, clock));
  // Die of the signal as if it had not been caught; Ctrl-C is just leaving.
  if (signal != 0 && signal != SIGINT) ::raise(signal);
  return {};
}

// "overview|processes|...", as help and completion want it.
std::string view_names() {
  std::string names;
  for (const ViewEntry& view : all_views()) {
    names += (names.empty() ? "" : "|") + std::string(view.name);
  }
  return names;
}

}  // namespace

void add_top(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<TopArguments>();
  app.add_option("recording", arguments->options.recording,
                 "A recording; without one, the newest being written here");
  app.add_option("--view", arguments->options.view, "The view to begin with")
      ->type_name(view_names())
      ->envname("TIDEMARK_TOP_VIEW");
  app.add_option("--at", arguments->options.at,
                 "Begin at 14:32:07, +90s, -30s, 50% or a phase's name");
  app.add_option("--against", arguments->options.against,
                 "Another recording, for the compare view");
  app.add_option(
      "--filter", arguments->options.filter,
      "Show these processes only (role: pid: cgroup: verdict: text)");
  app.add_option("--theme", arguments->options.theme, "The colours")
      ->type_name("dark|light|contrast")
      ->envname("TIDEMARK_TOP_THEME");
  app.add_option("--export-svg", arguments->svg,
                 "Write one view as a picture to this file and end");
  app.add_flag("--once", arguments->once,
               "Print one view as plain text and end");
  app.add_option(
      "--size", arguments->size,
      "Columns and rows of --once and --export-svg (default 120x40)");
  app.callback([arguments, &context] {
    const SystemClock clock;
    const bool once = arguments->once || !arguments->svg.empty();
    const Status done =
        once ? print_once(*arguments, clock) : show(*arguments, clock);
    if (!done) context.exit_code = report_recording_error("top", done.error());
  });
}

}  // namespace tidemark
