#include "core/analysis/gate_expr.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "core/analysis/gate_scanner.h"
#include "core/base/text.h"

namespace tidemark {
namespace {

struct FunctionName {
  std::string_view name;
  GateFunction function;
};
// The first name of a function is the one it is shown by.
constexpr std::array kFunctions = {
    FunctionName{"max", GateFunction::max},
    FunctionName{"peak", GateFunction::max},
    FunctionName{"min", GateFunction::min},
    FunctionName{"mean", GateFunction::mean},
    FunctionName{"avg", GateFunction::mean},
    FunctionName{"median", GateFunction::median},
    FunctionName{"med", GateFunction::median},
    FunctionName{"p", GateFunction::quantile},
    FunctionName{"first", GateFunction::first},
    FunctionName{"last", GateFunction::last},
    FunctionName{"stddev", GateFunction::stddev},
    FunctionName{"sum", GateFunction::sum},
    FunctionName{"rate", GateFunction::rate},
    FunctionName{"growth", GateFunction::growth},
    FunctionName{"count", GateFunction::count},
    FunctionName{"slope", GateFunction::slope},
    FunctionName{"retained", GateFunction::retained},
    FunctionName{"ratio", GateFunction::ratio},
    FunctionName{"leak", GateFunction::leak},
};

struct CompareSign {
  std::string_view sign;
  GateCompare compare;
};
// Longer signs first.
constexpr std::array kCompares = {
    CompareSign{"<=", GateCompare::less_equal},
    CompareSign{">=", GateCompare::greater_equal},
    CompareSign{"==", GateCompare::equal},
    CompareSign{"!=", GateCompare::differs},
    CompareSign{"<", GateCompare::less},
    CompareSign{">", GateCompare::greater},
};

struct MatchSign {
  std::string_view sign;
  GateMatch::Op op;
};
constexpr std::array kMatches = {
    MatchSign{"=~", GateMatch::Op::like},
    MatchSign{"!~", GateMatch::Op::unlike},
    MatchSign{"!=", GateMatch::Op::differs},
    MatchSign{"=", GateMatch::Op::equal},
};

constexpr std::array<std::string_view, 8> kKeys = {
    "role", "comm", "pid", "exe", "cmdline", "cgroup", "name", "proc"};

constexpr std::array<std::string_view, 7> kVerdicts = {
    "none", "leak",    "suspect",     "saturating",
    "step", "startup", "inconclusive"};  // in the order of Verdict

constexpr std::array<std::string_view, 11> kResources = {
    "heap",         "rss_anon", "rss_shmem", "rss_file", "mappings",
    "fds",          "sockets",  "threads",   "children", "inotify_watches",
    "kernel_memory"};  // in the order of Resource

template <size_t N>
std::optional<size_t> index_in(const std::array<std::string_view, N>& names,
                               std::string_view word) {
  for (size_t i = 0; i < N; ++i) {
    if (names[i] == word) return i;
  }
  return std::nullopt;
}

class Parser {
 public:
  Parser(std::string_view text, std::string_view metric)
      : scan_(text), default_metric_(metric) {
    gate_.text = std::string(text);
  }
  Result<GateExpr> parse();

 private:
  Status label();
  Status left_side();
  Status value();
  Status function();
  Status quantile_of(std::string_view word, size_t at);
  Status arguments();
  Status metric();
  Status selector(GateMetric& metric);
  Status match(GateMetric& metric);
  Status leak_target();
  Status reference();
  // per, during, across, over, @: wherever they may stand. False: none.
  Result<bool> modifier();
  Status modifiers();
  Status per();
  Status confidence();
  Status right_side();
  Status limit();
  Result<std::vector<Verdict>> verdict_set();
  Status levels();
  Result<bool> level();
  Status warn();
  Status nodata();
  Status amount(GateAmount& target);
  Status finish();

