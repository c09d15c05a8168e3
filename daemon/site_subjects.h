// Subjects of sites: one per owner, kind, stack and phase.
#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "core/base/ids.h"
#include "core/model/site.h"
#include "core/model/time_slices.h"
#include "daemon/collector.h"

namespace tidemark {

struct SiteKey {
  SubjectId owner;
  SiteKind kind = SiteKind::none;
  StackId stack;
  uint32_t cohort = 0;
  auto operator<=>(const SiteKey&) const = default;
};

// Paths of phases by ordinal: of those that may come again, and of the latest
// ones, whose stacks may come late.
class PhasePaths {
 public:
  static constexpr uint32_t kLate = 64;

  void changed(const Cohort& cohort) {
    if (is_time_slice(cohort.ordinal)) return;  // has none
    paths_[cohort.ordinal] = cohort.path;
    newest_ = std::max(newest_, cohort.ordinal);
    std::erase_if(paths_, [&](const auto& each) {
      return newest_ - each.first > kLate && !cohort.may_come_again(each.first);
    });
  }
  std::string of(uint32_t ordinal) const {
    const auto found = paths_.find(ordinal);
    return found == paths_.end() ? std::string() : found->second;
  }
  size_t size() const { return paths_.size(); }

 private:
  std::unordered_map<uint32_t, std::string> paths_;
  uint32_t newest_ = 0;
};

class SiteSubjects {
 public:
  explicit SiteSubjects(Definer& definer) : definer_(definer) {}

  void phase_changed(const Cohort& cohort) { phases_.changed(cohort); }
  SubjectId define(const SiteKey& key) {
    Subject subject;
    subject.kind = SubjectKind::site;
    subject.name = phases_.of(key.cohort);
    subject.owner = key.owner;
    subject.stack = key.stack;
    subject.site_kind = key.kind;
    subject.cohort = key.cohort;
    return definer_.define_subject(subject);
  }
  void end(SubjectId site) { definer_.end_subject(site); }

 private:
  Definer& definer_;
  PhasePaths phases_;
};

}  // namespace tidemark
