#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/base/text.h"
#include "report/run_diff.h"
#include "report/table.h"

namespace tidemark {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kWidth = 100;
constexpr size_t kMostSites = 10, kMostCallers = 4;

std::string amount(Unit unit, double value) {
  return unit == Unit::bytes ? format_bytes(value) : format_count(value);
}

std::string amount(Unit unit, const std::optional<double>& value) {
  return value ? amount(unit, *value) : "-";
}

std::string signed_amount(Unit unit, double value) {
  if (value == 0) return "0";
  if (unit == Unit::bytes) return format_bytes_signed(value);
  return (value < 0 ? "-" : "+") + format_count(std::abs(value));
}

std::string change(const LevelDiff& level) {
  if (!level.before) return "new";
  if (!level.after) return "gone";
  return signed_amount(level.unit, level.change());
}

void add_levels(std::string& out, const ProcessDiff& process, bool all) {
  constexpr auto kRight = TextTable::Align::right;
  TextTable table(
      {{"level"}, {"before", kRight}, {"after", kRight}, {"change", kRight}});
  size_t same = 0;
  for (const LevelDiff& level : process.levels) {
    const bool is_same = level.before == level.after;
    same += is_same ? 1 : 0;
    if (is_same && !all) continue;
    table.add({level.metric, amount(level.unit, level.before),
               amount(level.unit, level.after), change(level)});
  }
  if (!table.empty()) out += table.render("  ", kWidth);
  if (same > 0 && !all) {
    out += same == 1 ? "  1 level is the same\n"
                     : fmt::format("  {} levels are the same\n", same);
  }
}

void add_sites(std::string& out, const ProcessDiff& process, bool all) {
  size_t shown = 0;
  for (const SiteDiff& site : process.sites) {
    if (shown++ == kMostSites && !all) {
      out += fmt::format("  and {} more call stacks (--all)\n",
                         process.sites.size() - kMostSites);
      return;
    }
    const double bytes = site.bytes_after - site.bytes_before;
    const double count = site.count_after - site.count_before;
    std::string text = std::string(site_kind_name(site.kind)) + " ";
    if (site.bytes_before != 0 || site.bytes_after != 0) {
      text += signed_amount(Unit::bytes, bytes) + ", ";
    }
    text += signed_amount(Unit::count, count) + " pieces: " + site.title;
    out += "  " + wrap(sanitize_terminal(text), kWidth, 4) + "\n";
    for (size_t i = 0; i < site.callers.size() && i < kMostCallers; ++i) {
      out += "      " +
             wrap(sanitize_terminal("from " + site.callers[i]), kWidth, 8) +
             "\n";
    }
  }
}

Json optional(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json process_json(const ProcessDiff& process) {
  Json json = {{"role", sanitize_json(process.role)},
               {"pid", process.key.pid.value},
               {"start_ticks", process.key.start_ticks},
               {"comm", sanitize_json(process.comm)},
               {"new", process.is_new},
               {"ended", process.ended}};
  Json levels = Json::object(), sites = Json::array();
  for (const LevelDiff& level : process.levels) {
    levels[level.metric] = {
        {"unit", level.unit == Unit::bytes ? "bytes" : "count"},
        {"before", optional(level.before)},
        {"after", optional(level.after)}};
  }
  for (const SiteDiff& site : process.sites) {
    Json callers = Json::array();
    for (const auto& each : site.callers)
      callers.push_back(sanitize_json(each));
    sites.push_back(
        {{"kind", site_kind_name(site.kind)},
         {"title", sanitize_json(site.title)},
         {"callers", std::move(callers)},
         {"bytes",
          {{"before", site.bytes_before}, {"after", site.bytes_after}}},
         {"count",
          {{"before", site.count_before}, {"after", site.count_after}}}});
  }
  json["levels"] = std::move(levels);
  json["sites"] = std::move(sites);
  return json;
}

Json instant_json(const Instant& instant) {
  return {{"name", sanitize_json(instant.name)}, {"seconds", instant.seconds}};
}

}  // namespace

std::string diff_text(const RunDiff& diff, bool all) {
  std::string out =
      sanitize_terminal(fmt::format("{} ({:.1f} s) → {} ({:.1f} s)",
                                    diff.before.name, diff.before.seconds,
                                    diff.after.name, diff.after.seconds)) +
      "\n";
  for (const ProcessDiff& process : diff.processes) {
    std::string head =
        fmt::format("{} (pid {})", process.role, process.key.pid.value);
    if (process.is_new) head += ", new";
    if (process.ended) head += ", ended meanwhile";
    out += "\n" + fit(sanitize_terminal(head), kWidth) + "\n";
    add_levels(out, process, all);
    add_sites(out, process, all);
  }
  if (diff.processes.empty()) out += "\nno watched process at either time\n";
  return out;
}

std::string diff_json(const RunDiff& diff) {
  Json json = {{"schema_version", 1},
               {"before", instant_json(diff.before)},
               {"after", instant_json(diff.after)}};
  Json processes = Json::array();
  for (const ProcessDiff& process : diff.processes) {
    processes.push_back(process_json(process));
  }
  json["processes"] = std::move(processes);
  return json.dump(2) + "\n";
}

}  // namespace tidemark
