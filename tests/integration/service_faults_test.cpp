// What may befall the service: full and failing disks, floods, many processes,
// storms of forks, hanging scrapers, kills, upgrades under live clients.
#include <arpa/inet.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <set>
#include <tidemark/tidemark.hpp>

#include "core/store/recording_series.h"
#include "record_fixture.h"

namespace tidemark {
namespace {

constexpr const char* kDaemon = TIDEMARK_BINARY_DIR "/daemon/tidemarkd";

// A length from the environment: short in the suite, whole by hand.
int number_of(const char* variable, int usual) {
  const char* asked = std::getenv(variable);
  return asked != nullptr ? std::atoi(asked) : usual;
}

class ServiceFaults : public RecordTest {
 protected:
  std::string state() const { return path("state"); }
  std::string socket() const { return path("client.sock"); }

  ServiceFaults() { std::filesystem::create_directory(state()); }
  ~ServiceFaults() override { ::unsetenv("TIDEMARK_SOCKET"); }

  pid_t serve(std::vector<std::string> more = {}) const {
    std::vector<std::string> words = {kDaemon,    "--state-dir", state(),
                                      "--socket", socket(),      "--interval",
                                      "100ms",    "--heap",      "off"};
    words.insert(words.end(), more.begin(), more.end());
    return spawn(words);
  }
  std::vector<std::string> parts() const {
    std::vector<std::string> paths;
    const auto found = series_parts(state());
    if (!found) return paths;
    for (const SeriesPart& part : *found) paths.push_back(part.path());
    return paths;
  }
  size_t ticks() const {
    size_t count = 0;
    for (const std::string& part : parts()) {
      if (const auto back = try_read(part)) count += back->ticks.size();
    }
    return count;
  }
  bool wait_for_more_ticks(size_t more) const {
    const size_t before = ticks();
    return wait_until([&] { return ticks() >= before + more; });
  }
  bool wait_to_say(const std::string& text) const {
    return wait_until([&] { return said().find(text) != std::string::npos; });
  }
  static int end(pid_t pid) {
    ::kill(pid, SIGTERM);
    return wait_for(pid);
  }
  static std::string highest_memory(pid_t pid) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("VmHWM:")) return line.substr(line.rfind('\t') + 1);
    }
    return "unknown";
  }
  // Ticks that a recording says were left out because they came too late.
  int64_t late_ticks() const {
    int64_t count = 0;
    for (const std::string& part : parts()) {
      const auto back = try_read(part);
      if (!back) continue;
      for (const Gap& gap : back->gaps) count += gap.ticks;
    }
    return count;
  }
};

// A file system of its own, small.
class SmallDisk : public ServiceFaults {
 protected:
  SmallDisk() {
    mounted_ =
        ::mount("tidemark-test", state().c_str(), "tmpfs", 0, "size=512k") == 0;
  }
  ~SmallDisk() override {
    if (mounted_) ::umount2(state().c_str(), MNT_DETACH);
  }
  std::string filler() const { return state() + "/filler"; }
  void fill() const {
    std::ofstream file(filler());
    const std::string block(4096, 'x');
    for (int i = 0; i < 400 && file.write(block.data(), 4096).flush(); ++i) {
    }
  }

  bool mounted_ = false;
};

TEST_F(SmallDisk, AFullDiskIsAGapAndNothingEndsByIt) {
  if (!mounted_) GTEST_SKIP() << "no rights to mount";
  const pid_t pid = serve({"--keep-free", "0B"});
  ASSERT_TRUE(wait_for_more_ticks(3)) << said();
  fill();
  const size_t full = ticks();
  std::this_thread::sleep_for(1s);
  EXPECT_LE(ticks(), full + 15);
  std::filesystem::remove(filler());
  EXPECT_TRUE(wait_for_more_ticks(10)) << said();
  EXPECT_EQ(end(pid), 0) << said();
  for (const std::string& part : parts()) {
    const auto back = try_read(part);
    ASSERT_TRUE(back);
    EXPECT_TRUE(back->damages.empty());
    EXPECT_TRUE(back->closed);
  }
}

TEST_F(SmallDisk, ADiskThatIsFullFromTheBeginIsNamed) {
  if (!mounted_) GTEST_SKIP() << "no rights to mount";
  fill();
  EXPECT_EQ(wait_for(serve({"--keep-free", "0B"})), 70);
  EXPECT_NE(said().find("No space left"), std::string::npos) << said();
}

