// The few figures that a reader wants before all others.
#pragma once

#include <string>
#include <vector>

#include "report/report_data.h"

namespace tidemark {

struct Highlight {
  std::string label;  // "CPU per request"
  std::string value;  // "10.1 us"
  std::string note;   // "shop, in load"; may be empty
};

// Plain text with raw names in it. At most eight.
std::vector<Highlight> highlights(const ReportData& data);

// The finding that a reader must see first: the worst leak, suspicion, step or
// filling cache; nullptr when nothing rises.
const Finding* culprit(const ReportData& data);

// At this growth, until the host's memory is used up; 0 when it is no memory,
// does not rise, or lasts more than ten years.
double seconds_to_limit(const ReportData& data, const Finding& finding);

}  // namespace tidemark
