// The sites of a recording of tests/bpf/heap_target.cpp, by its functions.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>

#include "core/store/recording_reader.h"

namespace tidemark {

struct SiteFigures {
  int64_t alloc_count = 0, live_count = 0, live_bytes = 0, samples = 0;
  bool operator==(const SiteFigures& other) const {
    return alloc_count == other.alloc_count && live_count == other.live_count &&
           live_bytes == other.live_bytes;
  }
};

inline std::string site_function(const StackTable& stacks,
                                 const Subject& site) {
  for (const StackFrame& frame : stacks.resolve(site.stack)) {
    if (frame.function.starts_with("site_")) {
      return frame.function.substr(0, frame.function.find('('));
    }
  }
  return "";
}

// The last figures of all sites, by the function named site_... in them.
inline std::map<std::string, SiteFigures> read_recorded_sites(
    const std::string& path) {
  auto reader = RecordingReader::open(path);
  EXPECT_TRUE(reader) << reader.error().what;
  if (!reader) return {};
  std::map<uint32_t, SiteFigures> last;
  while (reader->next()) {
    const auto take = [&](const char* name, int64_t SiteFigures::* field) {
      const Metric* metric = reader->dictionary().find_metric(name);
      if (metric == nullptr) return;
      reader->for_each_value(metric->id, [&](SubjectId id, int64_t value) {
        last[id.value].*field = value;
      });
    };
    take("site.alloc_count", &SiteFigures::alloc_count);
    take("site.live_count", &SiteFigures::live_count);
    take("site.live_bytes", &SiteFigures::live_bytes);
    take("site.samples", &SiteFigures::samples);
  }
  std::map<std::string, SiteFigures> sums;
  for (const auto& [id, figures] : last) {
    const Subject* site = reader->dictionary().subject(SubjectId(id));
    if (site == nullptr || site->kind != SubjectKind::site) continue;
    if (site->site_kind != SiteKind::heap) continue;
    SiteFigures& sum = sums[site_function(reader->stacks(), *site)];
    sum.alloc_count += figures.alloc_count;
    sum.live_count += figures.live_count;
    sum.live_bytes += figures.live_bytes;
    sum.samples += figures.samples;
  }
  return sums;
}

}  // namespace tidemark
