#include "daemon/stack_sites.h"

#include <algorithm>
#include <utility>

namespace tidemark {
namespace {

constexpr MetricSpec kAllocBytes = {
    "site.alloc_bytes", SubjectKind::site, MetricKind::counter, Unit::bytes,
    "What was taken at this stack in its phase."};
constexpr MetricSpec kAllocCount = {"site.alloc_count", SubjectKind::site,
                                    MetricKind::counter, Unit::count,
                                    "The same in pieces."};
constexpr MetricSpec kSamples = {
    "site.samples", SubjectKind::site, MetricKind::counter, Unit::count,
    "Samples that the figures of this site rest on."};

}  // namespace

StackSites::StackSites(Definer& definer, std::string proc)
    : definer_(definer),
      resolver_(std::move(proc)),
      alloc_bytes_(definer.define_metric(kAllocBytes)),
      alloc_count_(definer.define_metric(kAllocCount)),
      samples_(definer.define_metric(kSamples)) {}

void StackSites::phase_changed(const Cohort& cohort) {
  phases_[cohort.ordinal] = cohort.path;
}

void StackSites::add(SubjectId owner, SiteKind kind, uint32_t cohort,
                     Weight weight, CopiedStack stack) {
  stack.token = ++next_token_;
  if (!resolver_.post(std::move(stack))) {
    ++refused_;
    return;
  }
  pending_[next_token_] = {owner, kind, cohort, weight};
}

void StackSites::end(SubjectId owner, ProcessKey process) {
  resolver_.forget(process);  // after the stacks that were posted before
  ending_.push_back(owner);
}

void StackSites::accept() {
  resolver_.take(found_);
  for (const ResolvedStacks::Object& object : found_.objects) {
    modules_[object.index] =
        definer_.define_module({{}, object.path, object.build_id});
  }
  for (const ResolvedStacks::Known& known : found_.stacks) accept(known);
  for (ResolvedStacks::Names& names : found_.names) {
    definer_.define_symbols(
        {{modules_[names.object], names.offset}, std::move(names.frames)});
  }
}

void StackSites::accept(const ResolvedStacks::Known& known) {
  const auto found = pending_.find(known.token);
  if (found == pending_.end()) return;
  Weight& sum = site_of(found->second, define(known.stack)).sum;
  sum.bytes += found->second.weight.bytes;
  sum.count += found->second.weight.count;
  sum.samples += found->second.weight.samples;
  pending_.erase(found);
}

StackId StackSites::define(const UnwoundStack& unwound) {
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

StackSites::Site& StackSites::site_of(const Pending& pending, StackId stack) {
  size_t& known = of_process_[pending.owner];
  if (known >= kMostOfProcess &&
      !sites_.contains({pending.owner, pending.kind, stack, pending.cohort})) {
    stack = {};
  }
  const auto [found, added] =
      sites_.try_emplace({pending.owner, pending.kind, stack, pending.cohort});
  if (added) {
    ++known;
    Subject subject;
    subject.kind = SubjectKind::site;
    subject.name = phases_[pending.cohort];
    subject.owner = pending.owner;
    subject.stack = stack;
    subject.site_kind = pending.kind;
    subject.cohort = pending.cohort;
    found->second.subject = definer_.define_subject(subject);
  }
  return found->second;
}

void StackSites::put(FrameBuilder& frame) {
  accept();
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
  std::erase_if(ending_, [&](SubjectId owner) {
    const bool waits = std::ranges::any_of(
        pending_, [&](const auto& each) { return each.second.owner == owner; });
    if (!waits) end_sites(owner);
    return !waits;
  });
}

void StackSites::end_sites(SubjectId owner) {
  for (auto at = sites_.lower_bound({owner, SiteKind::none, StackId(0), 0});
       at != sites_.end() && std::get<0>(at->first) == owner;) {
    definer_.end_subject(at->second.subject);
    at = sites_.erase(at);
  }
  of_process_.erase(owner);
}

}  // namespace tidemark
