// --format and --output: how a command says what it found, and where to; the
// same for every command that has them.
#pragma once

#include <string>

#include "cli/command.h"

namespace tidemark {

struct OutputArguments {
  std::string format = "text";
  std::string file;  // --output; "" and "-": standard output
};

// --output alone: for a command whose formats are its own.
void add_output_option(CLI::App& app, OutputArguments& arguments);
// --format text|json, and --output.
void add_text_or_json_options(CLI::App& app, OutputArguments& arguments);

// Whether the descriptor is a terminal that wants colour: not "dumb", and no
// NO_COLOR (https://no-color.org).
bool wants_color(int fd);
// The same of what standard output shows: nothing when it goes to a file.
bool wants_color(const OutputArguments& arguments);

}  // namespace tidemark
