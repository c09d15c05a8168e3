// A client's segment (client/channel.h) as the daemon maps it: the only place
// that touches client memory. Nothing in it is trusted, nothing points into
// it: values come out Untrusted, records and names as copies.
#pragma once

#include <array>
#include <boost/interprocess/mapped_region.hpp>
#include <cstdint>
#include <memory>
#include <span>

#include "client/channel.h"
#include "core/base/result.h"
#include "core/os/unique_fd.h"
#include "daemon/untrusted.h"

namespace tidemark {

class ClientSegment {
 public:
  static constexpr uint32_t kLanes = TIDEMARK_LANES;
  static constexpr uint32_t kRecords = TIDEMARK_LANE_RECORDS;
  using BucketPage = std::array<uint64_t, TIDEMARK_BUCKET_PAGE>;

  // Checks the seals (without them the client could shrink it under us:
  // SIGBUS), the kind and size of the file, and the header. Error malformed:
  // the rule that was broken; io: mmap failed.
  static Result<std::shared_ptr<ClientSegment>> map(UniqueFd memfd);
  ClientSegment(const ClientSegment&) = delete;
  ClientSegment& operator=(const ClientSegment&) = delete;

  // Of the memfd: given by the kernel, the same for one segment for ever.
  uint64_t inode() const { return inode_; }

  Untrusted<uint32_t> lanes_used() const;
  Untrusted<uint32_t> name_count() const;  // acquire: names below are complete
  Untrusted<uint32_t> primary() const;
  Untrusted<uint64_t> written(uint32_t lane) const;  // acquire
  Untrusted<uint64_t> published(uint32_t lane) const;
  uint64_t dropped() const;  // of all lanes, and nested marks

  // Copies records from `position` on, around the ring's end.
  void copy_records(uint32_t lane, uint64_t position,
                    std::span<tidemark_record> into) const;
  tidemark_name copy_name(uint32_t index) const;
  // The sum over the first `lanes` stripes.
  uint64_t counter(uint32_t index, uint32_t which, uint32_t lanes) const;
  // The gauge's bits; nullopt until it was set.
  std::optional<uint64_t> gauge(uint32_t index) const;

  uint64_t histogram_max(uint32_t histogram) const;
  bool page_touched(uint32_t histogram, uint32_t page) const;
  // Reads pages by pread(2): holes read as zeros and stay holes.
  bool read_buckets(uint32_t histogram, uint32_t page,
                    std::span<BucketPage> into) const;

  // What the daemon writes.
  void publish(uint32_t lane, uint64_t position);
  void beat(int64_t client_time_ns);
  void acknowledge(uint64_t token);  // and wakes who waits for it
  // Notices written so far, by whichever daemon; only a place to go on from.
  uint64_t alerts_written() const;
  uint64_t answers_written() const;
  // Puts it into its slot as number `number`, and wakes who waits.
  void put_alert(uint64_t number, const tidemark_notice& notice);
  void put_answer(uint64_t number, const tidemark_notice& notice);

 private:
  ClientSegment(UniqueFd memfd, uint64_t inode,
                boost::interprocess::mapped_region region);
  void wake();
  tidemark_segment* at() const {
    return static_cast<tidemark_segment*>(region_.get_address());
  }

  UniqueFd memfd_;
  uint64_t inode_;
  boost::interprocess::mapped_region region_;
};

}  // namespace tidemark
