// The processes that are traced and how far up the ladder each has come:
// count, predict, refuse or sample, follow children, detach at the budget. On
// the worker's thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/ids.h"
#include "daemon/heap_guard.h"
#include "daemon/heap_output.h"
#include "daemon/heap_settings.h"
#include "daemon/heap_stacks.h"
#include "probes/allocator_finder.h"
#include "probes/heap_tracer.h"
#include "probes/process_maps.h"

namespace tidemark {

class HeapTargets {
 public:
  // A burst of counting before the first sample.
  static constexpr Nanoseconds kBurst = std::chrono::milliseconds(200);
  // Between two looks at cost and rate.
  static constexpr Nanoseconds kPeriod = std::chrono::milliseconds(100);
  static constexpr double kMostSamples = 2000;  // a second, per process

  HeapTargets(std::string proc, HeapSettings settings, HeapTracer& tracer,
              const Clock& clock, Symbolizer& symbolizer);
  ~HeapTargets();

  // Traces a process if its probes fit into the budget.
  void attach(Pid pid, HeapOutput& output);
  // One that has not begun to run: what it will most likely map is ours too.
  void attach_held(Pid pid, HeapOutput& output);
  void detach(Pid pid, const std::string& why, HeapOutput& output);
  // Takes what the kernel has for us.
  void drain(HeapOutput& output);
  // Bursts that end, costs, rates: once in a kPeriod. Unwinding asks too, so
  // that many stacks do not keep the guard waiting.
  void look_if_due(HeapOutput& output);
  // Names found since; false: none is being looked for.
  bool take_names(HeapOutput& output) { return stacks_.take_names(output); }
  // The rows of an ended life were read for the last time.
  void purge(HeapLife life);
  bool empty() const { return targets_.empty() && early_.empty(); }

 private:
  enum class State : uint8_t { counting, sampling, ended };
  struct Target {
    Pid pid;
    HeapSlot slot = 0;
    State state = State::counting;
    std::string name;  // comm and number, for people
    ProcessMaps maps;
    std::vector<HeapObject> objects;  // linked, the dynamic linker first
    std::vector<FileIdentity> files;  // of them
    BootTime begin;
    BootTime last_look;
    double cpu_begin_ns = 0;
    double probes_begin_ns = 0;
    uint64_t samples = 0;  // at the last look
    uint64_t untracked = 0;
    HeapGuard guard{0};
    bool begun = false;     // a life of it was told
    std::string invisible;  // why its heap cannot be seen, so far
    BootTime invisible_since;
  };

  struct Asked {
    Pid pid;
    BootTime time;
  };

  void attach(const Asked& asked, HeapOutput& output);
  void look(HeapOutput& output);
  Target* make(Pid pid, HeapOutput& output);
  // With its probes in place; null when that failed, which was told.
  Target* make_linked(Pid pid, HeapOutput& output);
  Status link_all(Target& target, HeapOutput& output);
  void tell_unlinked(const Target& target, const Error& error,
                     HeapOutput& output);
  Status link(Target& target, HeapObject object, FileIdentity file);
  void look_again(Target& target, HeapOutput& output);
  void tell_invisible(Target& target, HeapOutput& output);
  void begin_at_exec(Target& target);
  void begin_costs(Target& target, State state);
  void begin_sampling(Target& target, HeapOutput& output);
  void end_burst(Target& target, HeapOutput& output);
  void watch_cost(Target& target, HeapOutput& output);
  void adapt_rate(Target& target, double seconds, HeapOutput& output);
  void end(Target& target, HeapOutput& output);
  void follow(const Target& parent, Pid child, HeapOutput& output);
  void take(const HeapEvent& event, HeapOutput& output);
  void take(const HeapStack& stack, HeapOutput& output);
  HeapCost cost_of(const Target& target) const;
  Target* find(HeapSlot slot);
  Target* find(Pid pid);

  std::string proc_;
  HeapSettings settings_;
  HeapTracer& tracer_;
  const Clock& clock_;
  AllocatorFinder finder_;
  HeapStacks stacks_;
  std::map<HeapSlot, std::unique_ptr<Target>> targets_;
  std::vector<Asked> early_;  // before their allocator was mapped
  BootTime last_look_;
  uint64_t maps_epoch_ = 0;
  bool full_told_ = false;
};

}  // namespace tidemark
