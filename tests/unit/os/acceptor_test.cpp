#include "core/os/acceptor.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <vector>

namespace tidemark {
namespace {

// An address in the abstract space, which the kernel chooses.
UniqueFd listen_somewhere(sockaddr_un& address, socklen_t& length) {
  UniqueFd listener(
      ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  address.sun_family = AF_UNIX;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(::bind(listener.get(), raw, sizeof address.sun_family), 0);
  EXPECT_EQ(::listen(listener.get(), 8), 0);
  length = sizeof address;
  EXPECT_EQ(::getsockname(listener.get(), raw, &length), 0);
  return listener;
}

// No descriptor above those that are open can be had.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    UniqueFd next(::dup(0));
    rlimit tight = before_;
    tight.rlim_cur = static_cast<rlim_t>(next.get());
    next.reset();
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

class AcceptorTest : public testing::Test {
 protected:
  AcceptorTest() : listener_(listen_somewhere(address_, length_)) {}

  UniqueFd connect() const {
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address_),
                        length_),
              0);
    return fd;
  }
  bool somebody_waits() const {
    pollfd look{listener_.get(), POLLIN, 0};
    return ::poll(&look, 1, 0) == 1;
  }

  sockaddr_un address_{};
  socklen_t length_ = 0;
  UniqueFd listener_;
  Acceptor acceptor_;
};

TEST_F(AcceptorTest, TakesWhoeverWaits) {
  EXPECT_FALSE(acceptor_.accept(listener_.get()).valid());
  const UniqueFd peer = connect();
  const UniqueFd socket = acceptor_.accept(listener_.get());
  ASSERT_TRUE(socket.valid());
  char byte = 0;
  EXPECT_EQ(::recv(socket.get(), &byte, 1, 0), -1);
  EXPECT_EQ(errno, EAGAIN);
  EXPECT_EQ(acceptor_.refused(), 0);
}

TEST_F(AcceptorTest, WithoutDescriptorsNobodyIsKeptWaiting) {
  std::vector<UniqueFd> peers;
  for (int i = 0; i < 3; ++i) peers.push_back(connect());
  {
    const NoDescriptors none;
    for (int i = 0; i < 3; ++i) {
      EXPECT_TRUE(somebody_waits());
      EXPECT_FALSE(acceptor_.accept(listener_.get()).valid());
    }
    EXPECT_FALSE(somebody_waits());
  }
  EXPECT_EQ(acceptor_.refused(), 3);
  char byte = 0;
  for (const UniqueFd& peer : peers) {
    EXPECT_EQ(::recv(peer.get(), &byte, 1, 0), 0);  // told so
  }
  const UniqueFd later = connect();
  EXPECT_TRUE(acceptor_.accept(listener_.get()).valid());
}

}  // namespace
}  // namespace tidemark
