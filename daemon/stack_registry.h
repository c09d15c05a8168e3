// The giver of ids for modules and stacks: the same again gets the same id.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/model/site.h"
#include "core/model/stack_table.h"

namespace tidemark {

// What was defined since it was last taken, in an order that a StackTable
// accepts: modules, stacks, symbols.
struct StackDefinitions {
  std::vector<Module> modules;
  std::vector<Stack> stacks;
  std::vector<AddressSymbols> symbols;

  bool empty() const {
    return modules.empty() && stacks.empty() && symbols.empty();
  }
  void append(StackDefinitions& newer);
  void clear();
};

class StackRegistry {
 public:
  // Of a service, which tells stacks for months: they are kept here and by the
  // writer, which takes less than 2.5 times as much, and the unit's MemoryHigh
  // has to hold that beside all else.
  static constexpr size_t kServiceCost = 48u << 20;

  // `most_cost`: of all that is told, as a StackTable counts.
  explicit StackRegistry(size_t most_cost = StackTable::kMaxCost)
      : most_cost_(most_cost) {}

  // Both give an invalid id when that or the recording's limits are reached
  // (StackTable); `refused` counts that.
  ModuleId module(const Module& module);
  StackId stack(const Stack& stack);
  // Longer lists and texts than a StackTable takes are cut; ignored when the
  // limits are reached.
  void symbols(const AddressSymbols& symbols);

  void take(StackDefinitions& changes) { changes.append(changes_); }
  const StackDefinitions& changes() const { return changes_; }
  int64_t refused() const { return refused_; }

 private:
  bool pay(size_t cost);

  std::unordered_map<std::string, ModuleId> modules_;
  std::unordered_map<std::string, StackId> stacks_;  // by their bytes
  StackDefinitions changes_;
  size_t most_cost_;
  size_t cost_ = 0;
  int64_t refused_ = 0;
};

}  // namespace tidemark