TEST_F(SmallDisk, AFolderThatCannotBeWrittenIsNamed) {
  if (!mounted_) GTEST_SKIP() << "no rights to mount";
  ASSERT_EQ(::mount("tidemark-test", state().c_str(), "tmpfs",
                    MS_REMOUNT | MS_RDONLY, "size=512k"),
            0);
  EXPECT_EQ(wait_for(serve()), 64);
  EXPECT_NE(said().find("Read-only file system; recordings are written there"),
            std::string::npos)
      << said();
}

TEST_F(SmallDisk, OldPartsMakeRoom) {
  if (!mounted_) GTEST_SKIP() << "no rights to mount";
  const pid_t pid = serve(
      {"--keep-free", "0B", "--rotate-age", "1s", "--keep-size", "64KiB"});
  EXPECT_TRUE(wait_until([&] {
    const auto here = parts();
    return !here.empty() && parse_series_part(here.front())->number > 2;
  })) << said();
  EXPECT_EQ(end(pid), 0) << said();
}

// A disk that fails: the daemon ends with the cause, so that its manager begins
// it anew; what was in the file before stays readable, whole.
class FailingDisk : public ServiceFaults,
                    public ::testing::WithParamInterface<const char*> {
 protected:
  pid_t serve_until_it_fails() const {
    ::setenv("LD_PRELOAD", TIDEMARK_IO_FAULT, 1);
    ::setenv("TIDEMARK_FAULT", GetParam(), 1);
    // Under AddressSanitizer: its library need not be the first.
    ::setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 0);
    const pid_t pid = serve({"--rotate-age", "1s"});
    ::unsetenv("LD_PRELOAD");
    ::unsetenv("TIDEMARK_FAULT");
    return pid;
  }
};

TEST_P(FailingDisk, EndsWithTheCauseAndAReadableRecording) {
  EXPECT_EQ(wait_for(serve_until_it_fails()), 70) << said();
  EXPECT_NE(said().find("Input/output error"), std::string::npos) << said();
  for (const std::string& part : parts()) {
    const auto back = try_read(part);
    if (!back) continue;  // it failed before there was anything
    EXPECT_TRUE(back->damages.empty()) << part;
    EXPECT_FALSE(back->ticks.empty() && back->closed) << part;
  }
  // The next one finds nothing in its way.
  const pid_t next = serve();
  EXPECT_TRUE(wait_for_more_ticks(3)) << said();
  EXPECT_EQ(end(next), 0) << said();
}

// The header, the first tick, ticks, a new part's head; each kind of call.
INSTANTIATE_TEST_SUITE_P(AtAnyPoint, FailingDisk,
                         ::testing::Values("open64:1", "pwrite64:1",
                                           "pwrite64:2", "pwrite64:3",
                                           "pwrite64:8", "pwrite64:15",
                                           "pwrite64:30", "fdatasync:1",
                                           "fdatasync:2"));

TEST_F(ServiceFaults, APartThatFailsToBeginLeavesThePresentOne) {
  ::setenv("LD_PRELOAD", TIDEMARK_IO_FAULT, 1);
  ::setenv("TIDEMARK_FAULT", "open64:2", 1);
  ::setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 0);
  const pid_t pid = serve({"--rotate-age", "1s"});
  ::unsetenv("LD_PRELOAD");
  ::unsetenv("TIDEMARK_FAULT");
  EXPECT_TRUE(wait_to_say("the present one goes on")) << said();
  EXPECT_TRUE(wait_for_more_ticks(5)) << said();
  EXPECT_EQ(end(pid), 0) << said();
  EXPECT_EQ(parts().size(), 1u);
}

TEST_F(ServiceFaults, AFolderThatGoesAwayEndsNothing) {
  const pid_t pid = serve({"--rotate-age", "1s"});
  ASSERT_TRUE(wait_for_more_ticks(3)) << said();
  std::filesystem::remove_all(state());
  EXPECT_TRUE(wait_to_say("the present one goes on")) << said();
  EXPECT_EQ(::kill(pid, 0), 0);
  EXPECT_EQ(end(pid), 0) << said();
}

