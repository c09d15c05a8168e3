// The watched processes that a probe follows: which of them are new, and which
// are watched no more.
#pragma once

#include <cstdint>
#include <map>

#include "core/base/ids.h"
#include "core/model/subject.h"
#include "daemon/process_table.h"

namespace tidemark {

class FollowedProcesses {
 public:
  // Follows one if it is not yet: `begin(subject)` false, or nothing of it is
  // kept.
  template <typename Begin>
  void follow(const Subject& subject, Begin&& begin) {
    const auto [known, added] =
        all_.try_emplace(subject.process, Followed{subject.id, pass_});
    known->second.pass = pass_;
    if (added && !begin(subject)) all_.erase(known);
  }
  // All that are watched now; end(process, subject) for those that were.
  template <typename Begin, typename End>
  void update(const ProcessTable& table, Begin&& begin, End&& end) {
    ++pass_;
    for (const SubjectId id : table.watched()) {
      const Subject* subject = table.find(id);
      if (subject != nullptr && !subject->kernel_thread) {
        follow(*subject, begin);
      }
    }
    std::erase_if(all_, [&](const auto& each) {
      const auto& [process, followed] = each;
      if (followed.pass == pass_) return false;
      end(process, followed.subject);
      return true;
    });
  }

  // Invalid: it is not followed. One that has ended may be gone from the
  // process table and still be here.
  SubjectId find(ProcessKey process) const {
    const auto known = all_.find(process);
    return known == all_.end() ? SubjectId() : known->second.subject;
  }
  template <typename Fn>
  void for_each(Fn&& fn) const {
    for (const auto& [process, followed] : all_) fn(process, followed.subject);
  }

 private:
  struct Followed {
    SubjectId subject;
    uint64_t pass = 0;
  };
  std::map<ProcessKey, Followed> all_;
  uint64_t pass_ = 0;
};

}  // namespace tidemark
