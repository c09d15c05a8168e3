#include "core/store/stack_queue.h"

#include <utility>

namespace tidemark {
namespace {

// Far below what readers accept (codec_stacks.cpp), and enough that a record's
// frame costs nothing.
constexpr size_t kRecordBytes = 4u << 20;

// Cuts a row of definitions into records.
class RecordCutter {
 public:
  StacksRecord& next(size_t bytes) {
    if (records_.empty() || bytes > kRecordBytes - used_) {
      records_.emplace_back();
      used_ = 0;
    }
    used_ += bytes;
    return records_.back();
  }
  std::vector<StacksRecord> take() { return std::move(records_); }

 private:
  std::vector<StacksRecord> records_;
  size_t used_ = 0;
};

}  // namespace

bool StackQueue::define(const Module& module) {
  if (!known_.define(module)) return false;
  modules_.insert(module.id);
  return true;
}

bool StackQueue::define(const Stack& stack) {
  if (!known_.define(stack)) return false;
  stacks_.insert(stack.id);
  told_.insert(stack.id);
  return true;
}

bool StackQueue::define(const AddressSymbols& symbols) {
  if (!known_.define(symbols)) return false;
  symbols_.insert(symbols.address);
  return true;
}

std::vector<StacksRecord> StackQueue::records() const {
  RecordCutter cutter;
  for (const ModuleId id : modules_) {
    const Module& module = *known_.module(id);
    cutter.next(StackTable::cost(module)).modules.push_back(module);
  }
  for (const StackId id : stacks_) {
    const Stack& stack = *known_.stack(id);
    cutter.next(StackTable::cost(stack)).stacks.push_back(stack);
  }
  for (const StackAddress& address : symbols_) {
    AddressSymbols symbols{address, *known_.symbols(address)};
    const size_t cost = StackTable::cost(symbols.frames);
    cutter.next(cost).symbols.push_back(std::move(symbols));
  }
  return cutter.take();
}

void StackQueue::clear() {
  modules_.clear();
  stacks_.clear();
  symbols_.clear();
}

void StackQueue::restate(const std::unordered_set<StackId>& living) {
  for (const StackId id : living) {
    const Stack* stack = known_.stack(id);
    if (stack == nullptr) continue;
    stacks_.insert(id);
    told_.insert(id);
    for (const StackAddress& address : stack->addresses) {
      if (address.module.valid()) modules_.insert(address.module);
      if (known_.symbols(address) != nullptr) symbols_.insert(address);
    }
  }
}

void StackQueue::begin_file() {
  told_.clear();
  for (const auto& [id, module] : known_.modules()) modules_.insert(id);
}

void StackQueue::require(StackId id) {
  if (!told_.contains(id)) restate({id});
}

}  // namespace tidemark
