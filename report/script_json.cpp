#include "report/script_json.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "core/base/text.h"

namespace tidemark {
namespace {

void append_numbers(std::string& out, const std::vector<double>& values) {
  out += '[';
  const char* before = "";
  for (const double value : values) {
    out += before;
    before = ",";
    if (std::isfinite(value)) {
      fmt::format_to(std::back_inserter(out), "{:.5g}", value);
    } else {
      out += "null";
    }
  }
  out += ']';
}

bool same(const std::vector<double>& a, const std::vector<double>& b) {
  for (size_t i = 0; i < a.size(); ++i) {
    const bool both_absent = std::isnan(a[i]) && std::isnan(b[i]);
    if (a[i] != b[i] && !both_absent) return false;
  }
  return true;
}

void append_series(std::string& out, const TimelineSeries& series) {
  out += "{\"name\":" + script_string(series.name) + ",\"mean\":";
  append_numbers(out, series.mean);
  const bool is_flat =
      same(series.mean, series.min) && same(series.mean, series.max);
  if (!is_flat) {
    out += ",\"min\":";
    append_numbers(out, series.min);
    out += ",\"max\":";
    append_numbers(out, series.max);
  }
  out += '}';
}

void append_chart(std::string& out, const TimelineChart& chart) {
  out += "{\"id\":" + script_string(chart.id) +
         ",\"title\":" + script_string(chart.title) + ",\"unit\":\"" +
         chart_unit_name(chart.unit) +
         "\",\"left_out\":" + std::to_string(chart.left_out) + ",\"limits\":[";
  const char* before = "";
  for (const TimelineLimit& limit : chart.limits) {
    out += before + std::string("{\"name\":") + script_string(limit.name) +
           ",\"value\":" + script_number(limit.value) + "}";
    before = ",";
  }
  out += "],\"series\":[";
  before = "";
  for (const TimelineSeries& series : chart.series) {
    out += before;
    before = ",";
    append_series(out, series);
  }
  out += "]}";
}

}  // namespace

std::string script_string(std::string_view raw) {
  std::string out = "\"";
  for (const char c : sanitize_terminal(raw)) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '<': out += "\\u003c"; break;
      case '>': out += "\\u003e"; break;
      case '&': out += "\\u0026"; break;
      default: out += c;
    }
  }
  return out + "\"";
}

std::string script_number(double value) {
  return std::isfinite(value) ? fmt::format("{}", value) : "null";
}

std::string timeline_json(const Timeline& timeline, int64_t begin_unix_ns) {
  if (timeline.charts.empty()) return "null";
  std::string out =
      fmt::format(R"({{"begin_ns":{},"column_ns":{},"columns":{},"charts":[)",
                  begin_unix_ns, timeline.column.count(), timeline.columns);
  const char* before = "";
  for (const TimelineChart& chart : timeline.charts) {
    out += before;
    before = ",\n";
    append_chart(out, chart);
  }
  return out + "]}";
}

}  // namespace tidemark
