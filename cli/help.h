// The look of --help.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace tidemark {

class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter();

  std::string make_usage(const CLI::App* app, std::string name) const override;
  std::string make_description(const CLI::App* app) const override;
  std::string make_option_opts(const CLI::Option* option) const override;
  std::string make_option_desc(const CLI::Option* option) const override;
  std::string make_subcommand(const CLI::App* sub) const override;
  std::string make_footer(const CLI::App* app) const override;
};

// "tidemark baseline prune".
std::string command_path(const CLI::App* app);

// What the value of an option is called: FILE, TIME, text|json, "" of a flag.
std::string value_name(const CLI::Option& option);

}  // namespace tidemark