// Connections that say nothing, or nonsense, faster than they can be served.
TEST_F(ServiceFaults, AFloodOfConnectionsCostsOthersNothing) {
  const pid_t pid = serve();
  ASSERT_TRUE(wait_for_more_ticks(2)) << said();
  ::setenv("TIDEMARK_SOCKET", socket().c_str(), 1);
  const pid_t flood = ::fork();
  if (flood == 0) {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(1);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, socket().c_str(),
                 sizeof address.sun_path - 1);
    for (;;) {
      const int fd = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);
      if (::connect(fd, reinterpret_cast<sockaddr*>(&address),
                    sizeof address) == 0) {
        (void)!::write(fd, "nonsense", 8);
      }
      ::close(fd);
    }
  }
  std::filesystem::permissions(folder_, std::filesystem::perms::all);
  EXPECT_TRUE(wait_for_more_ticks(10)) << said();
  const Session session("honest");
  EXPECT_TRUE(wait_until([&] { return session.connected(); }));
  for (int i = 0; i < 100; ++i) session.note("n" + std::to_string(i));
  EXPECT_EQ(session.flush(20s), Answer::done);
  ::kill(flood, SIGKILL);
  wait_for(flood);
  EXPECT_EQ(end(pid), 0) << said();
  size_t notes = 0;
  for (const std::string& part : parts()) {
    notes += try_read(part)->of(EventKind::note).size();
  }
  EXPECT_EQ(notes, 100u);
}

// What a service manager hears (sd_notify(3)).
class Manager {
 public:
  explicit Manager(const std::string& path)
      : socket_(
            ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address),
                     sizeof address),
              0);
  }
  ~Manager() { ::close(socket_); }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  // How often this was said since the last call, all else left aside.
  size_t take(std::string_view what) const {
    size_t count = 0;
    char buffer[4096];
    for (ssize_t n = 0; (n = ::recv(socket_, buffer, sizeof buffer, 0)) > 0;) {
      const std::string_view text(buffer, static_cast<size_t>(n));
      count += text.find(what) != std::string_view::npos ? 1 : 0;
    }
    return count;
  }

 private:
  int socket_;
};

// One that hangs feeds it no more; its manager kills it and begins another.
TEST_F(ServiceFaults, TheWatchdogIsFedUntilTheDaemonHangs) {
  const Manager manager(path("notify.sock"));
  ::setenv("NOTIFY_SOCKET", path("notify.sock").c_str(), 1);
  ::setenv("WATCHDOG_USEC", "400000", 1);
  const pid_t pid = serve();
  ::unsetenv("NOTIFY_SOCKET");
  ::unsetenv("WATCHDOG_USEC");
  size_t fed = 0;
  EXPECT_TRUE(wait_until([&] {
    fed += manager.take("WATCHDOG=1");
    return fed >= 5;
  })) << said();
  ASSERT_TRUE(wait_for_more_ticks(3)) << said();
  ::kill(pid, SIGSTOP);
  std::this_thread::sleep_for(300ms);
  manager.take("WATCHDOG=1");
  std::this_thread::sleep_for(1s);
  EXPECT_EQ(manager.take("WATCHDOG=1"), 0u);
  ::kill(pid, SIGKILL);
  EXPECT_EQ(wait_for(pid), 1000 + SIGKILL);
  const pid_t next = serve();
  EXPECT_TRUE(wait_for_more_ticks(3)) << said();
  EXPECT_EQ(end(next), 0) << said();
  ASSERT_EQ(parts().size(), 2u);
  const auto killed = try_read(parts().front());
  ASSERT_TRUE(killed);
  EXPECT_GE(killed->ticks.size(), 3u);
  EXPECT_FALSE(killed->closed);
}

