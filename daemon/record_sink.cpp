#include "daemon/record_sink.h"

#include <utility>

#include "core/store/recording_writer.h"

namespace tidemark {
namespace {

class FileSink final : public RecordSink {
 public:
  explicit FileSink(RecordingWriter writer) : writer_(std::move(writer)) {}

  void define(const Metric& metric) override { writer_.define(metric); }
  void define(const Subject& subject) override { writer_.define(subject); }
  bool define(const Module& module) override { return writer_.define(module); }
  bool define(const Stack& stack) override { return writer_.define(stack); }
  bool define(const AddressSymbols& symbols) override {
    return writer_.define(symbols);
  }
  Status write_frame(const Frame& frame, const ClockAnchor& anchor) override {
    return writer_.write_frame(frame, anchor);
  }
  Status write_events(std::span<const Event> events) override {
    return writer_.write_events(events);
  }
  Status write_gap(BootTime from, BootTime to, int64_t ticks,
                   const std::string& reason) override {
    return writer_.write_gap(from, to, ticks, reason);
  }
  Status sync() override { return writer_.sync(); }
  Status close(BootTime time) override { return writer_.close(time); }
  int64_t bytes_written() const override { return writer_.bytes_written(); }

 private:
  RecordingWriter writer_;
};

}  // namespace

Result<std::unique_ptr<RecordSink>> create_recording(
    const std::string& path, const RecordingInfo& info) {
  TIDEMARK_TRY(auto writer, RecordingWriter::create(path, info));
  return std::make_unique<FileSink>(std::move(writer));
}

}  // namespace tidemark
