#include "daemon/heap_segment.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <utility>

namespace tidemark {
namespace {

std::unexpected<Error> broken(const char* rule) {
  return fail(ErrorKind::malformed, std::string("heap segment: ") + rule);
}

template <typename T>
T relaxed(const T& shared) {
  return __atomic_load_n(&shared, __ATOMIC_RELAXED);
}

Status check_file(int fd) {
  constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  const int seals = ::fcntl(fd, F_GET_SEALS);
  if (seals < 0) return broken("it is no memfd");
  if ((seals & kSeals) != kSeals) return broken("it is not sealed");
  struct stat status{};
  if (::fstat(fd, &status) != 0) return fail_errno("fstat", errno);
  if (!S_ISREG(status.st_mode) ||
      std::cmp_not_equal(status.st_size, TIDEMARK_HEAP_SEGMENT_BYTES)) {
    return broken("it has the wrong size");
  }
  return {};
}

Status check_header(const tidemark_heap_header& header) {
  if (relaxed(header.magic) != TIDEMARK_HEAP_MAGIC) {
    return broken("it has no header");
  }
  if (relaxed(header.major) != TIDEMARK_HEAP_MAJOR) {
    return broken("it is of another major version");
  }
  if (relaxed(header.segment_bytes) != TIDEMARK_HEAP_SEGMENT_BYTES) {
    return broken("its header names another size");
  }
  return {};
}

Status check_stack(const tidemark_heap_stack& stack) {
  if (stack.ready != 1 || stack.key == 0) return broken("a stack is not ready");
  if (stack.frames == 0 || stack.frames > TIDEMARK_HEAP_FRAMES) {
    return broken("a stack has too many frames, or none");
  }
  return {};
}

int64_t alive(uint64_t allocated, uint64_t freed) {
  return freed < allocated ? static_cast<int64_t>(allocated - freed) : 0;
}

}  // namespace

Result<std::unique_ptr<HeapSegment>> HeapSegment::map(UniqueFd memfd) {
  TIDEMARK_CHECK(check_file(memfd.get()));
  void* memory = ::mmap(nullptr, sizeof(tidemark_heap_header),
                        PROT_READ | PROT_WRITE, MAP_SHARED, memfd.get(), 0);
  if (memory == MAP_FAILED) {
    return fail_errno("mapping a heap segment", errno);
  }
  std::unique_ptr<HeapSegment> segment(new HeapSegment(
      std::move(memfd), static_cast<tidemark_heap_header*>(memory)));
  TIDEMARK_CHECK(check_header(*segment->header_));
  return segment;
}

HeapSegment::~HeapSegment() { ::munmap(header_, sizeof *header_); }

void HeapSegment::set_cohort(uint32_t ordinal) {
  __atomic_store_n(&header_->cohort, ordinal, __ATOMIC_RELAXED);
}

void HeapSegment::set_period(uint64_t bytes) {
  __atomic_store_n(&header_->wanted_period, bytes, __ATOMIC_RELAXED);
}

template <typename T>
Status HeapSegment::copy(std::vector<T>& into, uint64_t offset,
                         size_t count) const {
  into.resize(count);
  const size_t bytes = count * sizeof(T);
  size_t done = 0;
  while (done < bytes) {
    const ssize_t n =
        ::pread(memfd_.get(), reinterpret_cast<char*>(into.data()) + done,
                bytes - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0)
      return fail_errno("reading a heap segment", n < 0 ? errno : EIO);
    done += static_cast<size_t>(n);
  }
  return {};
}

Status HeapSegment::add_row(const tidemark_heap_row& row, Totals& totals) {
  if (row.ready != 1) return broken("a row is not ready");
  const bool has_stack = row.stack != TIDEMARK_HEAP_NO_STACK;
  if (has_stack && row.stack >= keys_.size()) {
    return broken("a row names a stack that is not there");
  }
  const auto largest =
      std::max({row.alloc_bytes, row.alloc_count, row.freed_bytes,
                row.freed_count, row.samples});
  if (largest > kLargestSum) return broken("a figure is beyond belief");
  totals.alloc_bytes += row.alloc_bytes;
  totals.alloc_count += row.alloc_count;
  totals.samples += row.samples;
  if (std::max({totals.alloc_bytes, totals.alloc_count, totals.samples}) >
      kLargestSum) {
    return broken("its sums are beyond belief");
  }
  HeapSite site;
  site.cohort = row.cohort;
  site.key = has_stack ? keys_[row.stack] : 0;
  site.alloc_bytes = static_cast<int64_t>(row.alloc_bytes);
  site.alloc_count =
      static_cast<int64_t>(row.alloc_count >> TIDEMARK_HEAP_COUNT_BITS);
  site.live_bytes = alive(row.alloc_bytes, row.freed_bytes);
  site.live_count =
      alive(row.alloc_count, row.freed_count) >> TIDEMARK_HEAP_COUNT_BITS;
  site.samples = static_cast<int64_t>(row.samples);
  rows_.push_back(site);
  return {};
}

Status HeapSegment::read_stacks(uint32_t count) {
  const size_t known = keys_.size();
  if (count < known) return broken("stacks have gone");
  TIDEMARK_CHECK(copy(stack_buffer_,
                      offsetof(tidemark_heap_segment, stacks) +
                          known * sizeof(tidemark_heap_stack),
                      count - known));
  for (const tidemark_heap_stack& stack : stack_buffer_) {
    TIDEMARK_CHECK(check_stack(stack));
    WalkedStack walked;
    walked.key = stack.key;
    walked.return_addresses.assign(stack.return_addresses,
                                   stack.return_addresses + stack.frames);
    walked.truncated = (stack.flags & TIDEMARK_HEAP_TRUNCATED) != 0;
    walked.by_frame_pointer = (stack.flags & TIDEMARK_HEAP_FRAME_POINTER) != 0;
    keys_.push_back(stack.key);
    new_stacks_.push_back(std::move(walked));
  }
  return {};
}

Status HeapSegment::add_up_rows() {
  Totals totals;
  rows_.clear();
  for (const tidemark_heap_row& row : row_buffer_) {
    TIDEMARK_CHECK(add_row(row, totals));
  }
  totals.alloc_count >>= TIDEMARK_HEAP_COUNT_BITS;
  totals.period = relaxed(header_->wanted_period);
  if (totals.period == 0) totals.period = relaxed(header_->period);
  if (totals.period < 1 || totals.period > TIDEMARK_HEAP_LARGEST_PERIOD) {
    return broken("its period is out of range");
  }
  const auto count_of = [](const uint64_t& shared) {
    return std::min(relaxed(shared), kLargestSum);
  };
  // Counted by the shim in steps; where every block is a sample, here.
  if (totals.period != TIDEMARK_HEAP_EXACT) {
    totals.alloc_bytes = count_of(header_->alloc_bytes);
  }
  totals.untracked = count_of(header_->untracked);
  totals.sites_full = count_of(header_->sites_full);
  totals.nested = count_of(header_->nested);
  totals.bypassed = relaxed(header_->bypassed) != 0;
  totals_ = totals;
  return {};
}

Status HeapSegment::read() {
  // A row's stack was added before it: what is read first names nothing that
  // is not in what is read next.
  const uint32_t rows = __atomic_load_n(&header_->row_count, __ATOMIC_ACQUIRE);
  if (rows > TIDEMARK_HEAP_ROWS) return broken("it claims too many rows");
  TIDEMARK_CHECK(
      copy(row_buffer_, offsetof(tidemark_heap_segment, rows), rows));
  const uint32_t stacks =
      __atomic_load_n(&header_->stack_count, __ATOMIC_ACQUIRE);
  if (stacks > TIDEMARK_HEAP_STACKS) return broken("it claims too many stacks");
  TIDEMARK_CHECK(read_stacks(stacks));
  return add_up_rows();
}

std::vector<HeapSegment::WalkedStack> HeapSegment::take_stacks() {
  return std::exchange(new_stacks_, {});
}

}  // namespace tidemark
