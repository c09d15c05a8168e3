#include "daemon/handle_sites.h"

#include "daemon/collectors/site_metrics.h"

namespace tidemark {

HandleSites::HandleSites(Definer& definer)
    : subjects_(definer),
      live_count_(definer.define_metric(kSiteMetrics[kSiteLiveCount])),
      alloc_count_(definer.define_metric(kSiteMetrics[kSiteAllocCount])),
      live_bytes_(definer.define_metric(kSiteMetrics[kSiteLiveBytes])),
      alloc_bytes_(definer.define_metric(kSiteMetrics[kSiteAllocBytes])) {}

void HandleSites::found(HandleSlot slot, uint64_t key, StackId stack) {
  const auto waiting = waiting_.find(slot);
  if (waiting == waiting_.end()) return;
  if (--waiting->second == 0) waiting_.erase(waiting);
  stacks_[{slot, key}] = stack;
}

bool HandleSites::waits(HandleSlot slot) const {
  return waiting_.contains(slot);
}

HandleSites::Site& HandleSites::site_of(const SiteKey& key) {
  const auto [found, added] = sites_.try_emplace(key);
  if (added) found->second.subject = subjects_.define(key);
  return found->second;
}

void HandleSites::put(std::span<const HandleSite> rows, bool last,
                      FrameBuilder& frame) {
  for (auto& [key, site] : sites_) site = {.subject = site.subject};
  for (const HandleSite& row : rows) {
    const auto owner = owners_.find(row.slot);
    if (owner == owners_.end()) continue;
    const auto stack = stacks_.find({row.slot, row.key});
    if (stack == stacks_.end() && !last) continue;
    const StackId id = stack == stacks_.end() ? StackId() : stack->second;
    Site& site = site_of({owner->second, row.kind, id, row.cohort});
    site.opened += row.opened;
    site.open += row.opened - row.closed;
    site.opened_bytes += row.opened_bytes;
    site.open_bytes += row.opened_bytes - row.closed_bytes;
  }
  for (const auto& [key, site] : sites_) {
    frame.put(live_count_, site.subject, site.open);
    frame.put(alloc_count_, site.subject, site.opened);
    if (key.kind != SiteKind::mapped) continue;
    frame.put(live_bytes_, site.subject, site.open_bytes);
    frame.put(alloc_bytes_, site.subject, site.opened_bytes);
  }
}

void HandleSites::end(HandleSlot slot) {
  const auto owner = owners_.find(slot);
  if (owner == owners_.end()) return;
  std::erase_if(sites_, [&](const auto& each) {
    if (each.first.owner != owner->second) return false;
    subjects_.end(each.second.subject);
    return true;
  });
  std::erase_if(stacks_,
                [&](const auto& each) { return each.first.first == slot; });
  waiting_.erase(slot);
  owners_.erase(owner);
}

}  // namespace tidemark
