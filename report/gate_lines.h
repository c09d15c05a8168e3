// Gates as lines for people, one each, and the score under them.
#pragma once

#include <string>
#include <vector>

#include "report/report_data.h"

namespace tidemark {

// "✓", "✗", "!" or "?".
const char* gate_sign(GateStatus status);
// "memory: 812 MiB, limit 1 GiB, during steady: server (pid 7): within …".
// Raw bytes: a sink's sanitizer is still to come.
std::string gate_line(const GateResult& gate);
// "5 gates: 3 passed, 1 failed, 1 undecided; score 75 %"; "" without gates.
std::string gate_summary(const ReportData& data);

// Takes the results into the report: gates, score, status.
void add_gates(ReportData& data, std::vector<GateResult> results);

int count_gates(const ReportData& data, GateStatus status);

}  // namespace tidemark
