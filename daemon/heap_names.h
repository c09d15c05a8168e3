// Names of addresses, looked up on a thread of their own: a large program's
// debug information takes seconds to open, and forks do not wait.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "daemon/heap_output.h"
#include "probes/symbolizer.h"

namespace tidemark {

class HeapNames {
 public:
  // `symbolizer`: may be shared, outlives this.
  explicit HeapNames(Symbolizer& symbolizer)
      : symbolizer_(symbolizer), thread_([this] { run(); }) {}
  ~HeapNames();
  HeapNames(const HeapNames&) = delete;
  HeapNames& operator=(const HeapNames&) = delete;

  // Looks up an address of an object, known by `object` to the caller.
  void ask(uint32_t object, uint64_t offset, SymbolSource source);
  // Appends what was found since; false: nothing is left to be found.
  bool take(std::vector<HeapSymbols>& found);

 private:
  struct Question {
    uint32_t object = 0;
    uint64_t offset = 0;
    SymbolSource source;
  };
  void run();

  Symbolizer& symbolizer_;
  std::mutex mutex_;
  std::condition_variable asked_;
  std::deque<Question> questions_;
  std::vector<HeapSymbols> found_;
  bool looking_ = false;
  bool stop_ = false;
  std::thread thread_;  // last: it uses the rest
};

}  // namespace tidemark
