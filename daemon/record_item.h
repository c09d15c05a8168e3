// One step of the recording, as it goes through the queue to the writer.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/model/event.h"
#include "core/model/frame.h"
#include "daemon/registry.h"

namespace tidemark {

// Ticks that are missing.
struct MissingTicks {
  BootTime from, to;
  int64_t ticks = 0;
  std::string reason;
};

// One step of the recording, in the order in which it is written: definitions,
// gaps, events, the frame. Moved through the queue whole, never copied.
struct RecordItem {
  Definitions definitions;
  std::vector<MissingTicks> gaps;
  std::vector<Event> events;
  bool has_frame = false;
  Frame frame;
  ClockAnchor anchor;
  bool sync = false;  // a phase ended: make it durable now
  // Called by the writer once all of the above is in the file, and only then:
  // a client's marks count as read from here on.
  std::vector<std::move_only_function<void()>> written;

  void clear();  // keeps memory
};

}  // namespace tidemark
