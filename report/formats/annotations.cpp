// Runs and phases as annotations for Grafana's HTTP API: a JSON array, each
// entry of which is the body of one POST /api/annotations.
//   jq -c '.[]' run.json | while read -r a; do
//     curl -H 'Content-Type: application/json' -d "$a" URL/api/annotations;
//     done
#include <nlohmann/json.hpp>
#include <string>

#include "core/base/text.h"
#include "report/format.h"
#include "report/report_data.h"

namespace tidemark {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kMillisecond = 1'000'000;

std::string clean(const std::string& raw) { return sanitize_json(raw); }

Json annotation(int64_t from_ns, int64_t to_ns, Json tags,
                const std::string& text) {
  return {{"time", from_ns / kMillisecond},
          {"timeEnd", to_ns / kMillisecond},
          {"tags", std::move(tags)},
          {"text", text}};
}

}  // namespace

Status render_annotations(const ReportData& data, const FormatOptions&,
                          std::string& out) {
  Json all = Json::array();
  Json base = {"tidemark"};
  if (!data.info.host.empty()) base.push_back("host:" + clean(data.info.host));
  if (!data.run_name.empty()) {
    base.push_back("run:" + clean(data.run_name));
    Json tags = base;
    tags.push_back("run");
    all.push_back(annotation(data.begin_ns, data.end_ns, tags,
                             "run " + clean(data.run_name) + ": " +
                                 report_status_name(data.status)));
  }
  for (const PhaseUse& use : data.summary.phases) {
    Json tags = base;
    tags.push_back("phase:" + clean(use.phase.path));
    tags.push_back(phase_kind_name(use.phase.kind));
    all.push_back(annotation(data.unix_ns(use.phase.begin),
                             data.unix_ns(use.phase.end), tags,
                             clean(use.phase.label(true))));
  }
  out += all.dump(1) + "\n";
  return {};
}

}  // namespace tidemark
