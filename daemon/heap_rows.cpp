#include "daemon/heap_rows.h"

namespace tidemark {
namespace {

void add(HeapRows::Sum& sum, const HeapSite& row) {
  sum.alloc_bytes += row.alloc_bytes;
  sum.alloc_count += row.alloc_count;
  sum.live_bytes += row.live_bytes;
  sum.live_count += row.live_count;
  sum.samples += row.samples;
}

}  // namespace

void HeapRows::add_object(const HeapObjectNamed& object) {
  modules_[object.index] =
      definer_.define_module({ModuleId(), object.path, object.build_id});
}

void HeapRows::add_stack(const HeapStackKnown& known) {
  Stack stack;
  stack.quality = known.stack.quality;
  stack.truncated = known.stack.truncated;
  for (const UnwoundFrame& frame : known.stack.frames) {
    const auto module = modules_.find(frame.object);
    stack.addresses.push_back(
        {module == modules_.end() ? ModuleId() : module->second, frame.offset});
  }
  stacks_[known.life][known.key] = definer_.define_stack(stack);
}

void HeapRows::add_symbols(const HeapSymbols& symbols) {
  const auto module = modules_.find(symbols.object);
  if (module == modules_.end()) return;
  definer_.define_symbols({{module->second, symbols.offset}, symbols.frames});
}

void HeapRows::set_stack(HeapLife life, uint64_t key, StackId stack) {
  if (stack.valid()) stacks_[life][key] = stack;
}

StackId HeapRows::stack_of(const HeapSite& row, bool last) {
  auto& known = stacks_[{row.slot, row.epoch}];
  const auto found = known.find(row.key);
  if (found != known.end()) return found->second;
  if (!last && row.key != 0) return StackId();
  Stack unknown;
  unknown.truncated = true;
  unknown.quality = StackQuality::guess;
  const StackId id = definer_.define_stack(unknown);
  known.emplace(row.key, id);
  return id;
}

HeapRows::Site& HeapRows::site_of(const Key& key) {
  const auto [found, added] = sites_.try_emplace(key);
  if (!added) return found->second;
  const auto& [life, stack, cohort] = key;
  Subject subject;
  subject.kind = SubjectKind::site;
  subject.owner = owners_[life];
  subject.stack = stack;
  subject.site_kind = SiteKind::heap;
  subject.cohort = cohort;
  subject.name = phases_.of(cohort);
  found->second.subject = definer_.define_subject(subject);
  return found->second;
}

void HeapRows::add_up(std::span<const HeapSite> rows, bool last) {
  for (auto& [key, site] : sites_) site.sum = {};
  lives_.clear();
  for (const HeapSite& row : rows) {
    const HeapLife life{row.slot, row.epoch};
    if (!owners_.contains(life)) continue;
    add(lives_[life], row);
    if (row.samples == 0) continue;
    const StackId stack = stack_of(row, last);
    if (stack.valid()) add(site_of({life, stack, row.cohort}).sum, row);
  }
}

HeapRows::Sum HeapRows::live_of(HeapLife life) const {
  const auto found = lives_.find(life);
  return found == lives_.end() ? Sum() : found->second;
}

void HeapRows::end_life(HeapLife life) {
  const auto first = sites_.lower_bound({life, StackId(0), 0});
  auto last = first;
  for (; last != sites_.end() && std::get<0>(last->first) == life; ++last) {
    definer_.end_subject(last->second.subject);
  }
  sites_.erase(first, last);
  owners_.erase(life);
  stacks_.erase(life);
  lives_.erase(life);
}

}  // namespace tidemark
