// What is remembered of processes, each for as long as it lives: a daemon meets
// millions of them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <unordered_map>
#include <utility>

#include "core/base/ids.h"
#include "daemon/process_table.h"

namespace tidemark {

template <typename Note>
class ProcessNotes {
 public:
  // What may be kept of processes that ended, besides as many as are alive.
  static constexpr size_t kSlack = 256;

  // Nothing yet: made by Note(arguments...).
  template <typename... Arguments>
  Note& get(ProcessKey process, Arguments&&... arguments) {
    return notes_.try_emplace(process, std::forward<Arguments>(arguments)...)
        .first->second;
  }
  Note& operator[](ProcessKey process) { return get(process); }
  // nullptr: nothing is known.
  const Note* find(ProcessKey process) const {
    const auto found = notes_.find(process);
    return found == notes_.end() ? nullptr : &found->second;
  }
  bool contains(ProcessKey process) const { return notes_.contains(process); }
  void erase(ProcessKey process) { notes_.erase(process); }
  size_t size() const { return notes_.size(); }

  // Of processes that the table no longer knows. Cheap to call at each tick:
  // it looks when there may be as many of them as of others.
  void forget_ended(const ProcessTable& table) {
    if (notes_.size() < next_look_) return;
    std::erase_if(notes_, [&](const auto& each) {
      return table.find(each.first) == nullptr;
    });
    next_look_ = std::max(kSlack, 2 * notes_.size());
  }

 private:
  std::unordered_map<ProcessKey, Note> notes_;
  size_t next_look_ = kSlack;
};

}  // namespace tidemark
