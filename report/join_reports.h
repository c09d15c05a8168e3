// One run that was recorded on several hosts, in one report: every process by
// its role at its host, all on the clock of the first recording. Wall clocks
// tell how the hosts' clocks lie to each other: as exact as NTP keeps them.
#pragma once

#include <string>
#include <vector>

#include "report/report.h"

namespace tidemark {

// Reads them all. A recording without phases of its own is judged by those of
// the others: the load generator's host marks what the server's host does
// not. Each is read as load_report does; errors are the same.
Result<ReportData> load_reports(const std::vector<std::string>& paths,
                                const LoadOptions& options = {});

// At least one; the first gives the run its name and its clock.
ReportData join_reports(std::vector<ReportData> reports);

}  // namespace tidemark
