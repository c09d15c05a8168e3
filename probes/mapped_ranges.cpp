#include "probes/mapped_ranges.h"

#include <algorithm>
#include <utility>

namespace tidemark {
namespace {

bool wraps(uint64_t address, uint64_t bytes) {
  return address + bytes < address;
}

}  // namespace

void MappedRanges::map(uint64_t address, uint64_t bytes, Place place) {
  if (bytes == 0 || wraps(address, bytes)) return;
  Total& total = totals_[place];
  ++total.opened;
  total.opened_bytes += static_cast<int64_t>(bytes);
  add(address, bytes, &total);
}

void MappedRanges::reserve(uint64_t address, uint64_t bytes) {
  if (bytes > 0 && !wraps(address, bytes)) add(address, bytes, nullptr);
}

void MappedRanges::add(uint64_t address, uint64_t bytes, Total* total) {
  unmap(address, bytes);
  mappings_[next_mapping_] = {total, bytes};
  parts_[address] = {address + bytes, next_mapping_++};
}

void MappedRanges::unmap(uint64_t address, uint64_t bytes) {
  if (bytes == 0 || wraps(address, bytes)) return;
  give_back(take_out(address, address + bytes));
}

void MappedRanges::moving(uint32_t thread, uint64_t address, uint64_t bytes) {
  if (bytes == 0 || wraps(address, bytes)) return;
  moves_[thread] = {address, bytes, take_out(address, address + bytes)};
}

void MappedRanges::moved(uint32_t thread, uint64_t address, uint64_t bytes,
                         Place place) {
  Move move;
  if (const auto begun = moves_.find(thread); begun != moves_.end()) {
    move = std::move(begun->second);
    moves_.erase(begun);
  }
  if (bytes == 0) return put_back(move.parts);
  if (address == move.address && bytes <= move.bytes) {
    put_back(move.parts);
    return unmap(address + bytes, move.bytes - bytes);
  }
  // What grows or goes elsewhere is memory of one kind.
  const bool reserved = is_reserved(move.parts);
  uint64_t unknown = move.bytes;
  for (const auto& [begin, part] : move.parts) unknown -= part.end - begin;
  give_back(move.parts);
  if (reserved) {
    reserve(address, bytes);
  } else if (bytes > unknown) {
    map(address + unknown, bytes - unknown, place);
  }
}

bool MappedRanges::is_reserved(const std::map<uint64_t, Part>& parts) const {
  return std::ranges::any_of(parts, [this](const auto& each) {
    const auto found = mappings_.find(each.second.mapping);
    return found != mappings_.end() && found->second.total == nullptr;
  });
}

void MappedRanges::keep_only(std::span<const Mapping> mappings) {
  uint64_t end = 0;
  for (const Mapping& mapping : mappings) {
    if (mapping.begin > end) unmap(end, mapping.begin - end);
    end = std::max(end, mapping.end);
  }
  unmap(end, UINT64_MAX - end);
}

void MappedRanges::clear() {
  unmap(0, UINT64_MAX);
  for (const auto& [thread, move] : moves_) give_back(move.parts);
  moves_.clear();
}

// What stands of a range, cut where it passes the range's ends.
std::map<uint64_t, MappedRanges::Part> MappedRanges::take_out(uint64_t begin,
                                                              uint64_t end) {
  std::map<uint64_t, Part> taken;
  auto at = parts_.upper_bound(begin);
  if (at != parts_.begin() && std::prev(at)->second.end > begin) --at;
  while (at != parts_.end() && at->first < end) {
    const auto [first, part] = *at;
    at = parts_.erase(at);
    if (first < begin) parts_[first] = {begin, part.mapping};
    if (part.end > end) parts_[end] = part;
    taken[std::max(first, begin)] = {std::min(part.end, end), part.mapping};
  }
  return taken;
}

// As it was; another thread may have mapped over a part of it meanwhile.
void MappedRanges::put_back(const std::map<uint64_t, Part>& parts) {
  for (const auto& [begin, part] : parts) {
    if (is_free(begin, part.end)) {
      parts_[begin] = part;
    } else {
      give_back({{begin, part}});
    }
  }
}

void MappedRanges::give_back(const std::map<uint64_t, Part>& parts) {
  for (const auto& [begin, part] : parts) {
    const auto found = mappings_.find(part.mapping);
    if (found == mappings_.end()) continue;
    const uint64_t bytes = part.end - begin;
    Whole& whole = found->second;
    whole.bytes -= bytes;
    if (whole.total != nullptr) {
      whole.total->closed_bytes += static_cast<int64_t>(bytes);
      whole.total->closed += whole.bytes == 0;
    }
    if (whole.bytes > 0) continue;
    mappings_.erase(found);
  }
}

bool MappedRanges::is_free(uint64_t begin, uint64_t end) const {
  const auto after = parts_.lower_bound(end);
  return after == parts_.begin() || std::prev(after)->second.end <= begin;
}

}  // namespace tidemark
