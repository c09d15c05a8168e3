#include "tests/heap/shim_host.h"

#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "client/channel.h"

namespace tidemark::testing_heap {
namespace {

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

UniqueFd receive_segment(int socket) {
  tidemark_hello hello{};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  iovec data{&hello, sizeof hello};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  if (::recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != sizeof hello) return {};
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || (hello.flags & TIDEMARK_HELLO_HEAP) == 0) return {};
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return UniqueFd(fd);
}

}  // namespace

ShimHost::ShimHost() {
  char pattern[] = "/tmp/tidemark-shim-XXXXXX";
  folder_ = ::mkdtemp(pattern);
  listener_ = UniqueFd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  const sockaddr_un address = address_of(folder_ + "/client.sock");
  if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address),
             sizeof address) != 0 ||
      ::listen(listener_.get(), 256) != 0) {
    throw std::runtime_error("no socket in " + folder_);
  }
}

ShimHost::~ShimHost() {
  if (segment_ != nullptr) ::munmap(segment_, TIDEMARK_HEAP_SEGMENT_BYTES);
  ::unlink((folder_ + "/client.sock").c_str());
  ::rmdir(folder_.c_str());
}

std::vector<std::string> ShimHost::environment(uint64_t period) const {
  return {"LD_PRELOAD=" TIDEMARK_HEAP_SHIM,
          "TIDEMARK_SOCKET=" + folder_ + "/client.sock",
          "TIDEMARK_HEAP_PERIOD=" + std::to_string(period)};
}

bool ShimHost::accept(int milliseconds) {
  pollfd ready{listener_.get(), POLLIN, 0};
  if (::poll(&ready, 1, milliseconds) != 1) return false;
  const UniqueFd socket(
      ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  const UniqueFd memfd = receive_segment(socket.get());
  if (!memfd.valid()) return false;
  void* memory = ::mmap(nullptr, TIDEMARK_HEAP_SEGMENT_BYTES,
                        PROT_READ | PROT_WRITE, MAP_SHARED, memfd.get(), 0);
  if (memory == MAP_FAILED) return false;
  if (segment_ != nullptr) ::munmap(segment_, TIDEMARK_HEAP_SEGMENT_BYTES);
  segment_ = static_cast<tidemark_heap_segment*>(memory);
  return true;
}

}  // namespace tidemark::testing_heap
