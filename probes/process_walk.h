// The walk through all tasks in one call (process_walk.bpf.c).
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "core/base/result.h"
#include "probes/probe_record.h"

namespace tidemark {

class TaskWalk {
 public:
  // The walk does not give way to others: up to here it takes a few
  // milliseconds even with cold caches.
  static constexpr uint32_t kMostTasks = 16'384;

  // With room for so many processes. Error: permission, or a kernel without
  // the open-coded task iterator (before 6.7).
  static Result<std::unique_ptr<TaskWalk>> open(uint32_t room);
  virtual ~TaskWalk() = default;

  virtual uint32_t room() const = 0;
  // One pass; its records until the next one. False: it was cut short.
  virtual Result<bool> run() = 0;
  virtual std::span<const tidemark_process_record> records() const = 0;
};

}  // namespace tidemark
