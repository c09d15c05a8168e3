// Stacks on their way into a recording: what is defined and not yet written,
// cut into records that every reader accepts; and all of it once more, so that
// what still lives can be told again.
#pragma once

#include <set>
#include <unordered_set>
#include <vector>

#include "core/model/stack_table.h"
#include "core/store/records.h"

namespace tidemark {

class StackQueue {
 public:
  // False: beyond the limits of StackTable, and ignored.
  bool define(const Module& module);
  bool define(const Stack& stack);
  bool define(const AddressSymbols& symbols);

  bool empty() const {
    return modules_.empty() && stacks_.empty() && symbols_.empty();
  }
  // What is to be written, in order.
  std::vector<StacksRecord> records() const;
  // It was written.
  void clear();
  // All that these stacks need is to be written again.
  void restate(const std::unordered_set<StackId>& living);
  // A new file begins, which was told nothing: all modules are to be written,
  // since what is defined later may name them, and stacks as they are needed.
  void begin_file();
  // Something names this stack: it is to be written unless the file has it.
  void require(StackId id);

 private:
  StackTable known_;
  std::set<ModuleId> modules_;
  std::set<StackId> stacks_;
  std::set<StackAddress> symbols_;
  std::unordered_set<StackId> told_;  // in this file, or to be
};

}  // namespace tidemark
