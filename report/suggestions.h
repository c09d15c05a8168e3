// What to promise and what to be woken by, from one run's figures: levels of
// service that it kept, and thresholds that it stayed below with room.
//
// They are suggestions: a factor of room over what was measured once. The
// baseline of several runs knows better.
#pragma once

#include <string>
#include <vector>

#include "report/report_data.h"

namespace tidemark {

struct Suggestion {
  std::string what;       // "p95 of checkout in load"
  std::string measured;   // "2.1 ms"
  std::string threshold;  // "< 3.2 ms"
  std::string basis;      // "1.5 times what 1,204 calls took"
};

// Service levels: latency, errors, throughput, of phases under load.
std::vector<Suggestion> service_levels(const ReportData& data);
// Alerts: memory, growth, descriptors, CPU, of roles under load.
std::vector<Suggestion> alerts(const ReportData& data);

// What one core carries and when memory runs out, were cost per operation to
// stay what it was: plain sentences.
std::vector<std::string> capacity(const ReportData& data);

}  // namespace tidemark
