#include "daemon/client_segment.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <boost/interprocess/exceptions.hpp>
#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

namespace tidemark {
namespace {

namespace ipc = boost::interprocess;

// What Boost.Interprocess calls a MemoryMappable: something to map.
class MemfdHandle {
 public:
  explicit MemfdHandle(int fd) : fd_(fd) {}
  ipc::mapping_handle_t get_mapping_handle() const {
    return ipc::ipcdetail::mapping_handle_from_file_handle(fd_);
  }

 private:
  int fd_;
};

template <typename T>
T relaxed(const T& shared) {
  return __atomic_load_n(&shared, __ATOMIC_RELAXED);
}

// The client may write while we copy: word by word, each read once.
template <typename T>
void racy_copy(const T& shared, T& into) {
  static_assert(sizeof(T) % sizeof(uint64_t) == 0);
  std::array<uint64_t, sizeof(T) / sizeof(uint64_t)> words;
  const auto* from = reinterpret_cast<const uint64_t*>(&shared);
  for (size_t i = 0; i < words.size(); ++i) words[i] = relaxed(from[i]);
  std::memcpy(&into, words.data(), sizeof(T));
}

// The reader copies without a lock: it takes a notice whose sequence was right
// before and after.
void put_notice(tidemark_notice& shared, uint64_t number,
                const tidemark_notice& notice) {
  std::array<uint64_t, sizeof(tidemark_notice) / sizeof(uint64_t)> words;
  std::memcpy(words.data(), &notice, sizeof notice);
  auto* into = reinterpret_cast<uint64_t*>(&shared);
  __atomic_store_n(&shared.sequence, 0, __ATOMIC_RELAXED);
  __atomic_thread_fence(__ATOMIC_RELEASE);
  for (size_t i = 1; i < words.size(); ++i) {
    __atomic_store_n(&into[i], words[i], __ATOMIC_RELAXED);
  }
  __atomic_store_n(&shared.sequence, number + 1, __ATOMIC_RELEASE);
}

Status check_file(int fd, uint64_t& inode) {
  constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  const int seals = ::fcntl(fd, F_GET_SEALS);
  if (seals < 0) return fail(ErrorKind::malformed, "segment is no memfd");
  if ((seals & kSeals) != kSeals) {
    return fail(ErrorKind::malformed, "segment is not sealed");
  }
  struct stat status{};
  if (::fstat(fd, &status) != 0) return fail_errno("fstat", errno);
  if (!S_ISREG(status.st_mode) ||
      std::cmp_not_equal(status.st_size, TIDEMARK_SEGMENT_BYTES)) {
    return fail(ErrorKind::malformed, "segment has the wrong size");
  }
  const int mode = ::fcntl(fd, F_GETFL);
  if (mode < 0 || (mode & O_ACCMODE) != O_RDWR) {
    return fail(ErrorKind::malformed, "segment is not open for writing");
  }
  inode = status.st_ino;
  return {};
}

Result<ipc::mapped_region> map_region(int fd) {
  try {
    return ipc::mapped_region(MemfdHandle(fd), ipc::read_write, 0,
                              TIDEMARK_MAPPED_BYTES);
  } catch (const ipc::interprocess_exception& error) {
    // F_SEAL_WRITE or F_SEAL_FUTURE_WRITE, or no memory.
    return fail_errno("mapping a client's segment", error.get_native_error());
  }
}

}  // namespace

ClientSegment::ClientSegment(UniqueFd memfd, uint64_t inode,
                             ipc::mapped_region region)
    : memfd_(std::move(memfd)), inode_(inode), region_(std::move(region)) {}

Result<std::shared_ptr<ClientSegment>> ClientSegment::map(UniqueFd memfd) {
  uint64_t inode = 0;
  TIDEMARK_CHECK(check_file(memfd.get(), inode));
  TIDEMARK_TRY(auto region, map_region(memfd.get()));
  std::shared_ptr<ClientSegment> segment(
      new ClientSegment(std::move(memfd), inode, std::move(region)));
  const tidemark_header& header = segment->at()->header;
  if (__atomic_load_n(&header.magic, __ATOMIC_ACQUIRE) !=
          TIDEMARK_CHANNEL_MAGIC ||
      relaxed(header.major) != TIDEMARK_CHANNEL_MAJOR ||
      relaxed(header.segment_bytes) != TIDEMARK_SEGMENT_BYTES) {
    return fail(ErrorKind::malformed, "segment's header is wrong");
  }
  return segment;
}

Untrusted<uint32_t> ClientSegment::lanes_used() const {
  return Untrusted(__atomic_load_n(&at()->header.lanes_used, __ATOMIC_ACQUIRE));
}

Untrusted<uint32_t> ClientSegment::name_count() const {
  return Untrusted(__atomic_load_n(&at()->header.name_count, __ATOMIC_ACQUIRE));
}

Untrusted<uint32_t> ClientSegment::primary() const {
  return Untrusted(relaxed(at()->header.primary));
}

Untrusted<uint64_t> ClientSegment::written(uint32_t lane) const {
  return Untrusted(
      __atomic_load_n(&at()->lanes[lane].written, __ATOMIC_ACQUIRE));
}

Untrusted<uint64_t> ClientSegment::published(uint32_t lane) const {
  return Untrusted(relaxed(at()->lanes[lane].published));
}

uint64_t ClientSegment::dropped() const {
  uint64_t sum = relaxed(at()->header.nested);
  for (const tidemark_lane& lane : at()->lanes) sum += relaxed(lane.dropped);
  return sum;
}

void ClientSegment::copy_records(uint32_t lane, uint64_t position,
                                 std::span<tidemark_record> into) const {
  for (size_t i = 0; i < into.size(); ++i) {
    racy_copy(at()->rings[lane][(position + i) % kRecords], into[i]);
  }
}

tidemark_name ClientSegment::copy_name(uint32_t index) const {
  tidemark_name name;
  racy_copy(at()->names[index], name);
  return name;
}

uint64_t ClientSegment::counter(uint32_t index, uint32_t which,
                                uint32_t lanes) const {
  uint64_t sum = 0;
  for (uint32_t lane = 0; lane < lanes; ++lane) {
    sum += relaxed(at()->stripes[lane].counters[index][which]);
  }
  return sum;
}

std::optional<uint64_t> ClientSegment::gauge(uint32_t index) const {
  const tidemark_gauge_slot& slot = at()->gauges[index];
  if (__atomic_load_n(&slot.set, __ATOMIC_ACQUIRE) == 0) return std::nullopt;
  return relaxed(slot.bits);
}

uint64_t ClientSegment::histogram_max(uint32_t histogram) const {
  return relaxed(at()->heads[histogram].max);
}

bool ClientSegment::page_touched(uint32_t histogram, uint32_t page) const {
  const uint64_t word = relaxed(at()->heads[histogram].touched[page / 64]);
  return ((word >> (page % 64)) & 1) != 0;
}

bool ClientSegment::read_buckets(uint32_t histogram, uint32_t page,
                                 std::span<BucketPage> into) const {
  const size_t bucket = size_t{histogram} * TIDEMARK_BUCKETS +
                        size_t{page} * TIDEMARK_BUCKET_PAGE;
  const auto offset =
      static_cast<off_t>(TIDEMARK_MAPPED_BYTES + bucket * sizeof(uint64_t));
  const ssize_t n =
      ::pread(memfd_.get(), into.data(), into.size_bytes(), offset);
  return n >= 0 && std::cmp_equal(n, into.size_bytes());
}

void ClientSegment::publish(uint32_t lane, uint64_t position) {
  __atomic_store_n(&at()->lanes[lane].published, position, __ATOMIC_RELEASE);
}

void ClientSegment::beat(int64_t client_time_ns) {
  __atomic_store_n(&at()->header.heartbeat_ns,
                   static_cast<uint64_t>(client_time_ns), __ATOMIC_RELAXED);
}

void ClientSegment::acknowledge(uint64_t token) {
  __atomic_store_n(&at()->header.quiesced, token, __ATOMIC_RELEASE);
  wake();
}

void ClientSegment::wake() {
  tidemark_header& header = at()->header;
  __atomic_fetch_add(&header.quiesced_wake, 1, __ATOMIC_RELEASE);
  ::syscall(SYS_futex, &header.quiesced_wake, FUTEX_WAKE, INT_MAX, nullptr,
            nullptr, 0);
}

uint64_t ClientSegment::alerts_written() const {
  return relaxed(at()->header.alerts_written);
}

uint64_t ClientSegment::answers_written() const {
  return relaxed(at()->header.answers_written);
}

void ClientSegment::put_alert(uint64_t number, const tidemark_notice& notice) {
  tidemark_header& header = at()->header;
  put_notice(header.alerts[number % TIDEMARK_ALERTS], number, notice);
  __atomic_store_n(&header.alerts_written, number + 1, __ATOMIC_RELEASE);
  wake();
}

void ClientSegment::put_answer(uint64_t number, const tidemark_notice& notice) {
  tidemark_header& header = at()->header;
  put_notice(header.answers[number % TIDEMARK_ANSWERS], number, notice);
  __atomic_store_n(&header.answers_written, number + 1, __ATOMIC_RELEASE);
  wake();
}

}  // namespace tidemark
