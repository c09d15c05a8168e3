#include "cli/help.h"

namespace tidemark {

namespace {

constexpr size_t kNameColumn = 28;

std::string command_path(const CLI::App* app) {
  if (app->get_parent() == nullptr) return app->get_name();
  return command_path(app->get_parent()) + " " + app->get_name();
}

bool is_flag(const CLI::Option* option) {
  return option->get_items_expected_max() == 0;
}

}  // namespace

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
  if (!is_flag(option) && !option->get_type_name().empty()) {
    text += " " + option->get_type_name();
  }
  if (!option->get_default_str().empty()) {
    text += " [" + option->get_default_str() + "]";
  }
  if (option->get_expected_max() > 1) text += " ...";
  return text;
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
