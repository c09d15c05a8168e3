// A target that waits for its cue, and a heap tracer that watches it: what the
// heap tests and benchmarks are made of.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/os/unique_fd.h"
#include "probes/allocator_finder.h"
#include "probes/heap_tracer.h"
#include "probes/process_maps.h"
#include "probes/symbolizer.h"
#include "probes/unwinder.h"

namespace tidemark::testing_bpf {

// A program that says "ready", "done" and waits for an answer to each
// (tests/bpf/heap_target.cpp). Killed and reaped at the end of its scope.
class CuedTarget {
 public:
  CuedTarget(const std::vector<std::string>& argv,
             const std::vector<std::string>& environment = {});
  CuedTarget(const CuedTarget&) = delete;
  CuedTarget& operator=(const CuedTarget&) = delete;
  ~CuedTarget();
  Pid pid() const { return Pid{pid_}; }
  // Reads up to this word, or to the end: then false.
  bool hear(const std::string& word);
  const std::string& heard() const { return heard_; }
  void answer();
  // The same with a child that the target forked.
  void answer_child();
  bool hear_child();
  int wait();

 private:
  pid_t pid_ = -1;
  std::string heard_;
  UniqueFd to_, from_, to_child_, from_child_;
};

// What a copied stack was, kept.
struct KeptStack {
  HeapRegisters registers;
  uint8_t function = 0;
  std::vector<std::byte> bytes;
};

class HeapSession {
 public:
  explicit HeapSession(HeapTracer& tracer, FindOptions options = {});
  ~HeapSession();
  // Attaches to all allocators that are mapped. Does not sample yet.
  Status attach(Pid pid);
  // Attaches to what has been mapped since.
  Status look_again();
  void sample(uint64_t period) { tracer_.sample(slot_, period); }
  // Reads everything up to now.
  Status read();

  struct Figures {
    int64_t allocs = 0, live = 0, live_bytes = 0;
    bool operator==(const Figures&) const = default;
  };
  // The sites by the innermost function in their stacks that is named
  // site_..., which each piece of a target's work is.
  std::map<std::string, Figures> by_function();

  // Blocks alive at all sites together.
  int64_t live_count() const;

  HeapSlot slot() const { return slot_; }
  const std::vector<HeapSite>& sites() const { return sites_; }
  const std::map<uint64_t, KeptStack>& stacks() const { return stacks_; }
  const std::vector<HeapEvent>& events() const { return events_; }
  const ProcessMaps& maps() const { return maps_; }
  const AllocatorSet& allocators() const { return allocators_; }
  HeapCounts counts() const { return tracer_.counts(slot_); }

 private:
  HeapTracer& tracer_;
  std::string function_of(const KeptStack& stack);

  AllocatorFinder finder_;
  Unwinder unwinder_;
  Symbolizer symbolizer_;
  HeapSlot slot_ = 0;
  bool attached_ = false;
  Pid pid_;
  ProcessMaps maps_;
  AllocatorSet allocators_;
  std::vector<FileIdentity> linked_;
  std::vector<HeapSite> sites_;
  std::map<uint64_t, KeptStack> stacks_;
  std::vector<HeapEvent> events_;
};

}  // namespace tidemark::testing_bpf
