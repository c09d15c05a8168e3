// Any text as a plan: an error of usage, or a plan whose parts are sound.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/analysis/plan.h"
#include "core/base/words.h"

namespace tidemark {
namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check(const Plan& plan) {
  require(!plan.phases.empty());
  for (const PlanTarget& target : plan.targets) {
    require(!target.name.empty() && !target.command.empty());
    require(target.within.count() >= 0 && target.grace.count() >= 0);
  }
  for (const PlanPhase& phase : plan.phases) {
    require(!phase.command.empty() || phase.length.has_value());
    require(phase.cycles >= 1);
    for (const int64_t level : phase.levels) require(level >= 1);
    (void)plan_command(phase.command, 1, 1);
  }
  const Status gates = check_plan_gates(plan, plan.gates);
  require(gates || gates.error().kind == ErrorKind::usage);
}

}  // namespace
}  // namespace tidemark

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tidemark;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto none = [](const char*) -> const char* { return nullptr; };
  const auto plan = parse_plan(text, "fuzz", none);
  if (plan) {
    check(*plan);
  } else {
    require(plan.error().kind == ErrorKind::usage);
  }
  // Its words, and what a load prints, are foreign too.
  const auto words = split_words(text);
  require(words || words.error().kind == ErrorKind::usage);
  if (words) {
    std::string line;
    for (const std::string& word : *words) line += quote_word(word) + " ";
    const auto again = split_words(line);
    require(again && *again == *words);
  }
  const size_t middle = size / 2;
  (void)find_figure(text.substr(middle), text.substr(0, middle));
  (void)find_figure(text, "{} requests per second");
  return 0;
}