// Connections beyond the last descriptor are refused, not waited upon.
TEST_F(ServiceFaults, WithoutDescriptorsItGoesOn) {
  const pid_t pid = serve();
  ASSERT_TRUE(wait_for_more_ticks(3)) << said();
  const std::string fds = "/proc/" + std::to_string(pid) + "/fd/";
  rlim_t free = 0;
  while (std::filesystem::is_symlink(fds + std::to_string(free))) ++free;
  const rlimit tight{free, free};
  ASSERT_EQ(::prlimit(pid, RLIMIT_NOFILE, &tight, nullptr), 0);
  const auto connect = [&] {
    const int fd = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, socket().c_str(),
                 sizeof address.sun_path - 1);
    EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&address),
                        sizeof address),
              0);
    return fd;
  };
  std::vector<int> waiting;
  for (int i = 0; i < 32; ++i) waiting.push_back(connect());
  const auto cpu = [&] {
    clockid_t clock = 0;
    timespec used{};
    ::clock_getcpuclockid(pid, &clock);
    ::clock_gettime(clock, &used);
    return Nanoseconds(used.tv_sec * 1'000'000'000 + used.tv_nsec);
  };
  std::this_thread::sleep_for(500ms);
  const Nanoseconds before = cpu();
  EXPECT_TRUE(wait_for_more_ticks(10)) << said();
  std::printf("CPU of 10 ticks and more without descriptors: %lld ms\n",
              static_cast<long long>((cpu() - before).count() / 1'000'000));
  // Whoever found no place was told so.
  char byte = 0;
  size_t refused = 0;
  for (const int fd : waiting) {
    refused += ::recv(fd, &byte, 1, MSG_DONTWAIT) == 0 ? 1 : 0;
    ::close(fd);
  }
  EXPECT_GE(refused, 16u);
  EXPECT_EQ(end(pid), 0) << said();
}

// TIDEMARK_TEST_FORK_SECONDS=60 is the whole measure.
TEST_F(ServiceFaults, AStormOfForksIsSampledAllTheSame) {
  const int seconds = number_of("TIDEMARK_TEST_FORK_SECONDS", 3);
  const pid_t pid = serve({"--budget", "50%"});
  ASSERT_TRUE(wait_for_more_ticks(2)) << said();
  const auto begin = std::chrono::steady_clock::now();
  int64_t forks = 0;
  const size_t before = ticks();
  while (std::chrono::steady_clock::now() - begin <
         std::chrono::seconds(seconds)) {
    const auto due = begin + std::chrono::microseconds(500 * forks);
    std::this_thread::sleep_until(due);
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    if (child < 0) break;
    ::waitpid(child, nullptr, 0);
    ++forks;
  }
  EXPECT_EQ(end(pid), 0) << said();
  const size_t taken = ticks() - before;
  RecordProperty("forks_per_second", std::to_string(forks / seconds));
  RecordProperty("ticks", std::to_string(taken));
  RecordProperty("late", std::to_string(late_ticks()));
  std::printf("%lld forks/s for %d s: %zu ticks taken, %lld named late\n",
              static_cast<long long>(forks / seconds), seconds, taken,
              static_cast<long long>(late_ticks()));
  // Each deadline is answered or named.
  EXPECT_GE(taken + static_cast<size_t>(late_ticks()),
            static_cast<size_t>(seconds) * 5);
}

// TIDEMARK_TEST_PROCESSES=10000 is the whole measure.
TEST_F(ServiceFaults, ThousandsOfProcessesAreSampled) {
  const int wanted = number_of("TIDEMARK_TEST_PROCESSES", 500);
  std::vector<pid_t> crowd;
  for (int i = 0; i < wanted; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      for (;;) ::pause();
    }
    if (child < 0) break;
    crowd.push_back(child);
  }
  const pid_t pid = serve({"--budget", "50%"});
  EXPECT_TRUE(wait_for_more_ticks(5)) << said();
  const std::string memory = highest_memory(pid);
  EXPECT_EQ(end(pid), 0) << said();
  std::printf(
      "%zu processes: %zu ticks taken, %lld named late, the daemon's "
      "memory at most %s\n",
      crowd.size(), ticks(), static_cast<long long>(late_ticks()),
      memory.c_str());
  for (const pid_t child : crowd) ::kill(child, SIGKILL);
  for (const pid_t child : crowd) ::waitpid(child, nullptr, 0);
  ASSERT_EQ(std::ssize(crowd), wanted);
  std::set<int32_t> seen;
  for (const std::string& part : parts()) {
    const auto back = try_read(part);
    ASSERT_TRUE(back) << part;
    for (const Subject& subject : back->dictionary.subjects()) {
      if (subject.kind == SubjectKind::process) {
        seen.insert(subject.process.pid.value);
      }
    }
  }
  const auto missed = std::ranges::count_if(
      crowd, [&](pid_t child) { return !seen.contains(child); });
  EXPECT_EQ(missed, 0);
}

