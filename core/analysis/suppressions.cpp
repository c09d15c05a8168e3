#include "core/analysis/suppressions.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <set>

#include "core/base/text.h"

namespace tidemark {
namespace {

constexpr size_t kMostSuppressions = 1000;
// A finding shows no more sites than this (site_findings.cpp).
constexpr size_t kMostSites = 10;
constexpr int64_t kDay = 24 * 60 * 60;

using Keys = std::array<std::string_view, 5>;
constexpr Keys kKeys = {"expires", "owner", "process", "reason", "site"};

std::string place(const std::string& file, const toml::node& node) {
  return fmt::format("{}:{}", file, node.source().begin.line);
}

std::unexpected<Error> wrong(const std::string& file, const toml::node& node,
                             const std::string& why) {
  return fail(ErrorKind::usage, place(file, node) + ": " + why);
}

// The end of a day that exists, in seconds since 1970.
std::optional<int64_t> end_of(const toml::date& date) {
  using namespace std::chrono;
  const year_month_day day{year(date.year), month(date.month), {}};
  const year_month_day whole{day.year(), day.month(),
                             std::chrono::day(date.day)};
  if (!whole.ok()) return std::nullopt;
  return int64_t{sys_days(whole).time_since_epoch().count()} * kDay + kDay;
}

Status take(Suppression& into, const std::string& file, std::string_view key,
            const toml::node& node) {
  if (std::ranges::find(kKeys, key) == kKeys.end()) {
    return wrong(file, node, unknown_message("key", key, kKeys));
  }
  if (key == "expires") {
    const auto* date = node.as_date();
    const auto end = date != nullptr ? end_of(date->get()) : std::nullopt;
    if (!end) return wrong(file, node, "a date without quotes: 2027-01-31");
    const toml::date day = date->get();
    into.expires =
        fmt::format("{:04}-{:02}-{:02}", day.year, day.month, day.day);
    into.expires_unix_s = *end;
    return {};
  }
  const auto* text = node.as_string();
  if (text == nullptr || text->get().empty()) {
    return wrong(file, node, "a text is expected");
  }
  if (key == "site") into.site = text->get();
  if (key == "process") into.process = text->get();
  if (key == "owner") into.owner = text->get();
  if (key == "reason") into.reason = text->get();
  return {};
}

Result<Suppression> read_one(const std::string& file,
                             const toml::table& table) {
  Suppression one;
  one.origin = place(file, table);
  for (const auto& [key, node] : table) {
    TIDEMARK_CHECK(take(one, file, key.str(), node));
  }
  const auto missing = [&](const char* key) {
    return wrong(file, table,
                 fmt::format("this suppression has no {}: site, owner, reason "
                             "and expires are needed",
                             key));
  };
  if (one.site.empty()) return missing("site");
  if (one.owner.empty()) return missing("owner");
  if (one.reason.empty()) return missing("reason");
  if (one.expires.empty()) return missing("expires");
  return one;
}

bool is_leaking(const FindingSite& site) {
  return site.site_class == SiteClass::leak ||
         site.site_class == SiteClass::tidy_at_exit;
}

bool covers(const Suppression& one, const Subject& subject,
            const std::vector<StackFrame>& frames) {
  if (!one.process.empty() && !glob_match(one.process, subject.role) &&
      !glob_match(one.process, subject.name)) {
    return false;
  }
  return std::ranges::any_of(frames, [&](const StackFrame& frame) {
    return glob_match(one.site, frame.function);
  });
}

// The uses that cover every leaking site of a finding; empty when one is not.
std::set<size_t> covering(const Finding& finding, const Subject& subject,
                          const StackTable& stacks,
                          const std::vector<SuppressionUse>& uses,
                          bool expired) {
  std::set<size_t> found;
  size_t leaking = 0;
  for (const FindingSite& site : finding.sites) {
    if (!is_leaking(site)) continue;
    ++leaking;
    const auto frames = stacks.resolve(site.stack);
    const auto use = std::ranges::find_if(uses, [&](const auto& each) {
      return each.expired == expired &&
             covers(each.suppression, subject, frames);
    });
    if (use == uses.end()) return {};
    found.insert(static_cast<size_t>(use - uses.begin()));
  }
  if (leaking >= kMostSites) return {};  // there may be more
  return found;
}

void suppress(Finding& finding, const Suppression& by) {
  finding.verdict = Verdict::suspect;
  finding.confirmed_by = Confirmation::none;
  finding.reason =
      fmt::format("a known leak, suppressed until {} by {} ({}): {}",
                  by.expires, by.owner, by.reason, finding.reason);
}

}  // namespace

Result<std::vector<Suppression>> parse_suppressions(std::string_view text,
                                                    const std::string& file) {
  toml::table table;
  try {
    table = toml::parse(text);
  } catch (const toml::parse_error& error) {
    return fail(ErrorKind::usage,
                fmt::format("{}:{}: {}", file, error.source().begin.line,
                            error.description()));
  }
  std::vector<Suppression> all;
  for (const auto& [key, node] : table) {
    const toml::array* list = node.as_array();
    if (key.str() != "suppress" || list == nullptr) {
      return wrong(file, node, "write [[suppress]], in two brackets");
    }
    for (const toml::node& entry : *list) {
      const toml::table* one = entry.as_table();
      if (one == nullptr) return wrong(file, entry, "a table is expected");
      if (all.size() >= kMostSuppressions) {
        return wrong(file, entry, "more than 1000 suppressions");
      }
      TIDEMARK_TRY(auto read, read_one(file, *one));
      all.push_back(std::move(read));
    }
  }
  if (!all.empty()) return all;
  return fail(ErrorKind::usage, file + ": holds no [[suppress]]");
}

std::vector<SuppressionUse> apply_suppressions(
    std::vector<Suppression> suppressions, int64_t run_unix_s,
    RunSummary& summary, const Dictionary& dictionary,
    const StackTable& stacks) {
  std::vector<SuppressionUse> uses;
  for (Suppression& one : suppressions) {
    const bool expired = run_unix_s >= one.expires_unix_s;
    uses.push_back({std::move(one), expired, 0});
  }
  for (Finding& finding : summary.findings) {
    const Subject* subject = dictionary.subject(finding.subject);
    if (finding.verdict != Verdict::leak || subject == nullptr) continue;
    for (const bool expired : {false, true}) {
      const auto found = covering(finding, *subject, stacks, uses, expired);
      for (const size_t at : found) ++uses[at].findings;
      if (found.empty() || expired) continue;
      suppress(finding, uses[*found.begin()].suppression);
      break;
    }
  }
  return uses;
}

std::string suppression_text(const Suppression& suppression) {
  const std::string process =
      suppression.process.empty() ? "" : " of " + suppression.process;
  return fmt::format("{}{}, until {} ({}: {})", suppression.site, process,
                     suppression.expires, suppression.owner,
                     suppression.reason);
}

}  // namespace tidemark
