#include "cli/help.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "report/table.h"

namespace tidemark {

namespace {

constexpr size_t kWidth = 80;
constexpr size_t kNameColumn = 28;

// The values of options that are any text, by the option's name.
constexpr std::pair<std::string_view, const char*> kValueNames[] = {
    {"against", "FILE"},
    {"alert-clear", "TIME"},
    {"alert-hold", "TIME"},
    {"at", "WHEN"},
    {"budget", "RATIO"},
    {"config", "FILE"},
    {"export-svg", "FILE"},
    {"filter", "WORDS"},
    {"for", "TIME"},
    {"format", "NAME"},
    {"gate", "EXPR"},
    {"gates", "FILE"},
    {"heap-after", "TIME"},
    {"heap-budget", "RATIO"},
    {"heap-sample", "SIZE"},
    {"inject", "RATE"},
    {"interval", "TIME"},
    {"judge-every", "TIME"},
    {"marks-datagram", "PATH"},
    {"marks-from", "FILE"},
    {"marks-http", "PORT"},
    {"on-alert", "COMMAND"},
    {"output", "FILE"},
    {"perfmon", "PORT"},
    {"role", "NAME=SEL"},
    {"sample", "SIZE"},
    {"size", "COLSxROWS"},
    {"socket", "PATH"},
    {"watch", "SEL"},
    {"webhook", "URL"},
};

bool is_flag(const CLI::Option* option) {
  return option->get_items_expected_max() == 0;
}

}  // namespace

std::string command_path(const CLI::App* app) {
  if (app->get_parent() == nullptr) return app->get_name();
  return command_path(app->get_parent()) + " " + app->get_name();
}

std::string value_name(const CLI::Option& option) {
  if (is_flag(&option)) return "";
  // Behind a colon is what the value is checked for.
  std::string name = option.get_type_name();
  name.resize(std::min(name.size(), name.find(':')));
  if (name == "INT" || name == "UINT" || name == "FLOAT") return "N";
  if (name != "TEXT") return name;
  if (option.get_positional() && option.get_lnames().empty()) {
    const std::string own = option.get_name();
    if (own == "recording" || own == "RECORDING") return "FILE";
    return own == "command" || own == "FILE" || own == "text" ? "" : name;
  }
  for (const auto& [known, value] : kValueNames) {
    if (option.check_lname(std::string(known))) return value;
  }
  return name;
}

HelpFormatter::HelpFormatter() { column_width(kNameColumn); }

std::string HelpFormatter::make_usage(const CLI::App* app, std::string) const {
  std::string text = "Usage: " + command_path(app);
  const auto all = [](const CLI::App*) { return true; };
  if (!app->get_subcommands(all).empty()) {
    text += " COMMAND";
  }
  text += " [options]";
  for (const CLI::Option* option : app->get_options()) {
    if (!option->get_positional()) continue;
    const std::string name = make_option_name(option, true);
    text += option->get_required() ? " " + name : " [" + name + "]";
    if (option->get_expected_max() > 1) text += "...";
  }
  return text + "\n";
}

std::string HelpFormatter::make_description(const CLI::App* app) const {
  const std::string text = app->get_description();
  return text.empty() ? "" : text + ".\n\n";
}

// "-o,--output FILE [text]": no "REQUIRED", no environment twin on each line.
std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
  std::string text;
  const std::string value = value_name(*option);
  if (!value.empty()) text += " " + value;
  if (!option->get_default_str().empty()) {
    text += " [" + option->get_default_str() + "]";
  }
  if (option->get_expected_max() > 1) text += " ...";
  return text;
}

std::string HelpFormatter::make_option_desc(const CLI::Option* option) const {
  return wrap(option->get_description(), kWidth - kNameColumn, 0);
}

std::string HelpFormatter::make_subcommand(const CLI::App* sub) const {
  std::string line = "  " + sub->get_name();
  line.resize(std::max(line.size() + 1, size_t{14}), ' ');
  return line + sub->get_description() + "\n";
}

std::string HelpFormatter::make_footer(const CLI::App* app) const {
  const std::string text = app->get_footer();
  return text.empty() ? "" : text + "\n";
}

}  // namespace tidemark
