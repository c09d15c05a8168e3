// Unwinds copied stacks and names their addresses, on a thread of its own: both
// read files and take their time, and the loop has none.
#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/model/site.h"
#include "probes/symbolizer.h"
#include "probes/unwinder.h"

namespace tidemark {

// A stack as a probe copied it.
struct CopiedStack {
  ProcessKey process;
  uint64_t token = 0;                    // of StackDesk, comes back with it
  std::array<uint64_t, 16> registers{};  // DWARF's order
  uint64_t program_counter = 0;
  std::vector<uint8_t> bytes;  // from the stack pointer upwards
  // Of a stack that the process itself has walked: its return addresses,
  // innermost first, instead of all above.
  std::vector<uint64_t> return_addresses;
  StackQuality quality = StackQuality::cfi;
  bool truncated = false;
};

// What was found out. Objects come before what names them.
struct ResolvedStacks {
  struct Object {
    uint32_t index = 0;  // UnwoundFrame::object
    std::string path;    // raw bytes
    std::string build_id;
  };
  struct Known {
    uint64_t token = 0;
    UnwoundStack stack;
  };
  struct Names {
    uint32_t object = 0;
    uint64_t offset = 0;
    std::vector<SymbolFrame> frames;
  };
  std::vector<Object> objects;
  std::vector<Known> stacks;
  std::vector<Names> names;

  void clear();
};

class StackResolver {
 public:
  // Stacks that wait; more are refused.
  static constexpr size_t kMostWaiting = 4096;

  // `symbolizer`: may be shared, outlives this.
  StackResolver(std::string proc, Symbolizer& symbolizer);
  ~StackResolver();
  StackResolver(const StackResolver&) = delete;
  StackResolver& operator=(const StackResolver&) = delete;

  // Reads what the process has mapped, so that its stacks can be unwound when
  // it has ended.
  void prepare(ProcessKey process);
  // False: too many wait.
  bool post(CopiedStack stack);
  void forget(ProcessKey process);
  // Replaces `found` by what was found since the last call.
  void take(ResolvedStacks& found);
  // Waits until all that was posted is in take(), names too, at most `limit`.
  void settle(Nanoseconds limit);

 private:
  class Work;
  using Task = std::function<void(Work&)>;

  void add(Task task);
  void run(std::string proc, Symbolizer& symbolizer);

  std::mutex mutex_;  // guards the ones below
  std::condition_variable wake_, progress_;
  std::vector<Task> tasks_;
  ResolvedStacks found_;
  size_t waiting_ = 0;  // stacks
  bool idle_ = true;
  bool stop_ = false;
  std::thread thread_;  // last: it uses the rest
};

}  // namespace tidemark
