// Unwinds copied stacks and names their addresses. On the worker's thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "daemon/heap_names.h"
#include "daemon/heap_output.h"
#include "probes/heap_tracer.h"
#include "probes/process_maps.h"
#include "probes/unwinder.h"

namespace tidemark {

class HeapStacks {
 public:
  HeapStacks(const std::string& proc, Symbolizer& symbolizer)
      : unwinder_(proc), names_(symbolizer) {}

  // Opens what is mapped executable, so that it can be read after the end.
  void prepare(const ProcessMaps& maps);
  // The stack of a key, into `output`. Keys whose stacks are equal are joined
  // in the kernel.
  void unwind(HeapTracer& tracer, const ProcessMaps& maps,
              const HeapStack& stack, HeapOutput& output);
  // Names found since; false: none is being looked for.
  bool take_names(HeapOutput& output) { return names_.take(output.symbols); }
  void forget(HeapLife life) { keys_.erase(life); }

 private:
  using Place = std::pair<uint32_t, uint64_t>;  // object, offset

  void tell_object(uint32_t index, HeapOutput& output);

  Unwinder unwinder_;
  std::map<HeapLife, std::map<std::vector<UnwoundFrame>, uint64_t>> keys_;
  std::set<uint32_t> told_;
  std::set<Place> seen_;
  HeapNames names_;
};

}  // namespace tidemark
