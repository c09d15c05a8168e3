// tidemark selftest: a leak of known size through the whole pipeline, and
// whether a gate would have caught it.
#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/own_program.h"
#include "cli/record_session.h"
#include "cli/selftest_leaker.h"
#include "core/base/text.h"
#include "report/gate_lines.h"
#include "report/report.h"

namespace tidemark {
namespace {

// How far the slope found may be from the one injected.
constexpr double kTolerance = 0.10;
// What an allocator adds to a chunk of this size, at most: header, rounding.
constexpr double kOverhead = 16;

struct SelftestArguments {
  std::string inject = "64KiB/s";
  std::string output;
  int cycles = 14;
  bool leaker = false;  // the other half of it
};

// "64KiB/s".
Result<int64_t> parse_rate(const std::string& text) {
  constexpr std::string_view kPerSecond = "/s";
  std::string_view bytes = text;
  if (bytes == "0") return 0;
  if (!bytes.ends_with(kPerSecond)) {
    return fail(ErrorKind::usage,
                "--inject: '" + text + "': bytes per second, as 64KiB/s, or 0");
  }
  bytes.remove_suffix(kPerSecond.size());
  auto parsed = parse_bytes(bytes);
  if (!parsed) return raise(std::move(parsed).error(), "--inject");
  constexpr int64_t kMost = int64_t{1} << 30;
  if (parsed->count < kLeakerChunk || parsed->count > kMost) {
    return fail(ErrorKind::usage,
                "--inject: '" + text + "': outside of 16KiB/s .. 1GiB/s");
  }
  return parsed->count;
}

Result<std::vector<Gate>> make_gates() {
  const auto none = [](const char*) -> const char* { return nullptr; };
  TIDEMARK_TRY(Gate gate,
               make_gate("leak(selftest, rss_anon) in {none, saturating, "
                         "startup, step}",
                         "selftest", none));
  return std::vector<Gate>{std::move(gate)};
}

Result<RecordRequest> make_request(const SelftestArguments& arguments,
                                   const std::string& output) {
  RecordRequest request;
  TIDEMARK_TRY(request.gates, make_gates());
  TIDEMARK_TRY(const std::string program, own_program());
  request.options.output = output;
  request.options.quiet = true;
  request.options.interval = std::chrono::milliseconds(200);
  request.command = {program,
                     "selftest",
                     "--leaker",
                     "--inject",
                     arguments.inject,
                     "--cycles",
                     std::to_string(arguments.cycles)};
  return request;
}

const Finding* find_leaker(const ReportData& data) {
  for (const Finding& finding : data.summary.findings) {
    if (finding.resource == Resource::rss_anon &&
        data.process(finding.subject).role == "selftest") {
      return &finding;
    }
  }
  return nullptr;
}

// Whether what was found is what was put there.
bool tell(const ReportData& data, int64_t rate) {
  const Finding* finding = find_leaker(data);
  if (finding == nullptr || data.gates.empty()) {
    std::printf("found: no verdict on the leaker\n");
    return false;
  }
  const GateResult& gate = data.gates.front();
  const bool fired = gate.status == GateStatus::fail;
  const double predicted =
      rate > 0 ? static_cast<double>(kLeakerChunk) + kOverhead : 0;
  const double found =
      finding->slope_per_op ? finding->slope_per_op->value : std::nan("");
  std::printf("predicted: %s\n",
              rate > 0 ? fmt::format("{:.0f} B per chunk, a leak, and a gate "
                                     "that fails",
                                     predicted)
                             .c_str()
                       : "no leak, and a gate that does not fail");
  std::printf(
      "found:     %s per chunk, verdict %s: %s\n",
      std::isnan(found) ? "nothing" : fmt::format("{:.0f} B", found).c_str(),
      verdict_name(finding->verdict),
      sanitize_terminal(finding->reason).c_str());
  std::printf("gate:      %s %s\n", gate_sign(gate.status),
              sanitize_terminal(gate_line(gate)).c_str());
  if (rate == 0) return !fired && finding->verdict != Verdict::leak;
  const bool is_near = std::abs(found - predicted) <= kTolerance * predicted;
  return fired && is_near && finding->verdict == Verdict::leak;
}

int selftest(const SelftestArguments& arguments) {
  const auto rate = parse_rate(arguments.inject);
  if (!rate) return report_error("selftest", rate.error());
  if (arguments.leaker) return run_leaker({*rate, arguments.cycles});
  const bool is_kept = !arguments.output.empty();
  const std::string output =
      is_kept ? arguments.output
              : fmt::format("{}/tidemark-selftest-{}.tmk",
                            std::filesystem::temp_directory_path().string(),
                            ::getpid());
  const auto request = make_request(arguments, output);
  if (!request) return report_error("selftest", request.error());
  std::fprintf(
      stderr, "tidemark selftest: injects %s in %d cycles; takes about %d s\n",
      arguments.inject.c_str(), arguments.cycles, arguments.cycles * 3 / 2);
  const int code = run_record(*request);
  LoadOptions load;
  load.timeline = false;
  load.gates = request->gates;
  const auto data = load_report(output, load);
  std::error_code ignored;
  if (!is_kept) std::filesystem::remove(output, ignored);
  if (!data) return code != 0 ? code : report_error("selftest", data.error());
  const bool fine = tell(*data, *rate);
  std::printf("selftest: %s\n",
              fine ? *rate > 0 ? "a gate would fire" : "no gate would fire"
                   : "FAILED: what was found is not what was injected");
  return fine ? 0 : kExitInternal;
}

}  // namespace

void add_selftest(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<SelftestArguments>();
  app.add_option("--inject", arguments->inject,
                 "What the leaker keeps, of each second of load; 0: nothing "
                 "(default 64KiB/s)");
  app.add_option("--cycles", arguments->cycles,
                 "Of load and rest, 1.5 s each (default 14)")
      ->check(CLI::Range(1, 10'000));
  app.add_option("-o,--output", arguments->output, "Keep the recording here");
  app.add_flag("--leaker", arguments->leaker)->group("");
  app.footer(
      "Exit codes: 0 found as injected, 70 not. A verdict needs 12 cycles.");
  app.callback(
      [arguments, &context] { context.exit_code = selftest(*arguments); });
}

}  // namespace tidemark
