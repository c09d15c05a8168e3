// The verdict on one series (design part 5.2): procedure B over cycles first,
// else procedure A over one long phase. Pure and deterministic: the same input
// gives the same finding, byte for byte.
//
// Sources: Theil 1950 and Sen 1968 (slope), Kendall 1975 (ties), Hamed and Rao
// 1998 (autocorrelation), Hurvich and Tsai 1989 (AICc).
#pragma once

#include <string>
#include <vector>

#include "core/model/finding.h"

namespace tidemark {

struct CurveInput {
  Resource resource = Resource::rss_anon;
  // Retained readings, one after each cool-down, in order: procedure B. `ops`
  // is cumulative; warm-up cycles are already dropped when warmup_marked.
  std::vector<Finding::Point> retained;
  // Every sample inside steady/load phases, minus exclude: procedure A.
  std::vector<Finding::Point> samples;
  bool ops_known = false;  // the primary op advanced: x = ops
  std::string op_name;
  bool warmup_marked = false;  // else the first cycles / third are dropped
  double coverage = 1.0;       // readings taken / readings expected
  std::string unusable;        // not empty: why no verdict can be given
  // What the reading itself cannot resolve (bytes or pieces), e.g. a page.
  double instrument_floor = 0;
};

struct VerdictOptions {
  // The smallest slopes that count as a leak; 0 = the default of the resource
  // (0.1 MiB/min and 16 B/op for bytes, 0 for pieces).
  double delta_per_minute = 0;
  double delta_per_op = 0;
};

// Fills everything of Finding but `subject`, `phases` and `q_value`.
Finding judge(const CurveInput& input, const VerdictOptions& options = {});

// Names the class of each rising finding (design part 5.1) from all findings of
// ONE process: its resources explain each other.
void classify(std::vector<Finding>& findings);

// Sets q_value of all findings of a run: the more series are judged, the more
// of them rise by chance (Benjamini and Hochberg 1995).
void control_false_discoveries(std::vector<Finding>& findings);

}  // namespace tidemark
