#include "daemon/heap_names.h"

#include <chrono>
#include <iterator>
#include <utility>

namespace tidemark {
namespace {

// Between two looks at files that nobody asked for.
constexpr std::chrono::seconds kPutAway{3};

}  // namespace

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
  bool open = false;
  std::unique_lock lock(mutex_);
  while (true) {
    const auto called = [&] { return stop_ || !questions_.empty(); };
    if (!open) {
      asked_.wait(lock, called);
    } else if (!asked_.wait_for(lock, kPutAway, called)) {
      lock.unlock();
      open = symbolizer_.put_away_unused();
      lock.lock();
      continue;
    }
    if (stop_) return;
    open = true;
    const Question question = std::move(questions_.front());
    questions_.pop_front();
    looking_ = true;
    lock.unlock();
    auto frames = symbolizer_.symbolize(question.source, question.offset);
    lock.lock();
    looking_ = false;
    found_.push_back({question.object, question.offset, std::move(frames)});
  }
}

}  // namespace tidemark
