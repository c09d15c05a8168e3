// The sections of the page, in its order. Each appends a <section>, or nothing
// when there is nothing to say.
#pragma once

#include <string>

#include "report/format.h"
#include "report/load_levels.h"
#include "report/report_data.h"

namespace tidemark::html {

void add_banner(std::string& out, const ReportData& data,
                const FormatOptions& options);
// The run against its baseline.
void add_comparison(std::string& out, const ReportData& data);
void add_gates(std::string& out, const ReportData& data);
void add_findings(std::string& out, const ReportData& data);
// Where a finding's growth was taken, under its card.
void add_finding_sites(std::string& out, const ReportData& data,
                       const Finding& finding);
// All call stacks, as a flame graph.
void add_sites(std::string& out, const ReportData& data);
void add_timelines(std::string& out, const ReportData& data);
void add_phases(std::string& out, const ReportData& data);
void add_latency(std::string& out, const ReportData& data);
void add_capacity(std::string& out, const ReportData& data);
void add_notes(std::string& out, const ReportData& data);
void add_quality(std::string& out, const ReportData& data,
                 const FormatOptions& options);

// The curve that a finding was drawn from, with its fit, as <svg>; "" when
// there are fewer than two points.
std::string finding_chart(const ReportData& data, const Finding& finding);
// CPU per operation against operations per second, as <svg>.
std::string levels_chart(const LoadLevels& levels);
// A span's durations as bars over a logarithmic scale of lo..hi ns.
std::string duration_chart(const SpanStats& span, double lo_ns, double hi_ns);

}  // namespace tidemark::html
