// The class of a leak from what else rises in its process (design part 5.1).
#include <algorithm>

#include "core/analysis/finding_signs.h"
#include "core/analysis/verdict.h"
#include "core/base/rank_tests.h"

namespace tidemark {
namespace {

constexpr const char* kHeap = "heap leak";
constexpr const char* kRetention = "allocator retention";
constexpr const char* kMapping = "mapping leak";
constexpr const char* kHandle = "handle leak";
constexpr const char* kPages = "page-cache or shared-memory growth";
// Nobody looked into the heap: both remain possible.
constexpr const char* kHeapOrRetention = "heap leak or allocator retention";

// What is known of the whole process.
struct Process {
  bool heap_judged = false, heap_rises = false;
  bool anon_rises = false, mappings_rise = false;
};

Process survey(const std::vector<Finding>& findings) {
  Process process;
  for (const Finding& finding : findings) {
    const bool up = rises(finding);
    switch (finding.resource) {
      case Resource::heap:
        process.heap_judged |= finding.verdict != Verdict::inconclusive;
        process.heap_rises |= up;
        break;
      case Resource::rss_anon: process.anon_rises |= up; break;
      case Resource::mappings: process.mappings_rise |= up; break;
      default: break;
    }
  }
  return process;
}

const char* class_of(const Finding& finding, const Process& process) {
  switch (finding.resource) {
    case Resource::heap: return kHeap;
    case Resource::rss_anon:
      if (process.heap_rises) return kHeap;
      if (process.mappings_rise || is_of_mappings(finding)) return kMapping;
      return process.heap_judged ? kRetention : kHeapOrRetention;
    case Resource::mappings:
      return process.anon_rises && !process.heap_rises ? kMapping : kHandle;
    case Resource::rss_file:
    case Resource::rss_shmem: return kPages;
    case Resource::kernel_memory: return "";  // has no class of its own
    case Resource::fds:
    case Resource::sockets:
    case Resource::threads:
    case Resource::children:
    case Resource::inotify_watches: return kHandle;
  }
  return "";
}

}  // namespace

void classify(std::vector<Finding>& findings) {
  const Process process = survey(findings);
  for (Finding& finding : findings) {
    finding.leak_class = rises(finding) ? class_of(finding, process) : "";
  }
}

void control_false_discoveries(std::vector<Finding>& findings) {
  std::vector<double> p_values(findings.size());
  std::ranges::transform(findings, p_values.begin(), &Finding::p_value);
  const std::vector<double> q_values = benjamini_hochberg(p_values);
  for (size_t i = 0; i < findings.size(); ++i) {
    findings[i].q_value = q_values[i];
  }
}

}  // namespace tidemark
