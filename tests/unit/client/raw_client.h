// A client without libtidemark: makes segments and packets as it likes, good
// and bad ones.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "client/channel.h"
#include "core/os/unique_fd.h"

namespace tidemark::test {

constexpr int kAllSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

class RawClient {
 public:
  explicit RawClient(size_t bytes = TIDEMARK_SEGMENT_BYTES,
                     int seals = kAllSeals)
      : memfd_(::memfd_create("raw", MFD_CLOEXEC | MFD_ALLOW_SEALING)),
        bytes_(bytes) {
    if (::ftruncate(memfd_.get(), static_cast<off_t>(bytes)) != 0) return;
    segment_ = static_cast<tidemark_segment*>(::mmap(
        nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memfd_.get(), 0));
    if (seals != 0) ::fcntl(memfd_.get(), F_ADD_SEALS, seals);
    if (bytes < sizeof(tidemark_header)) return;
    segment_->header.magic = TIDEMARK_CHANNEL_MAGIC;
    segment_->header.major = TIDEMARK_CHANNEL_MAJOR;
    segment_->header.segment_bytes = TIDEMARK_SEGMENT_BYTES;
    segment_->header.lanes_used = 1;
  }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient() { ::munmap(segment_, bytes_); }

  static tidemark_hello hello(const std::string& name = "raw") {
    tidemark_hello hello{};
    hello.magic = TIDEMARK_CHANNEL_MAGIC;
    hello.major = TIDEMARK_CHANNEL_MAJOR;
    hello.segment_bytes = TIDEMARK_SEGMENT_BYTES;
    hello.name_length = static_cast<uint8_t>(name.size());
    std::memcpy(hello.name, name.data(), name.size());
    return hello;
  }

  bool connect(const std::string& path) {
    socket_ = UniqueFd(
        ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    return ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address),
                     sizeof address) == 0;
  }
  // A packet with these descriptors.
  bool send(std::span<const char> bytes, const std::vector<int>& fds) {
    iovec data{const_cast<char*>(bytes.data()), bytes.size()};
    std::vector<char> control(CMSG_SPACE(fds.size() * sizeof(int)));
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    if (!fds.empty()) {
      message.msg_control = control.data();
      message.msg_controllen = control.size();
      cmsghdr* rights = CMSG_FIRSTHDR(&message);
      rights->cmsg_level = SOL_SOCKET;
      rights->cmsg_type = SCM_RIGHTS;
      rights->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
      std::memcpy(CMSG_DATA(rights), fds.data(), fds.size() * sizeof(int));
    }
    return ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
  }
  template <typename T>
  bool send_packet(const T& packet, const std::vector<int>& fds = {}) {
    return send({reinterpret_cast<const char*>(&packet), sizeof packet}, fds);
  }
  // The well-behaved beginning.
  bool join(const std::string& path) {
    return connect(path) && send_packet(hello(), {memfd()});
  }

  // Commits one note on a lane, as the library would.
  void note(uint32_t lane, const char* text) {
    tidemark_lane& head = segment_->lanes[lane];
    tidemark_record& record =
        segment_->rings[lane][head.written % TIDEMARK_LANE_RECORDS];
    record = {};
    record.sequence = head.written + 1;
    record.kind = TIDEMARK_RECORD_NOTE;
    record.length = static_cast<uint16_t>(std::strlen(text));
    std::memcpy(record.text, text, record.length);
    __atomic_store_n(&head.written, head.written + 1, __ATOMIC_RELEASE);
  }

  // True when the daemon closed its end.
  bool dismissed() const {
    char byte = 0;
    return ::recv(socket_.get(), &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
  }
  int memfd() const { return memfd_.get(); }
  tidemark_segment& segment() { return *segment_; }
  void close_socket() { socket_.reset(); }

 private:
  UniqueFd memfd_;
  UniqueFd socket_;
  size_t bytes_;
  tidemark_segment* segment_ = nullptr;
};

}  // namespace tidemark::test
