#include "daemon/procfs/devices.h"

#include "daemon/procfs/text_cursor.h"

namespace tidemark::procfs {
namespace {

constexpr int64_t kSector = 512;
constexpr int64_t kMillisecond = 1'000'000;

// Scaled, or the largest value when a hostile figure would overflow.
int64_t scaled(int64_t value, int64_t factor) {
  return value > INT64_MAX / factor ? INT64_MAX : value * factor;
}

}  // namespace

Status parse_diskstats(std::string_view text, std::vector<DiskStats>& disks) {
  disks.clear();
  for (TextCursor lines(text); !lines.at_end();) {
    TextCursor words(lines.line());
    if (words.rest().empty()) continue;
    DiskStats disk;
    if (!words.skip(2)) return malformed("diskstats", "a line is cut");
    disk.name = words.word();
    NumberReader numbers(words.rest());
    disk.reads = numbers.next();
    numbers.skip(1);  // merged
    disk.read = Bytes(scaled(numbers.next(), kSector));
    disk.read_time = Nanoseconds(scaled(numbers.next(), kMillisecond));
    disk.writes = numbers.next();
    numbers.skip(1);
    disk.written = Bytes(scaled(numbers.next(), kSector));
    disk.write_time = Nanoseconds(scaled(numbers.next(), kMillisecond));
    disk.in_flight = numbers.next();
    disk.busy_time = Nanoseconds(scaled(numbers.next(), kMillisecond));
    disk.queue_time = Nanoseconds(scaled(numbers.next(), kMillisecond));
    if (!numbers.ok()) return malformed("diskstats", "a field is no number");
    disks.push_back(disk);
  }
  return {};
}

Status parse_net_dev(std::string_view text, std::vector<NetDevice>& devices) {
  devices.clear();
  TextCursor lines(text);
  lines.line();
  lines.line();  // two lines of headings
  while (!lines.at_end()) {
    const std::string_view line = lines.line();
    // A name may hold a ':' (alias), the figures none.
    const size_t colon = line.rfind(':');
    if (colon == std::string_view::npos) {
      return malformed("net/dev", "a line without a name");
    }
    NetDevice device;
    device.name = TextCursor(line.substr(0, colon)).word();
    NumberReader numbers(line.substr(colon + 1));
    device.received = Bytes(numbers.next());
    device.receive_packets = numbers.next();
    device.receive_errors = numbers.next();
    device.receive_drops = numbers.next();
    numbers.skip(4);  // fifo frame compressed multicast
    device.sent = Bytes(numbers.next());
    device.send_packets = numbers.next();
    device.send_errors = numbers.next();
    device.send_drops = numbers.next();
    if (!numbers.ok()) return malformed("net/dev", "a field is no number");
    devices.push_back(device);
  }
  return {};
}

}  // namespace tidemark::procfs
