// A collector reads something once per period and puts values into the frame.
//
// Adding one: daemon/collectors/x.cpp with its kMetrics[] and a function
//   std::unique_ptr<Collector> make_x();
// and the line COLLECTOR(x, tier, "what it reads") in collectors.def.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/model/event.h"
#include "core/model/frame.h"
#include "core/model/metric.h"
#include "core/model/site.h"
#include "core/model/subject.h"
#include "daemon/heap_settings.h"

namespace tidemark {

class ProcessTable;
class ShimDesk;
class StackDesk;

// How often a collector runs (design part 4.1).
enum class Tier : uint8_t {
  all,      // T1: every tick, all processes; at edges the watched
  watched,  // T2: every tick and every edge, watched processes and movers
  host,     // T3: every 5 ticks
  slow,     // T4: every 30 s and at phase edges
};

// Gives out ids; the recorder writes what is defined here to the recording.
class Definer {
 public:
  virtual ~Definer() = default;
  virtual MetricId define_metric(const MetricSpec& spec) = 0;
  // The id of the subject with this kind and name (system, cpu, device,
  // cgroup, self), created at first use. Processes come from ProcessTable.
  virtual SubjectId subject(SubjectKind kind, std::string_view name) = 0;
  // Defines a subject in full: a new id when subject.id is invalid, else the
  // definition of that id is replaced. Returns the id.
  virtual SubjectId define_subject(const Subject& subject) = 0;
  // A subject ended: its id is listed in Frame::ended and never reused.
  virtual void end_subject(SubjectId id) = 0;

  // Stacks of sites: modules first, then the stack that names them; its id
  // goes into Subject::stack. The argument's own id is not read; the same
  // again gets the same id. Invalid when a recording can hold no more.
  virtual ModuleId define_module(const Module& module) = 0;
  virtual StackId define_stack(const Stack& stack) = 0;
  // Names of an address, now or at any later time; said again, they replace.
  virtual void define_symbols(const AddressSymbols& symbols) = 0;
};

// Where collectors put values. Columns keep their memory between ticks.
class FrameBuilder {
 public:
  virtual ~FrameBuilder() = default;
  virtual void put(MetricId metric, SubjectId subject, int64_t value) = 0;
  // The same for many subjects at once: values[i] is of subjects[i].
  virtual void put_all(MetricId metric, std::span<const SubjectId> subjects,
                       std::span<const int64_t> values) {
    for (size_t i = 0; i < subjects.size(); ++i) {
      put(metric, subjects[i], values[i]);
    }
  }
  virtual void put_histogram(HistogramValue value) = 0;
};

// Where the machine's files are; tests pass a fixture.
struct Roots {
  std::string proc = "/proc";
  std::string sys = "/sys";
};

// What befell a sensor, into the recording: steps that are no values.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void add(Event event) = 0;
};

// The innermost phase that is on: what sites take now belongs to its cohort.
struct Cohort {
  uint32_t ordinal = 0;  // as Subject::cohort
  std::string path;      // "" outside phases; raw bytes
  // Of all phases that are open. The others never come again; 0, which is no
  // phase, may.
  std::vector<uint32_t> open;

  bool may_come_again(uint32_t other) const {
    return other == 0 || other == ordinal ||
           std::find(open.begin(), open.end(), other) != open.end();
  }
};

struct CollectorContext {
  Roots roots;
  Definer& definer;
  ProcessTable& processes;
  StackDesk& stacks;
  const Clock& clock;
  EventSink* events = nullptr;  // nullptr: nobody wants them
  HeapSettings heap = {};
  ShimDesk* shims = nullptr;  // nullptr: no socket that they could come by
};

struct CollectRequest {
  BootTime time;  // of the frame
  FrameKind kind = FrameKind::tick;
};

class Collector {
 public:
  virtual ~Collector() = default;

  // Defines its metrics and tries the real objects, best first. Returns the
  // level it found ("iter/task"); an error means it cannot run here at all,
  // with the cause and the remedy in its text.
  virtual Result<std::string> start(const CollectorContext& context) = 0;
  // Reads once. An error marks the frame incomplete; values already put stay.
  virtual Status collect(const CollectRequest& request,
                         FrameBuilder& frame) = 0;

  // A phase began or ended; the edge's frame is collected next.
  virtual void phase_changed(const Cohort&) {}
  // A process of ours is watched and waits before its first instruction.
  virtual void process_held(ProcessKey) {}
  // Somebody asks to see the heap of a process, or has seen enough. Error: why
  // that cannot be; not_found: it is none of this collector's business.
  virtual Status trace(ProcessKey, bool) {
    return fail(ErrorKind::not_found, "no sensor here traces heaps");
  }
  // The last frame is collected next: what is under way has to end.
  virtual void finish() {}
};

struct CollectorEntry {
  std::string_view name;
  Tier tier;
  std::string_view help;
  std::unique_ptr<Collector> (*make)();
};

// All of collectors.def, in its order: `process_scan` is first, because it
// finds the processes that the others read.
std::span<const CollectorEntry> all_collectors();

}  // namespace tidemark
