// The stacks of a recording by id, and the names of their addresses. Names may
// be defined long after the stack, or not at all: resolve() shows what is
// known when it is asked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "core/base/ids.h"
#include "core/model/site.h"

namespace tidemark {

class StackTable {
 public:
  static constexpr uint32_t kMaxModules = 1u << 16;
  static constexpr uint32_t kMaxStacks = 1u << 24;
  static constexpr size_t kMaxDepth = 512;        // addresses of one stack
  static constexpr size_t kMaxInlines = 64;       // frames of one address
  static constexpr size_t kMaxText = 4096;        // bytes of a path or a name
  static constexpr size_t kMaxCost = 256u << 20;  // of all, in memory

  // Roughly what a definition takes in memory, in bytes.
  static size_t cost(const Module& module);
  static size_t cost(const Stack& stack);
  static size_t cost(const std::vector<SymbolFrame>& frames);

  // Adds or replaces a definition. False, and ignored: an id, a length or the
  // whole is beyond the limits above, or a module is not defined.
  bool define(Module module);
  bool define(Stack stack);
  bool define(AddressSymbols symbols);

  // nullptr when not defined.
  const Module* module(ModuleId id) const;
  const Stack* stack(StackId id) const;
  const std::vector<SymbolFrame>* symbols(const StackAddress& address) const;

  // The stack's frames, innermost first, inlined ones before those they were
  // inlined into. An address without names is one frame without function.
  // Empty: the stack is not defined.
  std::vector<StackFrame> resolve(StackId id) const;

  const std::unordered_map<ModuleId, Module>& modules() const {
    return modules_;
  }
  const std::unordered_map<StackId, Stack>& stacks() const { return stacks_; }
  // By the address they name.
  const std::unordered_map<StackAddress, std::vector<SymbolFrame>>& names()
      const {
    return symbols_;
  }

 private:
  bool known(ModuleId id) const { return !id.valid() || modules_.contains(id); }
  bool pay(size_t cost, size_t refund);
  void append(const StackAddress& address, std::vector<StackFrame>& out) const;

  std::unordered_map<ModuleId, Module> modules_;
  std::unordered_map<StackId, Stack> stacks_;
  std::unordered_map<StackAddress, std::vector<SymbolFrame>> symbols_;
  size_t cost_ = 0;
};

}  // namespace tidemark
