#include "cli/baseline_views.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "core/analysis/compare/comparison.h"
#include "core/base/order_statistics.h"
#include "core/base/text.h"
#include "report/baselines/comparison_text.h"
#include "report/baselines/threshold.h"
#include "report/survey.h"
#include "report/table.h"

namespace tidemark {
namespace {

using Align = TextTable::Align;

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : sanitize_terminal(text);
}

std::string facts_text(const Testbed& testbed) {
  std::string text;
  for (const auto& [key, value] : testbed) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", key, value);
  }
  return or_dash(text);
}

}  // namespace

std::string baseline_list_text(const std::vector<StoredBaseline>& all) {
  TextTable table({{"scenario"},
                   {"begun (UTC)"},
                   {"branch"},
                   {"commit"},
                   {"duration", Align::right},
                   {"testbed"},
                   {"name"},
                   {"level"},
                   {"file", Align::left, 120}});
  for (const StoredBaseline& each : all) {
    const Baseline& b = each.baseline;
    table.add({sanitize_terminal(b.scenario), format_utc(b.begin_ns),
               or_dash(b.branch), or_dash(b.commit),
               format_duration(Nanoseconds(std::llround(b.seconds * 1e9))),
               b.testbed.empty() ? "-" : testbed_fingerprint(b.testbed),
               or_dash(b.name), b.level.empty() ? "" : "new",
               sanitize_terminal(each.path)});
  }
  return table.render();
}

std::string baseline_show_text(const std::vector<StoredBaseline>& all) {
  const Baseline& newest = all.back().baseline;
  std::string out =
      fmt::format("{}: {} {}, the newest of {} UTC, {} {}\n", newest.scenario,
                  all.size(), all.size() == 1 ? "run" : "runs",
                  format_utc(newest.begin_ns), newest.branch, newest.commit);
  out = sanitize_terminal(out.substr(0, out.size() - 1)) + "\n  on " +
        facts_text(newest.testbed) + "\n";
  if (!newest.level.empty()) {
    out += "  a new level: " + sanitize_terminal(newest.level) + "\n";
  }
  if (newest.interference) {
    out += fmt::format(
        "  others took {:.1f} % of the host's processors, the hypervisor "
        "{:.1f} %\n",
        newest.interference->others * 100, newest.interference->steal * 100);
  }
  std::vector<Baseline> runs;
  for (const StoredBaseline& each : all) runs.push_back(each.baseline);
  TextTable table({{"figure", Align::left, 46},
                   {"runs", Align::right},
                   {"median", Align::right},
                   {"noise", Align::right},
                   {"suggested gate", Align::left, 110}});
  for (const Threshold& each : suggest_thresholds(runs)) {
    table.add({sanitize_terminal(figure_name(each.key)),
               std::to_string(each.runs),
               figure_value_text(each.info, each.median),
               fmt::format("{:.1f} %{}", each.noise.share * 100,
                           each.noise.learned ? "" : "?"),
               sanitize_terminal(each.gate)});
  }
  out += "\n" + table.render();
  const bool few = all.size() < kLeastForNoise;
  if (few) {
    out += fmt::format("\nThe noise is assumed (?) until {} runs are kept.\n",
                       kLeastForNoise);
  }
  return out;
}

}  // namespace tidemark
