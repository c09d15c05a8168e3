// A client's segment made of the input: header words, lane positions, records
// and names. The daemon drains it, samples it, and must neither crash nor read
// outside; what it accepts must be within the channel's limits.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "client/channel.h"
#include "daemon/client_connection.h"
#include "daemon/client_peer.h"
#include "daemon/registry.h"

namespace tidemark {
namespace {

constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
constexpr size_t kRecords = 32;
constexpr size_t kNames = 8;

class Input {
 public:
  explicit Input(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  // The next bytes, zeros beyond the end.
  void take(void* into, size_t size) {
    const size_t n = std::min(size, bytes_.size());
    std::memset(into, 0, size);
    if (n > 0) std::memcpy(into, bytes_.data(), n);
    bytes_ = bytes_.subspan(n);
  }
  template <typename T>
  T take() {
    T value{};
    take(&value, sizeof value);
    return value;
  }
  bool empty() const { return bytes_.empty(); }

 private:
  std::span<const uint8_t> bytes_;
};

// One segment for all inputs; the parts an input writes are set anew each time.
class Segment {
 public:
  Segment() {
    const int fd = ::memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (::ftruncate(fd, TIDEMARK_SEGMENT_BYTES) != 0) std::abort();
    ::fcntl(fd, F_ADD_SEALS, kSeals);
    memory_ = static_cast<tidemark_segment*>(
        ::mmap(nullptr, TIDEMARK_SEGMENT_BYTES, PROT_READ | PROT_WRITE,
               MAP_SHARED, fd, 0));
    memory_->header.magic = TIDEMARK_CHANNEL_MAGIC;
    memory_->header.major = TIDEMARK_CHANNEL_MAJOR;
    memory_->header.segment_bytes = TIDEMARK_SEGMENT_BYTES;
    auto mapped = ClientSegment::map(UniqueFd(fd));
    if (!mapped) std::abort();
    ours = std::move(*mapped);
  }
  void fill(Input& input) {
    tidemark_segment& s = *memory_;
    s.header.lanes_used = input.take<uint8_t>();
    s.header.name_count = input.take<uint16_t>() % (2 * TIDEMARK_NAMES);
    s.header.primary = input.take<uint16_t>();
    s.lanes[0].published = input.take<uint16_t>();
    s.lanes[0].written = s.lanes[0].published + input.take<uint8_t>();
    // Beyond 1024 records apart: refused when it joins.
    s.lanes[1].published = input.take<uint16_t>();
    s.lanes[1].written = s.lanes[1].published + input.take<uint16_t>() % 1030;
    const uint64_t begin = s.lanes[0].published;
    for (size_t i = 0; i < kRecords; ++i) {
      auto& record = s.rings[0][(begin + i) % TIDEMARK_LANE_RECORDS];
      input.take(&record, sizeof record);
      // Most inputs should get past the first check.
      if (record.sequence % 16 != 0) record.sequence = begin + i + 1;
    }
    input.take(s.names, kNames * sizeof s.names[0]);
    input.take(s.gauges, kNames * sizeof s.gauges[0]);
    input.take(s.heads, 4 * sizeof s.heads[0]);
  }

  std::shared_ptr<ClientSegment> ours;

 private:
  tidemark_segment* memory_ = nullptr;
};

class CheckedFrame final : public FrameBuilder {
 public:
  void put(MetricId metric, SubjectId subject, int64_t) override {
    if (!metric.valid() || !subject.valid()) std::abort();
  }
  void put_histogram(HistogramValue value) override {
    if (value.sum < 0 || value.max < 0) std::abort();
  }
};

void drain(Segment& segment) {
  Registry registry;
  ClientInfo info;
  info.subject = registry.subject(SubjectKind::client, "fuzz");
  const BootTime now = boot_time(1'000'000'000'000);
  ClientConnection client(info, ClientPeer{}, segment.ours, UniqueFd(),
                          MarkAllowance(1000, now));
  if (!client.begin(nullptr)) return;
  ClientConnection::Workspace workspace;
  std::vector<Event> events;
  ClientTotals totals;
  (void)client.drain(now, workspace, events, totals);
  for (const Event& event : events) {
    if (event.name.size() > TIDEMARK_TEXT_BYTES || !is_mark(event.kind) ||
        event.time > now + Nanoseconds(1'000'000)) {
      std::abort();
    }
  }
  ClientMetrics metrics(registry);
  CheckedFrame frame;
  client.figures().sample(*segment.ours, info.subject, metrics, frame);
  (void)client.figures().new_primary(*segment.ours);
}

void greet(std::span<const uint8_t> bytes) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0) return;
  const UniqueFd theirs(ends[0]);
  const UniqueFd ours(ends[1]);
  (void)!::send(theirs.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  Received got = Received::nothing;
  if (receive_hello(ours.get(), got) && got == Received::packet) std::abort();
  (void)!::send(theirs.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  (void)receive_goodbye(ours.get());
  const auto* text = reinterpret_cast<const char*>(bytes.data());
  (void)parse_boot_offset(std::string_view(text, bytes.size()));
}

}  // namespace
}  // namespace tidemark

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static auto* segment = new tidemark::Segment();
  const std::span bytes(data, size);
  if (bytes.empty()) return 0;
  if (bytes[0] % 8 == 0) {
    tidemark::greet(bytes.subspan(1));
    return 0;
  }
  tidemark::Input input(bytes.subspan(1));
  segment->fill(input);
  tidemark::drain(*segment);
  return 0;
}
