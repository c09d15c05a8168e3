// tidemark verify: is a recording whole? Exit codes of design part 3.2.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "cli/command.h"
#include "core/base/text.h"
#include "report/survey.h"

namespace tidemark {
namespace {

constexpr int kClean = 0;
constexpr int kTruncated = 1;
constexpr int kDamaged = 2;
constexpr int kRefused = 3;

std::string describe(const Damage& damage, const Survey& survey) {
  std::string text = fmt::format("offset {}: {}, {} bytes", damage.offset,
                                 damage.reason, damage.bytes);
  if (damage.to > damage.from) {
    const auto time = [&](BootTime t) {
      return format_utc(survey.info.anchor.realtime_at(t)).substr(11);
    };
    text += fmt::format(", readings from {} to {} UTC are lost",
                        time(damage.from), time(damage.to));
  }
  return text;
}

int verdict(const Survey& survey) {
  const auto torn = [](const Damage& damage) { return damage.truncation; };
  if (!std::ranges::all_of(survey.damages, torn)) return kDamaged;
  return survey.closed && survey.damages.empty() ? kClean : kTruncated;
}

const char* words(int code, const Survey& survey) {
  if (code == kDamaged) return "damaged";
  if (code == kClean) return "clean";
  return survey.damages.empty()
             ? "not closed: still being written, or its writer was killed"
             : "truncated: its writer was killed, or the file was cut";
}

std::string stacks_text(const Survey& survey) {
  if (survey.stacks == 0) return "";
  return fmt::format(", {} stacks", survey.stacks);
}

int verify_one(const std::string& path) {
  const auto surveyed = survey(path);
  if (!surveyed) {
    const bool is_absent = surveyed.error().kind == ErrorKind::not_found ||
                           surveyed.error().kind == ErrorKind::permission;
    const int code = report_error("verify", surveyed.error());
    return is_absent ? code : kRefused;
  }
  const int code = verdict(*surveyed);
  std::printf("%s: %s; %lld ticks, %lld events, %lld chapters%s readable\n",
              sanitize_terminal(path).c_str(), words(code, *surveyed),
              static_cast<long long>(surveyed->ticks + surveyed->edges),
              static_cast<long long>(surveyed->events),
              static_cast<long long>(surveyed->chapters),
              stacks_text(*surveyed).c_str());
  for (const Damage& damage : surveyed->damages) {
    std::printf("  %s\n",
                sanitize_terminal(describe(damage, *surveyed)).c_str());
  }
  return code;
}

}  // namespace

void add_verify(CLI::App& app, CommandContext& context) {
  const auto paths = std::make_shared<std::vector<std::string>>();
  app.add_option("recording", *paths, "Recordings")
      ->type_name("FILE")
      ->required();
  app.footer(
      "Exit codes: 0 clean, 1 truncated or not closed, 2 damaged, 3 refused\n"
      "(no recording, or one that needs a newer Tidemark); the worst of all.");
  app.callback([paths, &context] {
    for (const std::string& path : *paths) {
      context.exit_code = std::max(context.exit_code, verify_one(path));
    }
  });
}

}  // namespace tidemark
