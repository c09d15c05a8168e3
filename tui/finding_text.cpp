#include "tui/finding_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/text.h"
#include "tui/figures.h"

namespace tidemark {
namespace {

std::string signed_amount(Resource resource, double value) {
  std::string text = amount(resource, value);
  return value > 0 && text != "0" ? "+" + text : text;
}

std::string interval_text(Resource resource, const Estimate& estimate) {
  return fmt::format("[{}, {}]", amount(resource, estimate.lo),
                     amount(resource, estimate.hi));
}

}  // namespace

std::string op_word(const Finding& finding) {
  const std::string& name = finding.op_name;
  if (name.empty()) return "op";
  return name.starts_with("op.") ? name.substr(3) : name;
}

std::string amount(Resource resource, double value) {
  if (!std::isfinite(value)) return "-";
  if (is_bytes(resource)) {
    const std::string text = short_bytes(value);
    const bool plain = std::isdigit(static_cast<unsigned char>(text.back()));
    return plain && text != "0" ? text + "B" : text;
  }
  if (value == 0) return "0";
  if (std::fabs(value) < 9.95) return fmt::format("{:.2g}", value);
  return short_count(value);
}

std::string slope_text(const Finding& finding) {
  const Estimate& slope = finding.slope_per_minute;
  if (slope.n == 0) return {};
  return signed_amount(finding.resource, slope.value) + "/min " +
         interval_text(finding.resource, slope);
}

std::string per_op_text(const Finding& finding) {
  if (!finding.slope_per_op) return {};
  return signed_amount(finding.resource, finding.slope_per_op->value) + "/" +
         op_word(finding) + " " +
         interval_text(finding.resource, *finding.slope_per_op);
}

std::string detectable_text(const Finding& finding) {
  if (finding.min_detectable_per_op) {
    return amount(finding.resource, *finding.min_detectable_per_op) + "/" +
           op_word(finding);
  }
  if (finding.min_detectable_per_minute <= 0) return "-";
  return amount(finding.resource, finding.min_detectable_per_minute) + "/min";
}

std::string outlook_text(const Finding& finding) {
  if (finding.verdict == Verdict::leak) {
    return fmt::format("confirmed by {}",
                       confirmation_name(finding.confirmed_by));
  }
  if (finding.plateau) {
    return "plateau " + amount(finding.resource, *finding.plateau);
  }
  if (finding.verdict == Verdict::inconclusive && finding.needed_seconds > 0) {
    const double seconds = std::min(finding.needed_seconds, 1e9);
    const auto more = static_cast<int64_t>(seconds * 1e9);
    return "needs " + format_duration(Nanoseconds(more)) + " more";
  }
  return {};
}

std::string floors_text(const Finding& finding, size_t count) {
  const auto& points = finding.points;
  if (points.empty() || count < 2) return {};
  const size_t shown = std::min(points.size(), count);
  std::string text;
  for (size_t i = 0; i < shown; ++i) {
    // Evenly chosen, the first and the last always.
    const size_t at = shown == 1 ? 0 : i * (points.size() - 1) / (shown - 1);
    if (i > 0) text += " > ";
    text += amount(finding.resource, points[at].value);
  }
  return text;
}

}  // namespace tidemark