TEST_F(ServiceFaults, AScraperThatHangsHoldsNobodyUp) {
  // A port that was free a moment ago.
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(
      ::bind(probe, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  socklen_t length = sizeof address;
  ::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &length);
  ::close(probe);
  const pid_t pid = serve(
      {"--metrics", "127.0.0.1:" + std::to_string(ntohs(address.sin_port))});
  ASSERT_TRUE(wait_for_more_ticks(12)) << said();
  std::vector<int> hanging;
  const auto connect = [&] {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(
        ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address),
        0);
    return fd;
  };
  for (int i = 0; i < 3; ++i) hanging.push_back(connect());
  const int scraper = connect();
  const std::string request = "GET /metrics HTTP/1.0\r\n\r\n";
  ASSERT_GT(::write(scraper, request.data(), request.size()), 0);
  std::string page;
  char buffer[4096];
  for (ssize_t n = 0; (n = ::read(scraper, buffer, sizeof buffer)) > 0;) {
    page.append(buffer, static_cast<size_t>(n));
  }
  EXPECT_NE(page.find("tidemark_ticks_total "), std::string::npos) << page;
  EXPECT_EQ(page.find("pid="), std::string::npos);
  EXPECT_TRUE(wait_for_more_ticks(5));
  EXPECT_EQ(end(pid), 0) << said();
  for (const int fd : hanging) ::close(fd);
  ::close(scraper);
}

// An upgrade ends one daemon and starts another at once. Fifty clients by
// TIDEMARK_TEST_CLIENTS=50.
TEST_F(ServiceFaults, AnUpgradeUnderLiveClientsLosesNoMark) {
  const int clients = number_of("TIDEMARK_TEST_CLIENTS", 8);
  const int upgrades = number_of("TIDEMARK_TEST_UPGRADES", 3);
  ::setenv("TIDEMARK_SOCKET", socket().c_str(), 1);
  pid_t pid = serve();
  ASSERT_TRUE(wait_for_more_ticks(2)) << said();
  std::atomic<bool> stop = false;
  std::atomic<int64_t> made = 0, dropped = 0;
  std::atomic<int> unflushed = 0;
  // One process may have one segment: each client is a process.
  std::vector<pid_t> speakers;
  for (int c = 0; c < clients; ++c) {
    const pid_t child = ::fork();
    if (child == 0) {
      const Session session("client" + std::to_string(c));
      int count = 0;
      while (!std::filesystem::exists(path("stop"))) {
        session.note("m" + std::to_string(c) + "-" + std::to_string(count++));
        std::this_thread::sleep_for(20ms);
      }
      // A flush says at once that no daemon is there; a client looks for the
      // next one once a second.
      bool done = false;
      wait_until([&] {
        const Answer answer = session.flush(20s);
        done = answer == Answer::done;
        return answer != Answer::no_daemon;
      });
      std::ofstream(path("made" + std::to_string(c)))
          << count << " " << session.dropped() << " " << done << "\n";
      ::_exit(0);
    }
    speakers.push_back(child);
  }
  for (int i = 0; i < upgrades; ++i) {
    std::this_thread::sleep_for(300ms);
    ::kill(pid, i % 2 == 0 ? SIGTERM : SIGKILL);
    wait_for(pid);
    pid = serve();
  }
  std::this_thread::sleep_for(500ms);
  std::ofstream(path("stop")) << "x";
  for (const pid_t child : speakers) wait_for(child);
  EXPECT_EQ(end(pid), 0) << said();
  for (int c = 0; c < clients; ++c) {
    std::ifstream file(path("made" + std::to_string(c)));
    int64_t count = -1, lost = -1;
    int done = 0;
    file >> count >> lost >> done;
    made += count;
    dropped += lost;
    unflushed += 1 - done;
  }
  std::set<std::string> names;
  for (const std::string& part : parts()) {
    for (const Event& event : try_read(part)->of(EventKind::note)) {
      names.insert(event.name);
    }
  }
  EXPECT_EQ(unflushed, 0);
  EXPECT_EQ(dropped, 0);
  EXPECT_EQ(std::ssize(names), made);
}

}  // namespace
}  // namespace tidemark
