#include "daemon/handle_sites.h"

#include <algorithm>

#include "daemon/collectors/site_metrics.h"

namespace tidemark {
HandleSites::HandleSites(Definer& definer)
    : definer_(definer),
      live_count_(definer.define_metric(kSiteMetrics[kSiteLiveCount])),
      alloc_count_(definer.define_metric(kSiteMetrics[kSiteAllocCount])) {}

void HandleSites::accept(const ResolvedStacks& found) {
  for (const ResolvedStacks::Object& object : found.objects) {
    modules_[object.index] =
        definer_.define_module({{}, object.path, object.build_id});
  }
  for (const ResolvedStacks::Known& known : found.stacks) {
    const auto place = pending_.find(known.token);
    if (place == pending_.end()) continue;
    stacks_[place->second] = define(known.stack);
    pending_.erase(place);
  }
  for (const ResolvedStacks::Names& names : found.names) {
    definer_.define_symbols(
        {{modules_[names.object], names.offset}, names.frames});
  }
}

StackId HandleSites::define(const UnwoundStack& unwound) {
  if (unwound.frames.empty()) return {};
  Stack stack;
  stack.quality = unwound.quality;
  stack.truncated = unwound.truncated;
  for (const UnwoundFrame& frame : unwound.frames) {
    const bool in_file = frame.object != UnwoundFrame::kNoObject;
    stack.addresses.push_back(
        {in_file ? modules_[frame.object] : ModuleId(), frame.offset});
  }
  return definer_.define_stack(stack);
}

bool HandleSites::waits(HandleSlot slot) const {
  return std::ranges::any_of(
      pending_, [&](const auto& each) { return each.second.first == slot; });
}

HandleSites::Site& HandleSites::site_of(const Key& key) {
  const auto [found, added] = sites_.try_emplace(key);
  if (added) {
    const auto& [owner, kind, stack, cohort] = key;
    Subject subject;
    subject.kind = SubjectKind::site;
    subject.name = phases_[cohort];
    subject.owner = owner;
    subject.stack = stack;
    subject.site_kind = kind;
    subject.cohort = cohort;
    found->second.subject = definer_.define_subject(subject);
  }
  return found->second;
}

void HandleSites::put(std::span<const HandleSite> rows, bool last,
                      FrameBuilder& frame) {
  for (auto& [key, site] : sites_) site.opened = site.open = 0;
  for (const HandleSite& row : rows) {
    const auto owner = owners_.find(row.slot);
    if (owner == owners_.end()) continue;
    const auto stack = stacks_.find({row.slot, row.key});
    if (stack == stacks_.end() && !last) continue;
    const StackId id = stack == stacks_.end() ? StackId() : stack->second;
    Site& site = site_of({owner->second, row.kind, id, row.cohort});
    site.opened += row.opened;
    site.open += row.opened - row.closed;
  }
  for (const auto& [key, site] : sites_) {
    frame.put(live_count_, site.subject, site.open);
    frame.put(alloc_count_, site.subject, site.opened);
  }
}

void HandleSites::end(HandleSlot slot) {
  const auto owner = owners_.find(slot);
  if (owner == owners_.end()) return;
  std::erase_if(sites_, [&](const auto& each) {
    if (std::get<0>(each.first) != owner->second) return false;
    definer_.end_subject(each.second.subject);
    return true;
  });
  std::erase_if(stacks_,
                [&](const auto& each) { return each.first.first == slot; });
  std::erase_if(pending_,
                [&](const auto& each) { return each.second.first == slot; });
  owners_.erase(owner);
}

}  // namespace tidemark
