#include "daemon/heap_names.h"

#include <iterator>
#include <utility>

namespace tidemark {

HeapNames::~HeapNames() {
  {
    const std::scoped_lock lock(mutex_);
    stop_ = true;
  }
  asked_.notify_all();
  thread_.join();
}

void HeapNames::ask(uint32_t object, uint64_t offset, SymbolSource source) {
  {
    const std::scoped_lock lock(mutex_);
    questions_.push_back({object, offset, std::move(source)});
  }
  asked_.notify_all();
}

bool HeapNames::take(std::vector<HeapSymbols>& found) {
  const std::scoped_lock lock(mutex_);
  found.insert(found.end(), std::make_move_iterator(found_.begin()),
               std::make_move_iterator(found_.end()));
  found_.clear();
  return looking_ || !questions_.empty();
}

void HeapNames::run() {
  Symbolizer symbolizer;
  std::unique_lock lock(mutex_);
  while (true) {
    asked_.wait(lock, [&] { return stop_ || !questions_.empty(); });
    if (stop_) return;
    const Question question = std::move(questions_.front());
    questions_.pop_front();
    looking_ = true;
    lock.unlock();
    auto frames = symbolizer.symbolize(question.source, question.offset);
    lock.lock();
    looking_ = false;
    found_.push_back({question.object, question.offset, std::move(frames)});
  }
}

}  // namespace tidemark
