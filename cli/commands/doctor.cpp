// tidemark doctor: what works on this host, what does not, why, the remedy.
#include <sys/utsname.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/command.h"
#include "core/base/text.h"
#include "core/os/system_clock.h"
#include "daemon/host_check.h"
#include "report/table.h"

namespace tidemark {
namespace {

constexpr size_t kWidth = 100;
constexpr size_t kIndent = 11;

std::string json_string(std::string_view raw) {
  std::string quoted = "\"";
  for (const char c : sanitize_json(raw)) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string to_json(const utsname& host, const std::vector<HostCheck>& checks) {
  std::string json =
      "{\"host\": " + json_string(host.nodename) +
      ", \"kernel\": " + json_string(host.release) +
      ", \"can_record\": " + (can_record(checks) ? "true" : "false") +
      ", \"checks\": [";
  const char* separator = "\n";
  for (const HostCheck& check : checks) {
    json += separator;
    json += "  {\"what\": " + json_string(check.what) +
            ", \"state\": " + json_string(host_check_state_name(check.state)) +
            ", \"detail\": " + json_string(check.detail) +
            ", \"lost\": " + json_string(check.lost) +
            ", \"remedy\": " + json_string(check.remedy) +
            ", \"essential\": " + (check.essential ? "true" : "false") + "}";
    separator = ",\n";
  }
  return json + "\n]}\n";
}

void print_line(const char* label, const std::string& text) {
  if (text.empty()) return;
  const std::string line = std::string(label) + sanitize_terminal(text);
  std::printf("%*s%s\n", static_cast<int>(kIndent), "",
              wrap(line, kWidth, kIndent + 8).c_str());
}

void print(const utsname& host, const std::vector<HostCheck>& checks) {
  std::printf("Tidemark on %s, Linux %s\n\n",
              sanitize_terminal(host.nodename).c_str(),
              sanitize_terminal(host.release).c_str());
  size_t degraded = 0;
  for (const HostCheck& check : checks) {
    const bool ok = check.state == HostCheck::State::ok;
    degraded += !ok;
    std::printf("%-10s %s: %s\n", host_check_state_name(check.state),
                check.what.c_str(),
                wrap(sanitize_terminal(check.detail), kWidth, kIndent).c_str());
    if (ok) continue;
    print_line("lost:   ", check.lost);
    print_line("remedy: ", check.remedy);
  }
  std::printf("\n%s\n", !can_record(checks)
                            ? "Tidemark cannot record on this host."
                        : degraded == 0 ? "Everything works here."
                                        : "Tidemark can record here; what is "
                                          "degraded is said above and in each "
                                          "recording.");
}

struct DoctorArguments {
  bool json = false;
  std::vector<int> pids;
};

int doctor(const DoctorArguments& arguments) {
  const SystemClock clock;
  std::vector<Pid> pids;
  for (const int pid : arguments.pids) pids.push_back(Pid{pid});
  const auto checks = check_host(Roots{}, clock, pids);
  utsname host{};
  ::uname(&host);
  if (arguments.json) {
    std::fputs(to_json(host, checks).c_str(), stdout);
  } else {
    print(host, checks);
  }
  return can_record(checks) ? 0 : kExitInternal;
}

}  // namespace

void add_doctor(CLI::App& app, CommandContext& context) {
  const auto arguments = std::make_shared<DoctorArguments>();
  app.add_flag("--json", arguments->json, "Print it for programs");
  app.add_option("--pid", arguments->pids,
                 "Say too which allocator this process has; may be repeated")
      ->type_name("PID")
      ->check(CLI::PositiveNumber);
  app.callback(
      [arguments, &context] { context.exit_code = doctor(*arguments); });
}

}  // namespace tidemark
