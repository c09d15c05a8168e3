// A heap segment (client/heap/heap_channel.h) as the daemon reads it: copied by
// pread(2), which makes no page of it ours, then judged. Nothing in it is
// trusted: a count, an index or a figure that breaks a rule is an error.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "client/heap/heap_channel.h"
#include "core/base/result.h"
#include "core/os/unique_fd.h"
#include "probes/heap_tracer.h"

namespace tidemark {

class HeapSegment {
 public:
  // Sums over rows stay below this, so that adding them up cannot overflow.
  static constexpr uint64_t kLargestSum = uint64_t{1} << 60;

  struct WalkedStack {
    uint64_t key = 0;
    std::vector<uint64_t> return_addresses;  // innermost first
    bool truncated = false;
    bool by_frame_pointer = false;
  };
  struct Totals {
    uint64_t period = 0;
    uint64_t alloc_bytes = 0;  // asked for, sampled or not
    uint64_t alloc_count = 0;  // estimated
    uint64_t samples = 0;
    uint64_t untracked = 0, sites_full = 0, nested = 0;
    bool bypassed = false;  // the program calls a malloc of its own
  };

  // Checks seals, size and header. Error malformed: the rule that was broken;
  // else the system's.
  static Result<std::unique_ptr<HeapSegment>> map(UniqueFd memfd);
  ~HeapSegment();
  HeapSegment(const HeapSegment&) = delete;
  HeapSegment& operator=(const HeapSegment&) = delete;

  // Reads it all. Error malformed: the rule that was broken; what was read
  // before stays.
  Status read();
  const Totals& totals() const { return totals_; }
  // Of the last reading; slot and epoch are left to the caller.
  std::span<const HeapSite> rows() const { return rows_; }
  // Stacks that no call before has returned.
  std::vector<WalkedStack> take_stacks();

  // What the daemon writes.
  void set_cohort(uint32_t ordinal);
  void set_period(uint64_t bytes);

 private:
  HeapSegment(UniqueFd memfd, tidemark_heap_header* header)
      : memfd_(std::move(memfd)), header_(header) {}
  Status add_up_rows();
  Status read_stacks(uint32_t count);
  Status add_row(const tidemark_heap_row& row, Totals& totals);
  template <typename T>
  Status copy(std::vector<T>& into, uint64_t offset, size_t count) const;

  UniqueFd memfd_;
  tidemark_heap_header* header_;  // mapped
  Totals totals_;
  std::vector<uint64_t> keys_;  // by stack
  std::vector<WalkedStack> new_stacks_;
  std::vector<HeapSite> rows_;
  std::vector<tidemark_heap_row> row_buffer_;      // reused
  std::vector<tidemark_heap_stack> stack_buffer_;  // reused
};

}  // namespace tidemark
