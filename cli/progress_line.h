// The one line under a running recording: elapsed time, phase, ticks, size.
// Only on a terminal; rewritten in place each second, erased at the end.
#pragma once

#include <memory>
#include <string>

#include "core/base/clock.h"
#include "core/os/event_loop.h"
#include "daemon/engine.h"

namespace tidemark {

// The text, at most `width` columns, without the way it is drawn. Pure.
std::string progress_text(Nanoseconds elapsed, const EngineProgress& progress,
                          size_t width);

class ProgressLine {
 public:
  // nullptr when stderr is no terminal.
  static std::unique_ptr<ProgressLine> on_terminal(EventLoop& loop,
                                                   const Clock& clock,
                                                   const Engine& engine);
  ~ProgressLine();  // erases it
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

 private:
  ProgressLine(EventLoop& loop, const Clock& clock, const Engine& engine);
  void draw();

  EventLoop& loop_;
  const Clock& clock_;
  const Engine& engine_;
  BootTime begin_;
  EventLoop::TimerId timer_ = 0;
  bool drawn_ = false;
};

}  // namespace tidemark
