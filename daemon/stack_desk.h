// Where collectors hand in the stacks that their probes copied: one unwinder
// and one symbolizer for all of them, so that a process's maps are read once
// and each file is opened once. On the loop's thread; the work is done on the
// resolver's.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "core/base/clock.h"
#include "core/base/ids.h"
#include "daemon/collector.h"
#include "daemon/stack_resolver.h"
#include "probes/symbolizer.h"

namespace tidemark {

class StackDesk {
 public:
  // How long the end of a recording waits for stacks and their names.
  static constexpr Nanoseconds kSettle = std::chrono::seconds(5);

  // Called by accept() with the stack's id; invalid: nothing is known of it,
  // or the recording can hold no more.
  using Answer = std::function<void(StackId)>;

  // `proc`: where processes' maps are read.
  StackDesk(Definer& definer, std::string proc);
  ~StackDesk();
  StackDesk(const StackDesk&) = delete;
  StackDesk& operator=(const StackDesk&) = delete;

  // Stacks of the process come from now on: what it has mapped is read, so that
  // they can be unwound when it has ended. Each prepare() wants its forget().
  void prepare(ProcessKey process);
  // It runs another program now.
  void refresh(ProcessKey process);
  void forget(ProcessKey process);
  // False: too many wait (StackResolver::kMostWaiting); nothing is called then.
  bool post(CopiedStack stack, Answer answer);
  // Defines what was found out since the last call, and answers. Whoever puts
  // figures by stack calls it first; it answers all that posted.
  void accept();
  // Waits until all that was posted can be accepted, names too, at most
  // `limit`.
  void settle(Nanoseconds limit);

  // Shared with whoever names addresses by itself; any thread.
  Symbolizer& symbolizer() { return symbolizer_; }

 private:
  StackResolver& resolver();
  StackId define(const UnwoundStack& unwound);

  Definer& definer_;
  std::string proc_;
  Symbolizer symbolizer_;
  std::map<ProcessKey, int> holders_;
  std::unordered_map<uint64_t, Answer> waiting_;  // by token
  std::unordered_map<uint32_t, ModuleId> modules_;
  ResolvedStacks found_;  // reused
  uint64_t next_token_ = 0;
  // Null until somebody needs its thread; last: it uses the symbolizer.
  std::unique_ptr<StackResolver> resolver_;
};

}  // namespace tidemark
