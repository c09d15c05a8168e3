// The daemon's control socket: who may have which heap traced, and floods.
#include <fcntl.h>
#include <grp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>

#include "core/store/recording_series.h"
#include "record_fixture.h"

namespace tidemark {
namespace {

constexpr const char* kDaemon = TIDEMARK_BINARY_DIR "/daemon/tidemarkd";
constexpr uid_t kNobody = 65534;

class ControlTest : public RecordTest {
 protected:
  ControlTest() {
    std::filesystem::create_directory(path("state"));
    // Others than root go through it.
    std::filesystem::permissions(folder_, std::filesystem::perms::all);
    std::filesystem::copy_file(TIDEMARK_HEAP_TARGET, path("target"));
    daemon_ =
        spawn({kDaemon, "--state-dir", path("state"), "--socket",
               path("client.sock"), "--interval", "100ms", "--budget", "50%"});
    EXPECT_TRUE(wait_until([&] {
      return said().find("recording to") != std::string::npos;
    })) << said();
  }
  ~ControlTest() override {
    ::unsetenv("TIDEMARK_SOCKET");
    for (const pid_t pid : others_) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
    }
  }
  void end_daemon() {
    ::kill(daemon_, SIGTERM);
    EXPECT_EQ(wait_for(daemon_), 0) << said();
  }

  template <typename Work>
  pid_t fork_as(uid_t user, Work&& work) {
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    if (user != 0 && (::setgroups(0, nullptr) != 0 || ::setgid(user) != 0 ||
                      ::setuid(user) != 0)) {
      ::_exit(99);
    }
    work();
    ::_exit(0);
  }
  // A process of this user whose memory grows for ten seconds.
  pid_t start_as(uid_t user) {
    const std::string program = path("target");
    others_.push_back(fork_as(user, [&] {
      // It speaks there, and waits for an answer or the end.
      const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
      ::dup2(nothing, STDIN_FILENO);
      ::dup2(nothing, STDOUT_FILENO);
      ::execl(program.c_str(), "target", "grow", nullptr);
    }));
    return others_.back();
  }
  pid_t grow_as(uid_t user) {
    start_as(user);
    // Its allocator is mapped by the dynamic linker, some time after the exec.
    const std::string maps =
        "/proc/" + std::to_string(others_.back()) + "/maps";
    EXPECT_TRUE(wait_until([&] {
      std::ifstream file(maps);
      const std::string text((std::istreambuf_iterator<char>(file)), {});
      return text.find("/libc.so") != std::string::npos;
    }));
    return others_.back();
  }
  static int connect_to(const std::string& socket) {
    const int fd = ::socket(AF_UNIX, SOCK_SEQPACKET, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, socket.c_str(), sizeof address.sun_path - 1);
    const auto* peer = reinterpret_cast<const sockaddr*>(&address);
    return ::connect(fd, peer, sizeof address) == 0 ? fd : -1;
  }
  // All that the daemon answers to this user, packets without their ends.
  std::string ask_as(uid_t user, const std::string& request) {
    const std::string heard = path("heard");
    std::ofstream(heard, std::ios::trunc).close();
    std::filesystem::permissions(heard, std::filesystem::perms::all);
    const pid_t pid = fork_as(user, [&] {
      const int fd = connect_to(path("control.sock"));
      if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) < 0) {
        ::_exit(98);
      }
      std::ofstream out(heard);
      char buffer[64 << 10];
      for (ssize_t n = 0; (n = ::recv(fd, buffer, sizeof buffer, 0)) > 0;) {
        out.write(buffer, n);
      }
    });
    EXPECT_EQ(wait_for(pid), 0);
    std::ifstream file(heard);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static std::string trace(pid_t pid) {
    return "trace " + std::to_string(pid) + " 1500000000";
  }
  size_t ticks() const {
    size_t count = 0;
    const auto parts = series_parts(path("state"));
    if (!parts) return 0;
    for (const SeriesPart& part : *parts) {
      if (const auto back = try_read(part.path())) count += back->ticks.size();
    }
    return count;
  }

  pid_t daemon_ = -1;
  std::vector<pid_t> others_;
};

TEST_F(ControlTest, TracesOnesOwnProcessesWithoutRights) {
  const pid_t own = grow_as(kNobody);
  std::string answer;
  // Until the daemon has met the process.
  EXPECT_TRUE(wait_until([&] {
    answer = ask_as(kNobody, trace(own));
    return answer.find("no such process") == std::string::npos;
  }));
  EXPECT_NE(answer.find("site_grow (heap_target.cpp:"), std::string::npos)
      << answer << said();
  EXPECT_TRUE(answer.ends_with(".")) << answer;
  // Its probes are gone again, and it can be asked once more.
  EXPECT_TRUE(wait_until([&] {
    return said().find("seen enough") != std::string::npos;
  })) << said();
  end_daemon();
}

// Before the daemon's next scan, and before its allocator is mapped.
TEST_F(ControlTest, TracesAProcessThatHasJustBegun) {
  const pid_t own = start_as(kNobody);
  const std::string answer = ask_as(kNobody, trace(own));
  EXPECT_NE(answer.find("site_grow (heap_target.cpp:"), std::string::npos)
      << answer << said();
  end_daemon();
}

TEST_F(ControlTest, TracesNobodyElsesProcess) {
  const pid_t roots = grow_as(0);
  std::string answer;
  EXPECT_TRUE(wait_until([&] {
    answer = ask_as(kNobody, trace(roots));
    return answer.find("no such process") == std::string::npos;
  }));
  EXPECT_NE(answer.find("another user's process"), std::string::npos) << answer;
  EXPECT_EQ(said().find("traces " + std::to_string(roots)), std::string::npos);
  EXPECT_NE(ask_as(kNobody, trace(99999999)).find("-99999999: no such process"),
            std::string::npos);
  end_daemon();
}

TEST_F(ControlTest, TheCommandAsksTheDaemon) {
  const pid_t target = grow_as(kNobody);
  ::setenv("TIDEMARK_SOCKET", path("client.sock").c_str(), 1);
  const auto run = [&] {
    return wait_for(
        spawn({"sh", "-c", "exec \"$0\" trace \"$1\" --for 1500ms > \"$2\"",
               kTidemark, std::to_string(target), path("listing")}));
  };
  EXPECT_TRUE(wait_until([&] { return run() == 0; })) << said();
  std::ifstream file(path("listing"));
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  EXPECT_NE(text.find("site_grow (heap_target.cpp:"), std::string::npos)
      << text;
  EXPECT_NE(said().find("user 0 traces"), std::string::npos);
  end_daemon();
}

TEST_F(ControlTest, AFloodOfRequestsCostsNoTick) {
  const pid_t flood = fork_as(kNobody, [&] {
    for (int i = 0;; ++i) {
      const int fd = connect_to(path("control.sock"));
      const std::string request =
          i % 2 == 0 ? "trace 1 5000000000" : "nonsense";
      if (fd >= 0)
        (void)!::send(fd, request.data(), request.size(),
                      MSG_NOSIGNAL | MSG_DONTWAIT);
      ::close(fd);
    }
  });
  others_.push_back(flood);
  const size_t before = ticks();
  EXPECT_TRUE(wait_until([&] { return ticks() >= before + 15; })) << said();
  // Somebody else is heard meanwhile.
  EXPECT_TRUE(wait_until([&] {
    return ask_as(0, trace(99999999)).find("no such process") !=
           std::string::npos;
  }));
  ::kill(flood, SIGKILL);
  end_daemon();
}

}  // namespace
}  // namespace tidemark
