// From the kernel's rows (life, stack key, cohort) to sites: rows whose stacks
// turned out equal are one site, and each site is one subject. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "core/base/ids.h"
#include "daemon/collector.h"
#include "daemon/heap_output.h"
#include "daemon/site_subjects.h"
#include "probes/heap_tracer.h"

namespace tidemark {

class HeapRows {
 public:
  explicit HeapRows(Definer& definer) : definer_(definer) {}

  void begin_life(HeapLife life, SubjectId process) { owners_[life] = process; }
  void phase_changed(const Cohort& cohort) { phases_.changed(cohort); }
  void add_object(const HeapObjectNamed& object);
  void add_stack(const HeapStackKnown& known);
  void add_symbols(const HeapSymbols& symbols);
  // The same where the stack is defined already; invalid: it is not known.
  void set_stack(HeapLife life, uint64_t key, StackId stack);

  struct Sum {
    int64_t alloc_bytes = 0, alloc_count = 0, live_bytes = 0, live_count = 0;
    int64_t samples = 0;
  };
  struct Site {
    SubjectId subject;
    Sum sum;
  };
  // Adds up a reading. Rows whose stack is not known yet wait, unless `last`:
  // then they go to a site without frames. Their sums are in live_of() anyway.
  void add_up(std::span<const HeapSite> rows, bool last);
  // Sites of the latest reading, those that did not change too.
  template <typename Fn>
  void for_each_site(Fn&& fn) const {
    for (const auto& [key, site] : sites_) fn(site);
  }
  // What is alive in a life, by the latest reading.
  Sum live_of(HeapLife life) const;
  // A life whose rows were read for the last time: its sites end.
  void end_life(HeapLife life);
  size_t size() const { return sites_.size(); }

 private:
  using Key = std::tuple<HeapLife, StackId, uint32_t>;

  StackId stack_of(const HeapSite& row, bool last);
  Site& site_of(const Key& key);

  Definer& definer_;
  std::map<HeapLife, SubjectId> owners_;
  PhasePaths phases_;
  std::unordered_map<uint32_t, ModuleId> modules_;
  std::map<HeapLife, std::unordered_map<uint64_t, StackId>> stacks_;
  std::map<Key, Site> sites_;
  std::map<HeapLife, Sum> lives_;
};

}  // namespace tidemark
