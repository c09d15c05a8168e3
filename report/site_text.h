// The sites of findings in the text report.
#pragma once

#include <string>

#include "report/report_data.h"

namespace tidemark {

// Which call stacks the growth comes from, with their frames and cohorts; ""
// when no finding has any. At most `width` columns; `detail` shows more of
// them.
std::string sites_text(const ReportData& data, size_t width, bool detail);

}  // namespace tidemark