  GateScanner scan_;
  std::string_view default_metric_;
  GateExpr gate_;
};

Result<GateExpr> Parser::parse() {
  if (gate_.text.size() > kLongestGate) {
    gate_.text.resize(40);
    return gate_error(gate_.text + "…", 0,
                      "a gate has at most 4096 characters");
  }
  TIDEMARK_CHECK(label());
  TIDEMARK_CHECK(left_side());
  TIDEMARK_CHECK(modifiers());
  TIDEMARK_CHECK(right_side());
  TIDEMARK_CHECK(levels());
  TIDEMARK_CHECK(finish());
  return std::move(gate_);
}

// "memory: max(...) ...".
Status Parser::label() {
  GateScanner ahead = scan_;
  TIDEMARK_TRY(std::string word, ahead.name());
  const bool glued = word.size() > 1 && word.ends_with(':');
  if (word.empty() || (!glued && !ahead.take(":"))) return {};
  if (glued) word.pop_back();
  gate_.label = std::move(word);
  scan_ = ahead;
  return {};
}

Status Parser::left_side() {
  GateScanner ahead = scan_;
  if (!ahead.take_word("change")) return value();
  scan_ = ahead;
  gate_.is_change = true;
  TIDEMARK_CHECK(scan_.expect("("));
  TIDEMARK_CHECK(value());
  TIDEMARK_CHECK(modifiers());
  TIDEMARK_CHECK(scan_.expect(")"));
  return reference();
}

Status Parser::reference() {
  if (!scan_.take_word("vs")) {
    return scan_.wrong("'vs baseline' is expected here, not " + scan_.found());
  }
  const size_t at = scan_.at();
  TIDEMARK_TRY(gate_.reference, scan_.name());
  const bool known = gate_.reference == "baseline" ||
                     gate_.reference.starts_with("run:") ||
                     gate_.reference.starts_with("branch:");
  if (known) return {};
  return scan_.wrong_at(at + 1,
                        "compared is with baseline, run:PATH or branch:NAME");
}

Status Parser::value() {
  TIDEMARK_CHECK(function());
  if (gate_.value.function == GateFunction::leak) return leak_target();
  return arguments();
}

Status Parser::function() {
  const std::string_view word = scan_.peek_word();
  gate_.value.at = scan_.at();
  if (word.empty()) {
    return scan_.wrong("a function is expected here, not " + scan_.found());
  }
  for (const FunctionName& known : kFunctions) {
    if (known.name != word || word == "p") continue;
    gate_.value.function = known.function;
    scan_.take_word(word);
    return {};
  }
  return quantile_of(word, gate_.value.at);
}

// "p95" or k6's "p(95)".
Status Parser::quantile_of(std::string_view word, size_t at) {
  std::string_view digits = word.substr(1);
  scan_.take(word);
  std::string in_parentheses;
  if (word == "p" && scan_.take("(")) {
    TIDEMARK_TRY(in_parentheses, scan_.name());
    digits = in_parentheses;
    TIDEMARK_CHECK(scan_.expect(")"));
  }
  double percent = -1;
  const char* end = digits.data() + digits.size();
  const auto [rest, error] =
      std::from_chars(digits.data(), end, percent, std::chars_format::fixed);
  const bool is_number = error == std::errc{} && rest == end;
  if (word[0] != 'p' || !is_number) {
    std::vector<std::string_view> names = {"p50", "p90", "p95", "p99",
                                           "change"};
    for (const FunctionName& known : kFunctions) {
      if (known.name != "p") names.push_back(known.name);
    }
    return scan_.wrong_at(at, unknown_message("function", word, names));
  }
  if (!(percent >= 0 && percent <= 100)) {
    return scan_.wrong_at(at, "a percentile lies between p0 and p100");
  }
  gate_.value.function = GateFunction::quantile;
  gate_.value.quantile = percent / 100;
  return {};
}

Status Parser::arguments() {
  GateScanner ahead = scan_;
  if (!default_metric_.empty() && !ahead.take("(")) {
    gate_.value.metrics.push_back({std::string(default_metric_), {}, 0});
    return {};
  }
  TIDEMARK_CHECK(scan_.expect("("));
  TIDEMARK_CHECK(metric());
  if (gate_.value.function == GateFunction::ratio) {
    TIDEMARK_CHECK(scan_.expect(","));
    TIDEMARK_CHECK(metric());
  }
  return scan_.expect(")");
}

Status Parser::metric() {
  GateMetric metric;
  scan_.done();  // past blanks, for the position
  metric.at = scan_.at();
  TIDEMARK_TRY(metric.name, scan_.name());
  if (metric.name.empty()) {
    return scan_.wrong("a metric is expected here, not " + scan_.found());
  }
  if (scan_.take("{")) TIDEMARK_CHECK(selector(metric));
  gate_.value.metrics.push_back(std::move(metric));
  return {};
}

Status Parser::selector(GateMetric& metric) {
  do {
    TIDEMARK_CHECK(match(metric));
  } while (scan_.take(","));
  return scan_.expect("}");
}

Status Parser::match(GateMetric& metric) {
  GateMatch match;
  scan_.done();
  match.at = scan_.at();
  TIDEMARK_TRY(match.key, scan_.name());
  if (!index_in(kKeys, match.key)) {
    if (match.key.empty()) return scan_.wrong("a selector is missing");
    return scan_.wrong_at(match.at,
                          unknown_message("selector", match.key, kKeys));
  }
  bool is_signed = false;
  for (const MatchSign& sign : kMatches) {
    if (is_signed || !scan_.take(sign.sign)) continue;
    match.op = sign.op;
    is_signed = true;
  }
  if (!is_signed) {
    return scan_.wrong("'=', '!=', '=~' or '!~' is expected here, not " +
                       scan_.found());
  }
  scan_.done();
  const size_t at = scan_.at();
  TIDEMARK_TRY(match.value, scan_.name());
  if (match.value.empty()) return scan_.wrong_at(at, "a value is missing");
  if (match.key == "pid" && !parse_int(match.value)) {
    return scan_.wrong_at(at, "not a process id");
  }
  metric.selector.push_back(std::move(match));
  return {};
}

// leak(server), leak(*, heap).
Status Parser::leak_target() {
  TIDEMARK_CHECK(scan_.expect("("));
  TIDEMARK_TRY(gate_.value.target, scan_.name());
  if (gate_.value.target.empty()) {
    return scan_.wrong("a role, a command's name or * is expected here, not " +
                       scan_.found());
  }
  if (scan_.take(",")) {
    scan_.done();
    const size_t at = scan_.at();
    TIDEMARK_TRY(const std::string word, scan_.name());
    const auto index = index_in(kResources, word);
    if (!index) {
      return scan_.wrong_at(at, unknown_message("resource", word, kResources));
    }
    gate_.value.resource = static_cast<Resource>(*index);
  }
  return scan_.expect(")");
}

Status Parser::modifiers() {
  while (true) {
    TIDEMARK_TRY(const bool more, modifier());
    if (!more) return {};
  }
}

Result<bool> Parser::modifier() {
  if (scan_.take_word("per")) {
    TIDEMARK_CHECK(per());
  } else if (scan_.take_word("during")) {
    scan_.done();
    gate_.value.during_at = scan_.at();
    TIDEMARK_TRY(gate_.value.during, scan_.name());
    if (gate_.value.during.empty()) {
      return scan_.wrong("a phase is expected here, not " + scan_.found());
    }
  } else if (scan_.take_word("across")) {
    if (!scan_.take_word("cycles")) {
      return scan_.wrong("'cycles' is expected here, not " + scan_.found());
    }
    gate_.value.across_cycles = true;
  } else if (scan_.take_word("over")) {
    TIDEMARK_TRY(gate_.value.over, scan_.duration("over"));
  } else if (scan_.take("@")) {
    TIDEMARK_CHECK(confidence());
  } else {
    return false;
  }
  return true;
}

Status Parser::confidence() {
  gate_.value.confidence_at = scan_.at() - 1;
  TIDEMARK_TRY(gate_.value.confidence, scan_.percent());
  return {};
}

Status Parser::per() {
  scan_.done();
  const size_t at = gate_.value.per_at = scan_.at();
  TIDEMARK_TRY(const std::string word, scan_.name());
  static constexpr std::array<std::string_view, 8> kWords = {
      "s", "sec", "second", "min", "minute", "h", "hour", "op"};
  static constexpr std::array kPers = {
      GatePer::second, GatePer::second, GatePer::second, GatePer::minute,
      GatePer::minute, GatePer::hour,   GatePer::hour,   GatePer::op};
  const auto index = index_in(kWords, word);
  if (!index) return scan_.wrong_at(at, unknown_message("unit", word, kWords));
  gate_.value.per = kPers[*index];
  if (gate_.value.per == GatePer::op && scan_.take("(")) {
    TIDEMARK_TRY(gate_.value.op, scan_.name());
    return scan_.expect(")");
  }
  return {};
}

Status Parser::right_side() {
  if (scan_.take_word("in")) {
    gate_.compare = GateCompare::in;
    TIDEMARK_TRY(gate_.verdicts, verdict_set());
    return {};
  }
  for (const CompareSign& sign : kCompares) {
    if (!scan_.take(sign.sign)) continue;
    gate_.compare = sign.compare;
    return limit();
  }
  return scan_.wrong(
      "'<', '<=', '>', '>=', '==', '!=' or 'in' is expected "
      "here, not " +
      scan_.found());
}

// A limit may name its time itself: 10MiB/min.
Status Parser::amount(GateAmount& target) {
  GatePer per = GatePer::none;
  TIDEMARK_TRY(target, scan_.amount(per));
  if (per == GatePer::none) return {};
  if (gate_.value.per != GatePer::none && gate_.value.per != per) {
    return scan_.wrong_at(target.at, "the value is per another unit than this");
  }
  gate_.value.per = per;
  gate_.value.per_at = target.at;
  return {};
}

// "< 1GiB", or "< baseline +10%" for change(value) vs baseline.
Status Parser::limit() {
  if (scan_.take_word("baseline")) {
    gate_.is_change = true;
    gate_.reference = "baseline";
  }
  return amount(gate_.limit);
}

Result<std::vector<Verdict>> Parser::verdict_set() {
  TIDEMARK_CHECK(scan_.expect("{"));
  std::vector<Verdict> set;
  do {
    scan_.done();
    const size_t at = scan_.at();
    TIDEMARK_TRY(const std::string word, scan_.name());
    const auto index = index_in(kVerdicts, word);
    if (!index) {
      return scan_.wrong_at(at, unknown_message("verdict", word, kVerdicts));
    }
    set.push_back(static_cast<Verdict>(*index));
  } while (scan_.take(","));
  TIDEMARK_CHECK(scan_.expect("}"));
  return set;
}

Status Parser::levels() {
  while (!scan_.done()) {
    const bool comma = scan_.take(",");
    TIDEMARK_TRY(bool known, level());
    if (!known && !comma) {
      TIDEMARK_TRY(known, modifier());
    }
    if (known) continue;
    return scan_.wrong(
        "warn, abort, for, after or on nodata is expected "
        "here, not " +
        scan_.found());
  }
  return {};
}

Result<bool> Parser::level() {
  if (scan_.take_word("warn")) {
    TIDEMARK_CHECK(warn());
  } else if (scan_.take_word("abort")) {
    gate_.abort = true;
  } else if (scan_.take_word("fail")) {
    return true;  // what a gate does anyway
  } else if (scan_.take_word("for")) {
    TIDEMARK_TRY(gate_.hold, scan_.duration("for"));
  } else if (scan_.take_word("after")) {
    TIDEMARK_TRY(gate_.after, scan_.duration("after"));
  } else if (scan_.take_word("on")) {
    TIDEMARK_CHECK(nodata());
  } else {
    return false;
  }
  return true;
}

Status Parser::warn() {
  if (gate_.compare != GateCompare::in) return amount(gate_.warn.emplace());
  TIDEMARK_TRY(gate_.warn_verdicts, verdict_set());
  return {};
}

Status Parser::nodata() {
  if (scan_.take_word("nodata")) {
    if (scan_.take_word("fail")) {
      gate_.on_nodata = GateStatus::fail;
    } else if (scan_.take_word("warn")) {
      gate_.on_nodata = GateStatus::warn;
    } else if (scan_.take_word("pass")) {
      gate_.on_nodata = GateStatus::pass;
    }
    if (gate_.on_nodata) return {};
  }
  return scan_.wrong("'on nodata' is followed by fail, warn or pass, not by " +
                     scan_.found());
}

Status Parser::finish() {
  const bool is_set = gate_.compare == GateCompare::in;
  const bool is_leak = gate_.value.function == GateFunction::leak;
  if (is_leak && !is_set) {
    return scan_.wrong_at(gate_.limit.at,
                          "leak() is compared with verdicts: "
                          "in {none, saturating}");
  }
  if (!is_leak && is_set) {
    return scan_.wrong_at(gate_.value.at, "only leak() has verdicts to be in");
  }
  if (is_leak && gate_.is_change) {
    return scan_.wrong_at(gate_.value.at, "leak() has no change");
  }
  return {};
}

}  // namespace

const char* gate_function_name(GateFunction function) {
  for (const FunctionName& known : kFunctions) {
    if (known.function == function) return known.name.data();
  }
  return "?";
}

std::unexpected<Error> gate_error(std::string_view text, size_t at,
                                  std::string_view why) {
  return fail(ErrorKind::usage,
              fmt::format("gate '{}': at {}: {}", text, at + 1, why));
}

bool GateMatch::takes(std::string_view attribute) const {
  switch (op) {
    case Op::equal: return attribute == value;
    case Op::differs: return attribute != value;
    case Op::like: return glob_match(value, attribute);
    case Op::unlike: return !glob_match(value, attribute);
  }
  return false;
}

Result<GateExpr> parse_gate(std::string_view text, std::string_view metric) {
  return Parser(text, metric).parse();
}

}  // namespace tidemark
