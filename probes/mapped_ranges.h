// What stands of the memory that a process mapped, and which call stack mapped
// it in which phase. A mapping may be given back in parts, several of them at
// once, moved, or replaced by another at its place. Pure.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <span>
#include <unordered_map>
#include <vector>

#include "probes/process_maps.h"

namespace tidemark {

class MappedRanges {
 public:
  struct Place {
    uint64_t stack = 0;  // its key
    uint32_t cohort = 0;
    auto operator<=>(const Place&) const = default;
  };
  // Of one place: a mapping is closed with the last part of it.
  struct Total {
    int64_t opened = 0, closed = 0;
    int64_t opened_bytes = 0, closed_bytes = 0;
  };

  // Ranges are of whole pages; those that pass the end of all addresses are
  // left alone. What was known of the range is replaced.
  void map(uint64_t address, uint64_t bytes, Place place);
  // Addresses without memory: not counted, wherever they are moved.
  void reserve(uint64_t address, uint64_t bytes);
  void unmap(uint64_t address, uint64_t bytes);
  // mremap(2): a thread begins it, and tells where the range is now; bytes 0:
  // nowhere else. What only shrinks stays whose it was; of memory that was
  // there before anybody looked only what was added counts.
  void moving(uint32_t thread, uint64_t address, uint64_t bytes);
  void moved(uint32_t thread, uint64_t address, uint64_t bytes, Place place);
  // Events were lost: nothing stands outside of these.
  void keep_only(std::span<const Mapping> mappings);
  // Another program runs.
  void clear();

  const std::map<Place, Total>& totals() const { return totals_; }

 private:
  struct Part {
    uint64_t end = 0;
    uint64_t mapping = 0;  // of mappings_
  };
  struct Whole {
    Total* total = nullptr;  // null: only reserved
    uint64_t bytes = 0;      // that still stand
  };
  struct Move {
    uint64_t address = 0, bytes = 0;  // of the range
    std::map<uint64_t, Part> parts;
  };

  void add(uint64_t address, uint64_t bytes, Total* total);
  bool is_reserved(const std::map<uint64_t, Part>& parts) const;
  std::map<uint64_t, Part> take_out(uint64_t begin, uint64_t end);
  void put_back(const std::map<uint64_t, Part>& parts);
  void give_back(const std::map<uint64_t, Part>& parts);
  bool is_free(uint64_t begin, uint64_t end) const;

  std::map<Place, Total> totals_;
  std::map<uint64_t, Part> parts_;  // by begin, disjoint
  std::unordered_map<uint64_t, Whole> mappings_;
  std::unordered_map<uint32_t, Move> moves_;  // by thread
  uint64_t next_mapping_ = 0;
};

}  // namespace tidemark
