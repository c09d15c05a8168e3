// JSON that also stands safely inside an HTML <script> element: written by
// hand because thousands of numbers on one line each are no reading.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/timeline.h"

namespace tidemark {

// A string with its quotes; of foreign bytes too: what cannot be shown is
// replaced, and < > & are written \u003c and so on.
std::string script_string(std::string_view raw);
// The shortest form that reads back the same; null when not finite.
std::string script_number(double value);
// {"begin_ns": .., "column_ns": .., "columns": n, "charts": [{id, title, unit,
// left_out, limits[], series[{name, mean[], min[], max[]}]}]}; min and max are
// left out of a series in which they equal the mean. null without charts.
std::string timeline_json(const Timeline& timeline, int64_t begin_unix_ns);

}  // namespace tidemark
