#include "report/waiting.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/phase_groups.h"
#include "report/wording.h"

namespace tidemark {
namespace {

constexpr size_t kMost = 6;
// Both must be exceeded: histograms are exact to 0.1 %, and less than a tenth
// is nothing that waited.
constexpr double kRatio = 1.1;
constexpr double kLeastNs = 1e6;

bool differs(double intended, double actual) {
  return intended > actual * kRatio && intended - actual > kLeastNs;
}

std::string note(const PhaseGroup& group, const SpanStats& span,
                 const SpanStats& service) {
  return fmt::format(
      "{} in {}: p50 {} and p99 {} from when each should have begun, {} and {} "
      "from when it did: the load waited for the system, and what waited "
      "counts.",
      span.name, group.path, nanoseconds_text(span.p50_ns),
      nanoseconds_text(span.p99_ns), nanoseconds_text(service.p50_ns),
      nanoseconds_text(service.p99_ns));
}

}  // namespace

std::vector<std::string> waiting_notes(const ReportData& data) {
  std::vector<std::string> notes;
  for (const PhaseGroup& group : group_phases(data)) {
    for (const SpanStats& span : group.spans) {
      const auto service = std::ranges::find(
          group.spans, span.name + ".service", &SpanStats::name);
      if (service == group.spans.end() || notes.size() == kMost) continue;
      if (differs(span.p99_ns, service->p99_ns) ||
          differs(span.p50_ns, service->p50_ns)) {
        notes.push_back(note(group, span, *service));
      }
    }
  }
  return notes;
}

}  // namespace tidemark
