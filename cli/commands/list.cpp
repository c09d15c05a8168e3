// tidemark list: the recordings of a folder.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <set>

#include "cli/command.h"
#include "core/base/text.h"
#include "report/survey.h"
#include "report/table.h"

namespace tidemark {
namespace {

std::string state_of(const Survey& survey) {
  const auto torn = [](const Damage& damage) { return damage.truncation; };
  if (!std::ranges::all_of(survey.damages, torn)) return "damaged";
  if (!survey.damages.empty()) return "truncated";
  return survey.closed ? "complete" : "open";
}

std::string run_name(const Survey& survey) {
  if (survey.phases.runs().empty()) return "-";
  return sanitize_terminal(survey.phases.runs().front().name);
}

// The watched programs, each name once.
std::string watched_names(const Survey& survey) {
  std::set<std::string> names;
  for (const Subject& subject : survey.dictionary.subjects()) {
    if (!subject.id.valid() || !subject.watched) continue;
    names.insert(subject.role.empty() ? subject.name : subject.role);
  }
  std::string text;
  for (const std::string& name : names) {
    text += (text.empty() ? "" : ", ") + sanitize_terminal(name);
  }
  return text.empty() ? "-" : text;
}

void add_row(TextTable& table, const Survey& survey) {
  const std::string file =
      std::filesystem::path(survey.path).filename().string();
  table.add({sanitize_terminal(file), run_name(survey),
             format_utc(survey.begin_unix_ns()),
             format_duration(survey.end - survey.begin),
             std::to_string(survey.ticks),
             format_bytes(static_cast<double>(survey.file_bytes)),
             state_of(survey), watched_names(survey)});
}

int list(const std::string& folder) {
  const auto paths = recordings_in(folder);
  if (!paths) return report_error("list", paths.error());
  TextTable table({{"recording"},
                   {"run", TextTable::Align::left, 20},
                   {"begun (UTC)"},
                   {"duration", TextTable::Align::right},
                   {"ticks", TextTable::Align::right},
                   {"size", TextTable::Align::right},
                   {"state"},
                   {"watched", TextTable::Align::left, 30}});
  for (const std::string& path : *paths) {
    const auto surveyed = survey(path);
    if (surveyed) {
      add_row(table, *surveyed);
    } else {
      report_recording_error("list", surveyed.error());
    }
  }
  if (table.empty()) {
    std::printf("No recording (*.tmk) in %s.\n",
                sanitize_terminal(folder).c_str());
  } else {
    std::fputs(table.render().c_str(), stdout);
  }
  return 0;
}

}  // namespace

void add_list(CLI::App& app, CommandContext& context) {
  const auto folder = std::make_shared<std::string>(".");
  app.add_option("folder", *folder, "Where the recordings are")
      ->type_name("DIR")
      ->default_str(".");
  app.callback([folder, &context] { context.exit_code = list(*folder); });
}

}  // namespace tidemark
