// /proc/diskstats (kernel Documentation/admin-guide/iostats.rst) and
// /proc/net/dev (kernel net/core/net-procfs.c).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/units.h"

namespace tidemark::procfs {

struct DiskStats {
  std::string_view name;  // inside the text
  int64_t reads = 0;
  Bytes read;  // sectors of 512 bytes
  int64_t writes = 0;
  Bytes written;
  Nanoseconds read_time{0};  // the file counts milliseconds
  Nanoseconds write_time{0};
  Nanoseconds busy_time{0};
  Nanoseconds queue_time{0};  // weighted by the requests in flight
  int64_t in_flight = 0;
};
// Appends nothing but whole lines to `disks` (cleared first). Error malformed.
Status parse_diskstats(std::string_view text, std::vector<DiskStats>& disks);

struct NetDevice {
  std::string_view name;  // inside the text
  Bytes received;
  int64_t receive_packets = 0;
  int64_t receive_errors = 0;
  int64_t receive_drops = 0;
  Bytes sent;
  int64_t send_packets = 0;
  int64_t send_errors = 0;
  int64_t send_drops = 0;
};
// `devices` is cleared first. Error malformed.
Status parse_net_dev(std::string_view text, std::vector<NetDevice>& devices);

}  // namespace tidemark::procfs
