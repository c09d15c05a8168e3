// The report for programs: report.json, schema version 1.
#include <nlohmann/json.hpp>
#include <string>

#include "report/format.h"
#include "report/report_data.h"

namespace tidemark {

void render_json(const ReportData& data, const FormatOptions&,
                 std::string& out) {
  nlohmann::ordered_json json;
  json["schema_version"] = 1;
  json["verdict"]["status"] = report_status_name(data.status);
  out += json.dump(2) + "\n";
}

}  // namespace tidemark
