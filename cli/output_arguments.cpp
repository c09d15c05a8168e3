#include "cli/output_arguments.h"

#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace tidemark {

void add_output_option(CLI::App& app, OutputArguments& arguments) {
  app.add_option("-o,--output", arguments.file,
                 "Write to a file, whole or not at all")
      ->type_name("OUT");
}

void add_text_or_json_options(CLI::App& app, OutputArguments& arguments) {
  app.add_option("-f,--format", arguments.format, "How to say it")
      ->type_name("text|json")
      ->check(CLI::IsMember({"text", "json"}))
      ->default_str("text");
  add_output_option(app, arguments);
}

bool wants_color(int fd) {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  const bool is_dumb = term == nullptr || std::string_view(term) == "dumb";
  return ::isatty(fd) == 1 && (no_color == nullptr || *no_color == '\0') &&
         !is_dumb;
}

bool wants_color(const OutputArguments& arguments) {
  return (arguments.file.empty() || arguments.file == "-") &&
         wants_color(STDOUT_FILENO);
}

}  // namespace tidemark
