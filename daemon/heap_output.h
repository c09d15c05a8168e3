// What the heap worker's thread tells the loop's thread.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/base/ids.h"
#include "core/model/event.h"
#include "core/model/site.h"
#include "probes/heap_tracer.h"
#include "probes/unwinder.h"

namespace tidemark {

// One life of a traced process: an exec begins another.
struct HeapLife {
  HeapSlot slot = 0;
  uint32_t epoch = 0;
  auto operator<=>(const HeapLife&) const = default;
};

// An object by its number in UnwoundFrame.
struct HeapObjectNamed {
  uint32_t index = 0;
  std::string path;  // raw bytes
  std::string build_id;
};

struct HeapStackKnown {
  HeapLife life;
  uint64_t key = 0;
  UnwoundStack stack;
};

struct HeapSymbols {
  uint32_t object = 0;
  uint64_t offset = 0;
  std::vector<SymbolFrame> frames;
};

// A step of the ladder, for the recording.
struct HeapNotice {
  Pid pid;
  EventKind kind = EventKind::heap;
  std::string name;
  std::string text;
};

struct HeapOutput {
  std::vector<HeapObjectNamed> objects;  // before the stacks that name them
  std::vector<HeapStackKnown> stacks;
  std::vector<HeapSymbols> symbols;
  std::vector<std::pair<HeapLife, Pid>> begun;
  std::vector<HeapLife> ended;  // their rows are final: read, then purge
  std::vector<HeapNotice> notices;

  bool empty() const {
    return objects.empty() && stacks.empty() && symbols.empty() &&
           begun.empty() && ended.empty() && notices.empty();
  }
  void append(HeapOutput& newer);
};

}  // namespace tidemark
