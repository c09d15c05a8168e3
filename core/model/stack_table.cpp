#include "core/model/stack_table.h"

#include <algorithm>
#include <utility>

namespace tidemark {
namespace {

bool fits(const std::string& text) {
  return text.size() <= StackTable::kMaxText;
}

}  // namespace

size_t StackTable::cost(const Module& module) {
  return 128 + module.path.size() + module.build_id.size();
}

size_t StackTable::cost(const Stack& stack) {
  return 96 + stack.addresses.size() * sizeof(StackAddress);
}

size_t StackTable::cost(const std::vector<SymbolFrame>& frames) {
  size_t bytes = 64;
  for (const SymbolFrame& frame : frames) {
    bytes += sizeof frame + frame.function.size() + frame.file.size();
  }
  return bytes;
}

bool StackTable::pay(size_t cost, size_t refund) {
  if (cost_ - refund + cost > kMaxCost) return false;
  cost_ += cost - refund;
  return true;
}

bool StackTable::define(Module module) {
  if (module.id.value >= kMaxModules) return false;
  if (!fits(module.path) || !fits(module.build_id)) return false;
  const Module* before = this->module(module.id);
  if (!pay(cost(module), before == nullptr ? 0 : cost(*before))) return false;
  modules_.insert_or_assign(module.id, std::move(module));
  return true;
}

bool StackTable::define(Stack stack) {
  if (stack.id.value >= kMaxStacks) return false;
  if (stack.addresses.size() > kMaxDepth) return false;
  for (const StackAddress& address : stack.addresses) {
    if (!known(address.module)) return false;
  }
  const Stack* before = this->stack(stack.id);
  if (!pay(cost(stack), before == nullptr ? 0 : cost(*before))) return false;
  stacks_.insert_or_assign(stack.id, std::move(stack));
  return true;
}

bool StackTable::define(AddressSymbols symbols) {
  if (!known(symbols.address.module)) return false;
  if (symbols.frames.size() > kMaxInlines) return false;
  for (const SymbolFrame& frame : symbols.frames) {
    if (!fits(frame.function) || !fits(frame.file)) return false;
  }
  const auto* before = this->symbols(symbols.address);
  const size_t refund = before == nullptr ? 0 : cost(*before);
  if (!pay(cost(symbols.frames), refund)) return false;
  symbols_.insert_or_assign(symbols.address, std::move(symbols.frames));
  return true;
}

const Module* StackTable::module(ModuleId id) const {
  const auto found = modules_.find(id);
  return found == modules_.end() ? nullptr : &found->second;
}

const Stack* StackTable::stack(StackId id) const {
  const auto found = stacks_.find(id);
  return found == stacks_.end() ? nullptr : &found->second;
}

const std::vector<SymbolFrame>* StackTable::symbols(
    const StackAddress& address) const {
  const auto found = symbols_.find(address);
  return found == symbols_.end() ? nullptr : &found->second;
}

std::vector<StackFrame> StackTable::resolve(StackId id) const {
  std::vector<StackFrame> frames;
  const Stack* found = stack(id);
  if (found == nullptr) return frames;
  for (const StackAddress& address : found->addresses) append(address, frames);
  return frames;
}

void StackTable::append(const StackAddress& address,
                        std::vector<StackFrame>& out) const {
  StackFrame frame{.offset = address.offset};
  if (const Module* in = module(address.module)) {
    frame.module = in->path;
    frame.build_id = in->build_id;
  }
  const std::vector<SymbolFrame>* names = symbols(address);
  if (names == nullptr || names->empty()) {
    out.push_back(std::move(frame));
    return;
  }
  for (const SymbolFrame& name : *names) {
    frame.function = name.function;
    frame.file = name.file;
    frame.line = name.line;
    frame.inlined = name.inlined;
    out.push_back(frame);
  }
}

}  // namespace tidemark
