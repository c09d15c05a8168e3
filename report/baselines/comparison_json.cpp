#include <nlohmann/json.hpp>

#include "core/base/text.h"
#include "report/baselines/comparison_text.h"
#include "report/baselines/comparison_value.h"

namespace tidemark {
namespace {

using Json = nlohmann::ordered_json;

std::string clean(const std::string& raw) { return sanitize_json(raw); }

Json optional(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json side(const std::vector<const Baseline*>& runs) {
  Json list = Json::array();
  for (const Baseline* run : runs) {
    list.push_back({{"scenario", clean(run->scenario)},
                    {"run", clean(run->run)},
                    {"branch", clean(run->branch)},
                    {"commit", clean(run->commit)},
                    {"begin_ns", run->begin_ns},
                    {"testbed", testbed_fingerprint(run->testbed)}});
  }
  return list;
}

Json figure(const ComparedFigure& figure) {
  const Regression& r = figure.result;
  return {{"phase", clean(figure.key.phase)},
          {"subject", clean(figure.key.subject)},
          {"metric", clean(figure.key.metric)},
          {"statistic", figure.key.statistic},
          {"unit", figure.info.unit},
          {"outcome", outcome_name(r.outcome)},
          {"severity", severity_name(r.severity)},
          {"before", {{"median", r.before}, {"runs", figure.before}}},
          {"after", {{"median", r.after}, {"runs", figure.after}}},
          {"change_ratio",
           {{"value", r.change},
            {"lo", optional(r.lo)},
            {"hi", optional(r.hi)},
            {"n", r.n_before + r.n_after},
            {"method", "Hodges-Lehmann, exact ranks, 99 %"}}},
          {"p", r.p},
          {"noise_ratio", r.noise.share},
          {"noise_learned", r.noise.learned},
          {"votes",
           {{"ranks", r.ranks},
            {"effect", r.effect},
            {"level", r.level ? Json(*r.level) : Json(nullptr)}}},
          {"reason", clean(r.reason)}};
}

}  // namespace

nlohmann::ordered_json comparison_value(const Comparison& comparison) {
  Json json = {{"schema_version", 1},
               {"outcome", outcome_name(comparison.outcome())},
               {"severity", severity_name(comparison.severity())},
               {"headline", clean(comparison_headline(comparison))},
               {"before", side(comparison.before_runs)},
               {"after", side(comparison.after_runs)}};
  Json differences = Json::array(), remarks = Json::array();
  for (const auto& each : comparison.testbed_differences) {
    differences.push_back(clean(each));
  }
  for (const auto& each : comparison.remarks) remarks.push_back(clean(each));
  json["testbed_differences"] = std::move(differences);
  json["remarks"] = std::move(remarks);
  Json figures = Json::array();
  for (const ComparedFigure& each : comparison.figures) {
    figures.push_back(figure(each));
  }
  json["figures"] = std::move(figures);
  return json;
}

std::string comparison_json(const Comparison& comparison) {
  return comparison_value(comparison).dump(2) + "\n";
}

}  // namespace tidemark
