// One chart of the run over time as a picture that needs nothing else: for a
// comment, a wiki, a mail.
#pragma once

#include <string>

#include "report/report_data.h"

namespace tidemark {

inline constexpr int kChartWidth = 880, kChartHeight = 340;

// The chart of that id; "": the one that shows the culprit, else the first.
// Error usage: no such chart, with the nearest and all names; or the recording
// has none.
Result<const TimelineChart*> pick_chart(const ReportData& data,
                                        const std::string& id);

std::string chart_svg(const ReportData& data, const TimelineChart& chart);

}  // namespace tidemark
