#include "daemon/control_desk.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/unit/daemon/manual_clock.h"

namespace tidemark {
namespace {

using namespace std::chrono_literals;

TEST(ControlRequest, IsUnderstoodOrNot) {
  const auto request = parse_control_request("trace 4112 30000000000");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->pid.value, 4112);
  EXPECT_EQ(request->length, 30s);
  for (const char* text :
       {"", "trace", "trace ", "trace 1", "trace 1 ", "trace -1 5", "trace 0 5",
        "trace 1 0", "trace 1 5 ", "trace 1 5 6", "trace 1x 5",
        "trace 4294967297 5", "trace 1 99999999999999999999", "track 1 5",
        "trace  1 5", "trace\t1 5"}) {
    EXPECT_FALSE(parse_control_request(text)) << text;
  }
  const auto long_one = parse_control_request("trace 1 3600000000001");
  ASSERT_FALSE(long_one);
  EXPECT_EQ(long_one.error().kind, ErrorKind::usage);
}

TEST(ControlPeer, OwnsWhatRunsAsHimWholly) {
  constexpr uid_t kUser = 1000;
  const std::string own = "Name:\tx\nUid:\t1000\t1000\t1000\t1000\nGid:\t0\n";
  EXPECT_TRUE(is_own_process(own, kUser, kUser));
  EXPECT_FALSE(is_own_process(own, 0, kUser));  // not to be looked into
  EXPECT_FALSE(is_own_process(own, 1001, 1001));
  // A set-user-ID program, begun by him.
  EXPECT_FALSE(is_own_process("Uid:\t1000\t0\t0\t0\n", kUser, kUser));
  EXPECT_FALSE(is_own_process("Uid:\t1000\t1000\n", kUser, kUser));
  EXPECT_FALSE(is_own_process("Name:\tUid:\n", kUser, kUser));
  EXPECT_FALSE(is_own_process("", kUser, kUser));
}

TEST(ControlPeer, MembersAreOfTheGroupAlone) {
  EXPECT_TRUE(is_member({4, 990, 7}, 990));
  EXPECT_FALSE(is_member({4, 7}, 990));
  EXPECT_FALSE(is_member({4, 7}, -1));  // there is no such group
  EXPECT_FALSE(is_member({static_cast<gid_t>(-1)}, -1));
  EXPECT_FALSE(is_member({}, 0));
}

class ControlDeskTest : public testing::Test {
 protected:
  ControlDeskTest() {
    std::string pattern = testing::TempDir() + "/control_XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    auto desk = ControlDesk::open(path());
    EXPECT_TRUE(desk) << desk.error().what;
    desk_ = std::move(*desk);
  }
  ~ControlDeskTest() override { std::filesystem::remove_all(folder_); }

  std::string path() const { return folder_ + "/control.sock"; }
  UniqueFd connect() const {
    UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path().c_str(), sizeof address.sun_path - 1);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address),
                        sizeof address),
              0);
    return fd;
  }
  UniqueFd ask(const std::string& text) {
    UniqueFd fd = connect();
    EXPECT_EQ(::send(fd.get(), text.data(), text.size(), 0), std::ssize(text));
    desk_->service(clock_.now());
    return fd;
  }
  // What waits: packets, joined by '|'; "end" when it was closed.
  static std::string heard(const UniqueFd& fd) {
    std::string all;
    char buffer[64 << 10];
    ssize_t n = 0;
    while ((n = ::recv(fd.get(), buffer, sizeof buffer, MSG_DONTWAIT)) > 0) {
      all += std::string(buffer, static_cast<size_t>(n)) + "|";
    }
    return all + (n == 0 ? "end" : "");
  }

  std::string folder_;
  ManualClock clock_;
  std::unique_ptr<ControlDesk> desk_;
};

TEST_F(ControlDeskTest, AnswersInPieces) {
  const UniqueFd peer = ask("trace 7 5000000000");
  const auto requests = desk_->take();
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0].pid.value, 7);
  EXPECT_EQ(requests[0].peer.uid, ::geteuid());
  EXPECT_TRUE(requests[0].peer.trusted);
  const uint64_t id = requests[0].connection;
  desk_->tell(id, "one\n");
  desk_->tell(id, std::string(40'000, 'x'));
  EXPECT_TRUE(desk_->waits(id));
  desk_->finish(id);
  EXPECT_FALSE(desk_->waits(id));
  const std::string text = heard(peer);
  EXPECT_TRUE(text.starts_with("+one\n|+xxx"));
  EXPECT_TRUE(text.ends_with("x|.|end"));
  desk_->tell(id, "nobody hears it");
  EXPECT_TRUE(desk_->take().empty());
}

TEST_F(ControlDeskTest, RefusesWhatItDoesNotUnderstand) {
  EXPECT_EQ(heard(ask("nonsense")),
            "-understood is: trace PID NANOSECONDS|end");
  EXPECT_EQ(heard(ask(std::string(100'000, 'x'))),
            "-understood is: trace PID NANOSECONDS|end");
  EXPECT_TRUE(desk_->take().empty());
  EXPECT_EQ(desk_->refused(), 2u);
}

TEST_F(ControlDeskTest, OneRequestToAConnection) {
  const UniqueFd peer = ask("trace 7 5000000000");
  ASSERT_EQ(::send(peer.get(), "trace 8 5", 9, 0), 9);
  desk_->service(clock_.now());
  EXPECT_EQ(heard(peer), "-one request to a connection|end");
}

TEST_F(ControlDeskTest, NoticesWhoGoesAway) {
  uint64_t id = 0;
  {
    const UniqueFd peer = ask("trace 7 5000000000");
    id = desk_->take().at(0).connection;
  }
  EXPECT_TRUE(desk_->waits(id));
  desk_->service(clock_.now());
  EXPECT_FALSE(desk_->waits(id));
}

TEST_F(ControlDeskTest, WhoIsSilentIsLetGo) {
  const UniqueFd silent = connect();
  desk_->service(clock_.now());
  clock_.advance(ControlDesk::kPatience);
  desk_->service(clock_.now());
  EXPECT_EQ(heard(silent), "end");
}

TEST_F(ControlDeskTest, AFloodIsBoundedByUser) {
  std::vector<UniqueFd> peers;
  for (size_t i = 0; i < 3 * ControlDesk::kMostOfUser; ++i) {
    peers.push_back(connect());
    desk_->service(clock_.now());
  }
  const auto open = std::ranges::count_if(
      peers, [](const UniqueFd& peer) { return heard(peer).empty(); });
  EXPECT_EQ(static_cast<size_t>(open), ControlDesk::kMostOfUser);
  peers.clear();
  desk_->service(clock_.now());
  desk_->service(clock_.now());
  // Whoever asks without end is told so until the second is over.
  clock_.advance(2s);
  size_t taken = 0;
  for (uint32_t i = 0; i < 3 * ControlDesk::kMostAsked; ++i) {
    const UniqueFd peer = ask("trace 7 5000000000");
    for (const ControlRequest& request : desk_->take()) {
      ++taken;
      desk_->finish(request.connection);
    }
  }
  EXPECT_EQ(taken, ControlDesk::kMostAsked);
  clock_.advance(1s);
  const UniqueFd later = ask("trace 7 5000000000");
  EXPECT_EQ(desk_->take().size(), 1u);
}

}  // namespace
}  // namespace tidemark
