// A sink in memory whose disk can be full or broken.
#pragma once

#include <string>
#include <vector>

#include "daemon/record_item.h"
#include "daemon/record_sink.h"

namespace tidemark {

struct SinkLog {
  std::vector<std::string> lines;  // "frame 5", "event x", "gap 3 why", ...
  std::vector<std::vector<SubjectId>> ended;
  std::vector<std::string> subjects;
  int syncs = 0;
  int64_t refused = 0;
  bool closed = false;
  Status status;  // what the next writes answer
};

class FakeSink final : public RecordSink {
 public:
  explicit FakeSink(SinkLog& log) : log_(log) {}

  void define(const Metric& metric) override {
    log_.lines.push_back("metric " + metric.name);
  }
  void define(const Subject& subject) override {
    log_.subjects.push_back(subject.name);
  }
  bool define(const Module& module) override {
    log_.lines.push_back("module " + module.path);
    return true;
  }
  bool define(const Stack& stack) override {
    log_.lines.push_back("stack " + std::to_string(stack.id.value));
    return true;
  }
  bool define(const AddressSymbols& symbols) override {
    log_.lines.push_back("symbols " + std::to_string(symbols.address.offset));
    return true;
  }
  Status write_frame(const Frame& frame, const ClockAnchor&) override {
    TIDEMARK_CHECK(log_.status);
    log_.lines.push_back("frame " + std::to_string(to_ns(frame.time)));
    log_.ended.push_back(frame.ended);
    return {};
  }
  Status write_events(std::span<const Event> events) override {
    TIDEMARK_CHECK(log_.status);
    for (const Event& event : events) {
      log_.lines.push_back("event " + event.name);
    }
    return {};
  }
  Status write_gap(BootTime from, BootTime to, int64_t ticks,
                   const std::string&) override {
    TIDEMARK_CHECK(log_.status);
    log_.lines.push_back("gap " + std::to_string(to_ns(from)) + ".." +
                         std::to_string(to_ns(to)) + " " +
                         std::to_string(ticks));
    return {};
  }
  Status sync() override {
    ++log_.syncs;
    return {};
  }
  Status close(BootTime) override {
    TIDEMARK_CHECK(log_.status);
    log_.closed = true;
    return {};
  }
  int64_t bytes_written() const override {
    return static_cast<int64_t>(log_.lines.size());
  }
  int64_t values_refused() const override { return log_.refused; }

 private:
  SinkLog& log_;
};

}  // namespace tidemark
