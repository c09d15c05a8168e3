// Leaks that are known and waited for: by call site, each with an owner, a
// reason and a date after which it counts again. What is suppressed stays in
// every report: as a suspicion that says who answers for it.
//
//   [[suppress]]
//   site = "shop::Cart::*"      # a function of its call stack; * and ?
//   process = "shop"            # role or comm; optional
//   owner = "cart team"
//   reason = "freed when the session ends, ticket 4711"
//   expires = 2027-01-31
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/analysis/run_analysis.h"
#include "core/base/result.h"
#include "core/model/dictionary.h"
#include "core/model/stack_table.h"

namespace tidemark {

struct Suppression {
  std::string site;     // glob over function names
  std::string process;  // glob over role or comm; "" = any
  std::string owner, reason;
  std::string expires;         // "2027-01-31"
  int64_t expires_unix_s = 0;  // the end of that day, UTC
  std::string origin;          // "known.toml:3"
};

struct SuppressionUse {
  Suppression suppression;
  bool expired = false;
  int findings = 0;  // that it covers, or would if it had not expired
};

// A file's text. Error usage: file:line and what is wrong there.
Result<std::vector<Suppression>> parse_suppressions(std::string_view text,
                                                    const std::string& file);

// Makes each leak whose leaking sites are all covered by suppressions in force
// a suspicion that names them. By the time of the run, not of the judging: a
// recording says the same whenever it is read.
std::vector<SuppressionUse> apply_suppressions(
    std::vector<Suppression> suppressions, int64_t run_unix_s,
    RunSummary& summary, const Dictionary& dictionary,
    const StackTable& stacks);

// "shop::Cart::* of shop, until 2027-01-31 (cart team: freed when …)": raw.
std::string suppression_text(const Suppression& suppression);

}  // namespace tidemark
