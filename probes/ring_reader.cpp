#include "probes/ring_reader.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace tidemark {
namespace {

size_t page_size() { return static_cast<size_t>(::sysconf(_SC_PAGESIZE)); }

uint64_t round_up(uint64_t size) { return (size + 7) & ~uint64_t{7}; }

}  // namespace

Result<std::unique_ptr<RingReader>> RingReader::open(int map) {
  bpf_map_info info = {};
  __u32 length = sizeof info;
  if (const int error = bpf_obj_get_info_by_fd(map, &info, &length);
      error != 0) {
    return fail_errno("ring buffer", -error);
  }
  if (info.type != BPF_MAP_TYPE_RINGBUF) {
    return fail(ErrorKind::internal, "ring buffer: a map of another type");
  }
  const size_t page = page_size();
  void* taken =
      ::mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
  if (taken == MAP_FAILED) return fail_errno("ring buffer", errno);
  void* put = ::mmap(nullptr, page + info.max_entries, PROT_READ, MAP_SHARED,
                     map, static_cast<off_t>(page));
  if (put == MAP_FAILED) {
    const int error = errno;
    ::munmap(taken, page);
    return fail_errno("ring buffer", error);
  }
  return std::unique_ptr<RingReader>(new RingReader(
      static_cast<char*>(taken), static_cast<char*>(put), info.max_entries));
}

RingReader::~RingReader() {
  ::munmap(taken_, page_size());
  ::munmap(put_, page_size() + size_);
}

uint64_t RingReader::taken() const {
  return *reinterpret_cast<const uint64_t*>(taken_);  // only we write it
}

std::span<const std::byte> RingReader::next() {
  const char* const data = put_ + page_size();
  while (true) {
    const uint64_t at = taken();
    const uint64_t end =
        __atomic_load_n(reinterpret_cast<uint64_t*>(put_), __ATOMIC_ACQUIRE);
    if (at >= end) return {};
    const size_t place = at & (size_ - 1);
    const uint32_t head = __atomic_load_n(
        reinterpret_cast<const uint32_t*>(data + place), __ATOMIC_ACQUIRE);
    if ((head & BPF_RINGBUF_BUSY_BIT) != 0) return {};
    const size_t length =
        head & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
    after_ = at + round_up(length + BPF_RINGBUF_HDR_SZ);
    if ((head & BPF_RINGBUF_DISCARD_BIT) != 0) {
      pass();
      continue;
    }
    const size_t begin = (place + BPF_RINGBUF_HDR_SZ) & (size_ - 1);
    const auto* bytes = reinterpret_cast<const std::byte*>(data);
    if (begin + length <= size_) return {bytes + begin, length};
    joined_.resize(round_up(length) / 8);
    auto* whole = reinterpret_cast<std::byte*>(joined_.data());
    const size_t first = size_ - begin;
    std::copy_n(bytes + begin, first, whole);
    std::copy_n(bytes, length - first, whole + first);
    return {whole, length};
  }
}

void RingReader::pass() {
  __atomic_store_n(reinterpret_cast<uint64_t*>(taken_), after_,
                   __ATOMIC_RELEASE);
}

}  // namespace tidemark
