// A comparison for people and for programs.
#pragma once

#include <string>

#include "core/analysis/compare/comparison.h"

namespace tidemark {

// One clause that says it all; raw names in it.
std::string comparison_headline(const Comparison& comparison);
// "p95 of span.checkout in load", "rss_anon of server, median, in load".
std::string figure_name(const FigureKey& key);
// A figure's value: "12.3 ms", "812 MiB".
std::string figure_value_text(const FigureInfo& info, double value);
// "+12.4 %".
std::string change_text(double share);
// "[+9.8, +14.1] %", or "" without an interval.
std::string interval_text(const Regression& result);
// "✗", "!", "✓", "+" or "?".
const char* outcome_sign(Outcome outcome);
// "maybe worse", "same"; of what is worse its severity: "minor".
std::string outcome_words(const Regression& result);

struct ComparisonLook {
  bool all = false;    // figures that did not change, too
  bool noise = false;  // the noise of each figure
  bool color = false;
};
// At most 100 columns.
std::string comparison_text(const Comparison& comparison,
                            const ComparisonLook& look);
// One object, schema_version 1 (docs/baselines.md).
std::string comparison_json(const Comparison& comparison);

// 21 when something is worse for certain, by `fail_on` at least; 10 when
// something is worse, or seems so, and `warnings` count; else 0.
int comparison_exit_code(const Comparison& comparison, Severity fail_on,
                         bool warnings);

}  // namespace tidemark
