// Copies a recording and adds to its frames on the way.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/model/event.h"
#include "core/store/recording_reader.h"
#include "core/store/recording_writer.h"

namespace tidemark {

class RecordingAddition {
 public:
  virtual ~RecordingAddition() = default;
  // Called once, before the first frame, with every name in the recording.
  virtual void begin(const Dictionary& names, RecordingWriter& writer) = 0;
  // Before a frame is written; `wall_ns` is its time on the wall clock.
  virtual void add(int64_t wall_ns, Frame& frame) = 0;
  // Before the end of the recording.
  virtual std::vector<Event> end() = 0;
};

// `to` must not exist. Errors: malformed: `from` is damaged or not closed;
// those of reading and writing.
Status copy_recording(const std::string& from, const std::string& to,
                      RecordingAddition& addition);

}  // namespace tidemark
