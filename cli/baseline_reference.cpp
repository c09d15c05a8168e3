#include "cli/baseline_reference.h"

#include <set>

#include "report/baselines/compared_runs.h"
#include "report/baselines/run_figures.h"

namespace tidemark {
namespace {

constexpr const char* kBaseline = "baseline";
constexpr std::string_view kRun = "run:", kBranch = "branch:";

Result<NamedRuns> find_reference(const std::string& word,
                                 const BaselineArguments& arguments,
                                 const Testbed& testbed) {
  if (word.starts_with(kRun)) {
    return find_runs({word.substr(kRun.size())}, arguments.store, testbed);
  }
  StoreArguments store = arguments.store;
  if (word.starts_with(kBranch)) store.branch = word.substr(kBranch.size());
  return find_runs({arguments.baseline}, store, testbed);
}

}  // namespace

void add_baseline_options(CLI::App& app, BaselineArguments& arguments) {
  app.add_option("--baseline", arguments.baseline,
                 "Compare with this scenario's baselines, or this file")
      ->type_name("NAME");
  app.add_flag("--allow-cross-testbed", arguments.cross_testbed,
               "A baseline of another host, too; then it only warns");
  add_store_options(app, arguments.store);
}

std::map<std::string, GateReference> BaselineReferences::for_gates() const {
  std::map<std::string, GateReference> references;
  for (const auto& [word, named] : runs) {
    for (const Baseline& run : named.runs) {
      references[word].runs.push_back(&run);
    }
  }
  return references;
}

Result<BaselineReferences> find_references(const BaselineArguments& arguments,
                                           const std::vector<Gate>& gates,
                                           const std::string& recording) {
  BaselineReferences references;
  std::set<std::string> words;
  const bool has_store = !arguments.baseline.empty();
  if (has_store) words.insert(kBaseline);
  for (const Gate& gate : gates) {
    if (!gate.expr.is_change) continue;
    const std::string& word = gate.expr.reference;
    if (has_store || word.starts_with(kRun)) words.insert(word);
  }
  if (words.empty()) return references;
  TIDEMARK_TRY(const Testbed testbed, testbed_of_recording(recording));
  for (const std::string& word : words) {
    TIDEMARK_TRY(references.runs[word],
                 find_reference(word, arguments, testbed));
  }
  return references;
}

void use_references(LoadOptions& load, const BaselineArguments& arguments,
                    const BaselineReferences& references) {
  load.references = references.for_gates();
  load.figures = !arguments.baseline.empty();
}

Status compare_report(ReportData& data, const BaselineArguments& arguments,
                      const BaselineReferences& references) {
  const auto found = references.runs.find(kBaseline);
  if (arguments.baseline.empty() || found == references.runs.end()) return {};
  ComparisonOptions options;
  options.allow_cross_testbed = arguments.cross_testbed;
  return compare_report(data, arguments.baseline, found->second.runs,
                        found->second.history, options);
}

}  // namespace tidemark
