// A sink that hands everything on to the writer of a recording.
#pragma once

#include <span>
#include <string>
#include <utility>

#include "core/store/recording_writer.h"
#include "daemon/record_sink.h"

namespace tidemark {

class WriterSink : public RecordSink {
 public:
  explicit WriterSink(RecordingWriter writer) : writer_(std::move(writer)) {}

  void define(const Metric& metric) final { writer_.define(metric); }
  void define(const Subject& subject) final { writer_.define(subject); }
  bool define(const Module& module) final { return writer_.define(module); }
  bool define(const Stack& stack) final { return writer_.define(stack); }
  bool define(const AddressSymbols& symbols) final {
    return writer_.define(symbols);
  }
  Status write_frame(const Frame& frame, const ClockAnchor& anchor) override {
    return writer_.write_frame(frame, anchor);
  }
  Status write_events(std::span<const Event> events) override {
    return writer_.write_events(events);
  }
  Status write_gap(BootTime from, BootTime to, int64_t ticks,
                   const std::string& reason) final {
    return writer_.write_gap(from, to, ticks, reason);
  }
  Status sync() final { return writer_.sync(); }
  Status close(BootTime time) override { return writer_.close(time); }
  int64_t bytes_written() const override { return writer_.bytes_written(); }
  int64_t values_refused() const final { return writer_.values_refused(); }

 protected:
  RecordingWriter writer_;
};

}  // namespace tidemark
