// A finding in words and figures for cells and lines.
#pragma once

#include <string>
#include <vector>

#include "core/model/finding.h"

namespace tidemark {

// An amount of the resource: "412" bytes as "412B", pieces as "0.52".
std::string amount(Resource resource, double value);
// "request", the op that its slope is counted by; "op" when it has no name.
// Raw.
std::string op_word(const Finding& finding);
// "+1.4M/min [1.2M, 1.6M]"; "" when there is no slope.
std::string slope_text(const Finding& finding);
// "+412B/request [398B, 425B]"; "" when ops are not known.
std::string per_op_text(const Finding& finding);
// "12B/request" or "0.1M/min": the smallest leak this run could have seen.
std::string detectable_text(const Finding& finding);
// What confirmed it, what level it will reach, or how much longer to run.
std::string outlook_text(const Finding& finding);
// "4.9G > 5.3G > 5.7G > 6.2G": at most `count` retained levels.
std::string floors_text(const Finding& finding, size_t count);

}  // namespace tidemark
