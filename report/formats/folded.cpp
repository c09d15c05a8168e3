// Folded stacks: a line per call stack, "process;outermost;…;innermost N", as
// Brendan Gregg's flamegraph.pl and speedscope read them. N is bytes of the
// heap, samples of the processor, pieces of handles.
#include <algorithm>
#include <map>
#include <string>

#include "core/analysis/site_title.h"
#include "core/base/text.h"
#include "report/format.h"
#include "report/profile.h"

namespace tidemark {
namespace {

// A frame must hold neither the separator nor the end of a line.
std::string clean(const std::string& raw) {
  std::string text = sanitize_terminal(raw);
  std::ranges::replace(text, ';', ':');
  return text.empty() ? "unknown" : text;
}

std::string stack_text(const ReportData& data, const SiteTotals& site) {
  const ProcessFacts& process = data.process(site.process);
  std::string text =
      clean(process.role + " " + std::to_string(process.key.pid.value));
  const auto frames = data.stacks.resolve(site.stack);
  for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame) {
    text +=
        ";" + clean(frame->function.empty() ? frame_text(*frame)
                                            : short_function(frame->function));
  }
  return text;
}

}  // namespace

Status render_folded(const ReportData& data, const FormatOptions& options,
                     std::string& out) {
  TIDEMARK_CHECK(check_profile(data, options));
  const ProfileKind* kind = find_profile_kind(options.what);
  std::map<std::string, int64_t> lines;
  for (const SiteTotals* site : profile_rows(data, options)) {
    lines[stack_text(data, *site)] += profile_value(*site, *kind);
  }
  for (const auto& [stack, value] : lines) {
    if (value > 0) out += stack + " " + std::to_string(value) + "\n";
  }
  return {};
}

}  // namespace tidemark
