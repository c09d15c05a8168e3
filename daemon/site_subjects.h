// Subjects of sites: one per owner, kind, stack and phase.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "core/base/ids.h"
#include "core/model/site.h"
#include "daemon/collector.h"

namespace tidemark {

struct SiteKey {
  SubjectId owner;
  SiteKind kind = SiteKind::none;
  StackId stack;
  uint32_t cohort = 0;
  auto operator<=>(const SiteKey&) const = default;
};

class SiteSubjects {
 public:
  explicit SiteSubjects(Definer& definer) : definer_(definer) {}

  void phase_changed(const Cohort& cohort) {
    phases_[cohort.ordinal] = cohort.path;
  }
  SubjectId define(const SiteKey& key) {
    Subject subject;
    subject.kind = SubjectKind::site;
    subject.name = phases_[key.cohort];
    subject.owner = key.owner;
    subject.stack = key.stack;
    subject.site_kind = key.kind;
    subject.cohort = key.cohort;
    return definer_.define_subject(subject);
  }
  void end(SubjectId site) { definer_.end_subject(site); }

 private:
  Definer& definer_;
  std::unordered_map<uint32_t, std::string> phases_;  // paths by ordinal
};

}  // namespace tidemark
