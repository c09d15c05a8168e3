// What the recorder writes to: a recording file, or a test's double.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/model/event.h"
#include "core/model/frame.h"
#include "core/model/metric.h"
#include "core/model/site.h"
#include "core/model/subject.h"
#include "core/store/recording_info.h"

namespace tidemark {

// The contract of RecordingWriter (core/store/recording_writer.h).
class RecordSink {
 public:
  virtual ~RecordSink() = default;
  virtual void define(const Metric& metric) = 0;
  virtual void define(const Subject& subject) = 0;
  virtual bool define(const Module& module) = 0;
  virtual bool define(const Stack& stack) = 0;
  virtual bool define(const AddressSymbols& symbols) = 0;
  virtual Status write_frame(const Frame& frame, const ClockAnchor& anchor) = 0;
  virtual Status write_events(std::span<const Event> events) = 0;
  virtual Status write_gap(BootTime from, BootTime to, int64_t ticks,
                           const std::string& reason) = 0;
  virtual Status sync() = 0;
  virtual Status close(BootTime time) = 0;
  virtual int64_t bytes_written() const = 0;
  virtual int64_t values_refused() const { return 0; }
};

// A new recording file at `path`; the errors of RecordingWriter::create.
Result<std::unique_ptr<RecordSink>> create_recording(const std::string& path,
                                                     const RecordingInfo& info);

}  // namespace tidemark
