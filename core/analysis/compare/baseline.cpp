#include "core/analysis/compare/baseline.h"

#include <fmt/format.h>

#include <algorithm>

namespace tidemark {
namespace {

// FNV-1a, 64 bit: stable over builds and machines, which std::hash is not.
uint64_t fnv(uint64_t hash, std::string_view text) {
  for (const char c : text) {
    hash ^= static_cast<uint8_t>(c);
    hash *= 0x100000001b3;
  }
  return hash;
}

}  // namespace

double BaselineSeries::quantile(double rank) const {
  const double q = std::clamp(rank, 0.0, 1.0);
  for (size_t i = 1; i < kSketchRanks.size(); ++i) {
    if (q > kSketchRanks[i]) continue;
    const double width = kSketchRanks[i] - kSketchRanks[i - 1];
    const double part = (q - kSketchRanks[i - 1]) / width;
    return sketch[i - 1] + part * (sketch[i] - sketch[i - 1]);
  }
  return sketch.back();
}

const BaselineSeries* BaselinePhase::find(std::string_view metric,
                                          std::string_view subject) const {
  const auto found = std::ranges::find_if(series, [&](const auto& each) {
    return each.metric == metric && each.subject == subject;
  });
  return found == series.end() ? nullptr : &*found;
}

std::string testbed_fingerprint(const Testbed& testbed) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const auto& [key, value] : testbed) {
    hash = fnv(fnv(hash, key + "="), value + "\n");
  }
  return fmt::format("{:012x}", hash & 0xffffffffffff);
}

std::vector<std::string> testbed_differences(const Testbed& a,
                                             const Testbed& b) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : a) {
    const auto other = b.find(key);
    if (other != b.end() && other->second != value) keys.push_back(key);
  }
  return keys;
}

const BaselinePhase* Baseline::phase(std::string_view path) const {
  const auto found = std::ranges::find(phases, path, &BaselinePhase::path);
  return found == phases.end() ? nullptr : &*found;
}

std::optional<std::string> Baseline::attribute(const std::string& key) const {
  if (const auto own = attributes.find(key); own != attributes.end()) {
    return own->second;
  }
  if (const auto fact = testbed.find(key); fact != testbed.end()) {
    return fact->second;
  }
  if (key == "scenario") return scenario;
  if (key == "name" && !name.empty()) return name;
  if (key == "branch") return branch;
  if (key == "commit") return commit;
  if (key == "testbed") return testbed_fingerprint(testbed);
  return std::nullopt;
}

}  // namespace tidemark
