// Work that waited to begin: of spans whose intended start is known, the
// percentiles from there stand beside those from the actual start
// (NAME.service, as tidemark_op_done() makes them). A load that waits for a
// slow system leaves its queue out of the second: coordinated omission.
#pragma once

#include <string>
#include <vector>

#include "report/report_data.h"

namespace tidemark {

// One sentence for each span and phase where the two differ; at most six.
// Plain text with raw names in it.
std::vector<std::string> waiting_notes(const ReportData& data);

}  // namespace tidemark
