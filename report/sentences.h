// What a finding says, in one sentence that a manager understands and an
// engineer can act on. Plain text for every format; the names in it are raw:
// the whole sentence passes the sanitizer of its sink.
#pragma once

#include <string>
#include <vector>

#include "report/report_data.h"

namespace tidemark {

struct Sentence {
  Verdict verdict = Verdict::none;
  SubjectId subject;
  std::string text;
  // Of the report's own; nullptr when the sentence is of several.
  const Finding* finding = nullptr;
};

// Worst first. Each leak, suspicion, step and filling cache for itself; what
// could not be decided, and what does not leak, once per process.
std::vector<Sentence> sentences(const ReportData& data);

// Of a run without a finding.
std::string why_not_judged(const ReportData& data);
// "1 leak confirmed: shop_server (memory)", "no leak in 3 processes", ...
std::string headline(const ReportData& data);

// "memory", "file descriptors", ... and of one piece: "file descriptor".
std::string resource_noun(Resource resource);
std::string resource_piece(Resource resource);

// "412 B [398, 425]", all three in the unit of the first.
std::string format_estimate(const Estimate& estimate, bool bytes);

}  // namespace tidemark
