// tidemark ingest: what a load generator wrote, put into its recording.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/ingest/load_addition.h"
#include "core/base/text.h"
#include "core/os/file.h"

namespace tidemark {
namespace {

constexpr size_t kLargestFile = size_t{512} << 20;

struct IngestArguments {
  std::string recording, format, output;
  std::vector<std::string> files;
};

std::string known_formats() {
  std::string names;
  for (const LoadFormat& format : load_formats()) {
    names += names.empty() ? "" : ", ";
    names += format.name;
  }
  return names;
}

Result<LoadData> read_load(const std::string& file, const std::string& name) {
  std::string buffer;
  auto text = read_file(file, buffer, kLargestFile);
  if (!text) return fail(ErrorKind::usage, text.error().what);
  const LoadFormat* format = find_load_format(name, *text);
  if (format == nullptr) {
    return fail(ErrorKind::usage,
                file +
                    (name.empty() ? ": not the output of a generator that "
                                    "is known; name it with --format: "
                                  : ": no such format; there are: ") +
                    known_formats());
  }
  auto data = format->parse(*text);
  if (!data) return raise(std::move(data).error(), file);
  return data;
}

// Into `to`, which must not exist.
Status ingest_file(const std::string& from, const std::string& to,
                   const std::string& file, const std::string& format) {
  TIDEMARK_TRY(LoadData data, read_load(file, format));
  const std::string name = std::filesystem::path(file).filename().string();
  LoadAddition addition(std::move(data), name);
  TIDEMARK_CHECK(copy_recording(from, to, addition));
  if (addition.all() > 0 && addition.inside() == 0) {
    return fail(ErrorKind::usage,
                file +
                    ": none of it lies within the recording: another run, "
                    "or another host's clock");
  }
  std::fprintf(stderr, "%s: %lld of %lld records lie in the recording\n",
               sanitize_terminal(file).c_str(),
               static_cast<long long>(addition.inside()),
               static_cast<long long>(addition.all()));
  return {};
}

Status move_file(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) == 0) return {};
  return fail_errno("rename " + from + " to " + to, errno);
}

// The recording is replaced when all of them were taken, or left as it was.
Status ingest(const IngestArguments& arguments) {
  const std::string& target =
      arguments.output.empty() ? arguments.recording : arguments.output;
  if (!arguments.output.empty() &&
      ::access(arguments.output.c_str(), F_OK) == 0) {
    return fail(ErrorKind::usage, target + ": exists already; name another");
  }
  std::string from = arguments.recording;
  std::string made;
  Status status;
  for (size_t i = 0; i < arguments.files.size() && status; ++i) {
    const std::string next =
        fmt::format("{}.ingest-{}-{}", target, ::getpid(), i);
    status = ingest_file(from, next, arguments.files[i], arguments.format);
    if (!made.empty()) ::unlink(made.c_str());
    made = next;
    from = next;
  }
  if (status) return move_file(made, target);
  ::unlink(made.c_str());
  return status;
}

}  // namespace

void add_ingest(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<IngestArguments>();
  app.add_option("RECORDING", arguments->recording, "The recording of the run")
      ->required();
  app.add_option("FILE", arguments->files,
                 "What k6, Locust, JMeter, vegeta or wrk wrote")
      ->required();
  app.add_option("--format", arguments->format,
                 "Of the files, when they do not show it themselves");
  app.add_option("-o,--output", arguments->output,
                 "A new recording (default: RECORDING is replaced)");
  std::string footer = "Formats:";
  for (const LoadFormat& format : load_formats()) {
    footer += fmt::format("\n  {:<16}{}", format.name, format.help);
  }
  app.footer(footer);
  app.callback([arguments, &context] {
    const Status done = ingest(*arguments);
    if (!done) {
      context.exit_code = report_recording_error("ingest", done.error());
    }
  });
}

}  // namespace tidemark
