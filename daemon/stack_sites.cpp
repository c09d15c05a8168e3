#include "daemon/stack_sites.h"

#include <utility>

#include "daemon/collectors/site_metrics.h"

namespace tidemark {

StackSites::StackSites(Definer& definer, StackDesk& desk)
    : desk_(desk),
      subjects_(definer),
      alloc_bytes_(definer.define_metric(kSiteMetrics[kSiteAllocBytes])),
      alloc_count_(definer.define_metric(kSiteMetrics[kSiteAllocCount])),
      samples_(definer.define_metric(kSiteMetrics[kSiteSamples])) {}

void StackSites::phase_changed(const Cohort& cohort) {
  subjects_.phase_changed(cohort);
  cohort_ = cohort;
}

void StackSites::add(SubjectId owner, SiteKind kind, uint32_t cohort,
                     Weight weight, CopiedStack stack) {
  SiteKey key{owner, kind, StackId(), cohort};
  Owned& owned = owned_[owner];
  owned.ending = false;
  const bool asked =
      desk_.post(std::move(stack), [this, key, weight](StackId found) mutable {
        --owned_[key.owner].waiting;
        key.stack = found;
        add_up(key, weight);
      });
  if (asked) {
    ++owned.waiting;
  } else {
    ++refused_;
    add_up(key, weight);
  }
}

void StackSites::end(SubjectId owner, ProcessKey process) {
  desk_.forget(process);
  owned_[owner].ending = true;
}

void StackSites::add_up(SiteKey key, const Weight& weight) {
  Weight& sum = site_of(key).sum;
  sum.bytes += weight.bytes;
  sum.count += weight.count;
  sum.samples += weight.samples;
}

StackSites::Site& StackSites::site_of(SiteKey key) {
  size_t& known = owned_[key.owner].sites;
  if (known >= kMostOfProcess && !sites_.contains(key)) key.stack = {};
  const auto [found, added] = sites_.try_emplace(key);
  if (added) {
    ++known;
    found->second.subject = subjects_.define(key);
  }
  return found->second;
}

void StackSites::put(FrameBuilder& frame) {
  desk_.accept();
  for (const auto& [key, site] : sites_) {
    if (site.sum.bytes > 0) {
      frame.put(alloc_bytes_, site.subject, site.sum.bytes);
    }
    if (site.sum.count > 0) {
      frame.put(alloc_count_, site.subject, site.sum.count);
    }
    if (site.sum.samples > 0) {
      frame.put(samples_, site.subject, site.sum.samples);
    }
  }
  end_past_phases();
  std::erase_if(owned_, [this](const auto& each) {
    const auto& [owner, owned] = each;
    if (!owned.ending || owned.waiting > 0) return false;
    end_sites(owner);
    return true;
  });
}

// All that was said of them stands: nothing more is taken in their phases.
void StackSites::end_past_phases() {
  std::erase_if(sites_, [this](const auto& each) {
    const SiteKey& key = each.first;
    Owned& owned = owned_[key.owner];
    if (owned.waiting > 0 || cohort_.may_come_again(key.cohort)) return false;
    subjects_.end(each.second.subject);
    --owned.sites;
    return true;
  });
}

void StackSites::end_sites(SubjectId owner) {
  const SiteKey first{owner, SiteKind::none, StackId(0), 0};
  for (auto at = sites_.lower_bound(first);
       at != sites_.end() && at->first.owner == owner;) {
    subjects_.end(at->second.subject);
    at = sites_.erase(at);
  }
}

}  // namespace tidemark
