// A real recorder under attack: clients that break every rule of the channel,
// beside honest ones whose marks all must be kept.
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <tidemark/tidemark.hpp>
#include <vector>

#include "record_fixture.h"
#include "tests/unit/client/raw_client.h"

namespace tidemark {
namespace {

using test::RawClient;

// The full measure is 60 s.
std::chrono::seconds attack_length() {
  const char* asked = std::getenv("TIDEMARK_TEST_HOSTILE_SECONDS");
  return std::chrono::seconds(asked != nullptr ? std::atoi(asked) : 2);
}

// How long until the daemon threw it out, filled in by the attackers.
struct Outcome {
  std::atomic<uint64_t> attacks, dismissed, connects;
  std::atomic<int64_t> worst_ns;
};

class ClientHostile : public RecordTest {
 protected:
  ClientHostile() {
    ::setenv("TIDEMARK_SOCKET", path("client.sock").c_str(), 1);
    outcome_ = static_cast<Outcome*>(::mmap(nullptr, sizeof(Outcome),
                                            PROT_READ | PROT_WRITE,
                                            MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  }
  ~ClientHostile() override {
    ::munmap(outcome_, sizeof(Outcome));
    ::unsetenv("TIDEMARK_SOCKET");
  }

  // Waits until the daemon closed its end, 5 s at most.
  void expect_dismissal(const RawClient& raw) {
    ++outcome_->attacks;
    const auto begin = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - begin < 5s) {
      if (raw.dismissed()) {
        const int64_t took = (std::chrono::steady_clock::now() - begin) / 1ns;
        int64_t worst = outcome_->worst_ns;
        while (took > worst &&
               !outcome_->worst_ns.compare_exchange_weak(worst, took)) {
        }
        ++outcome_->dismissed;
        return;
      }
      std::this_thread::sleep_for(1ms);
    }
  }

  std::string socket() const { return path("client.sock"); }

  void forge_position(unsigned seed) {
    RawClient raw;
    raw.note(0, "bait");
    if (!raw.join(socket())) return;
    std::this_thread::sleep_for(20ms);
    raw.segment().lanes[seed % 64].written = seed % 2 == 0 ? UINT64_MAX : 5000;
    raw.segment().header.lanes_used = 64;
    expect_dismissal(raw);
  }
  void scribble(unsigned seed) {
    std::mt19937_64 random(seed);
    RawClient raw;
    if (!raw.join(socket())) return;
    std::this_thread::sleep_for(20ms);
    auto* words = reinterpret_cast<uint64_t*>(&raw.segment().lanes);
    for (int i = 0; i < 100'000; ++i) words[i] = random();
    raw.segment().header.lanes_used = 64;
    expect_dismissal(raw);
  }
  void leave_seals_out(unsigned seed) {
    constexpr int kSome[] = {0, F_SEAL_GROW | F_SEAL_SEAL, F_SEAL_SHRINK};
    RawClient raw(TIDEMARK_SEGMENT_BYTES, kSome[seed % 3]);
    if (!raw.join(socket())) return;
    // And takes the memory away: whoever mapped it now dies of SIGBUS.
    (void)!::ftruncate(raw.memfd(), 0);
    expect_dismissal(raw);
  }
  void truncate(unsigned) {
    RawClient raw;
    if (!raw.join(socket())) return;
    (void)!::ftruncate(raw.memfd(), 0);  // the seals forbid it
    raw.segment().lanes[0].written = UINT64_MAX;
    expect_dismissal(raw);
  }
  void flood_descriptors(unsigned) {
    RawClient raw;
    if (!raw.join(socket())) return;
    for (int i = 0; i < 20; ++i) {
      raw.send_packet(tidemark_goodbye{TIDEMARK_CHANNEL_MAGIC},
                      std::vector<int>(200, raw.memfd()));
    }
    expect_dismissal(raw);
  }
  void babble(unsigned seed) {
    RawClient raw;
    if (!raw.connect(socket())) return;
    std::mt19937_64 random(seed);
    std::string bytes(1 + random() % 4000, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    raw.send({bytes.data(), bytes.size()}, {});
    expect_dismissal(raw);
  }

  // One attack after another, each a process of its own: a pid that was thrown
  // out is not let in again for a while.
  void attack_until(const std::atomic<bool>& end) {
    using Attack = void (ClientHostile::*)(unsigned);
    constexpr Attack kAttacks[] = {
        &ClientHostile::forge_position,    &ClientHostile::scribble,
        &ClientHostile::leave_seals_out,   &ClientHostile::truncate,
        &ClientHostile::flood_descriptors, &ClientHostile::babble};
    for (unsigned seed = 0; !end; ++seed) {
      const pid_t child = ::fork();
      if (child == 0) {
        (this->*kAttacks[seed % std::size(kAttacks)])(seed);
        ::_exit(0);
      }
      ::waitpid(child, nullptr, 0);
    }
  }
  // 10,000 connections that say nothing.
  void connect_often(const std::atomic<bool>& end) {
    const pid_t child = ::fork();
    if (child == 0) {
      while (outcome_->connects < 10'000) {
        RawClient raw(4096, 0);
        // The queue of those who wait to be let in is short.
        if (!raw.connect(socket()))
          std::this_thread::sleep_for(1ms);
        else
          ++outcome_->connects;
      }
      ::_exit(0);
    }
    while (!end && ::waitpid(child, nullptr, WNOHANG) == 0) {
      std::this_thread::sleep_for(10ms);
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }

  Outcome* outcome_;
};

TEST_F(ClientHostile, HonestClientsLoseNothing) {
  const pid_t pid = start({"-q", "--interval", "200ms", "--heap=off"});
  const Session session("honest");
  uint64_t made = 0;
  ASSERT_TRUE(wait_until([&] {
    session.note("honest");
    ++made;
    return session.connected();
  }));
  std::atomic<bool> end = false;
  std::thread attacks([&] { attack_until(end); });
  std::thread connects([&] { connect_often(end); });
  const auto until = std::chrono::steady_clock::now() + attack_length();
  while (std::chrono::steady_clock::now() < until) {
    session.note("honest");
    ++made;
    std::this_thread::sleep_for(1ms);
  }
  end = true;
  attacks.join();
  connects.join();
  EXPECT_TRUE(session.connected());
  EXPECT_EQ(session.flush(10s), Answer::done);
  EXPECT_EQ(session.dropped(), 0u);
  ::kill(pid, SIGINT);
  EXPECT_EQ(wait_for(pid), 0) << said();
  const ReadBack run = read();
  EXPECT_TRUE(run.closed);
  const auto notes = run.of(EventKind::note);
  const auto honest =
      std::count_if(notes.begin(), notes.end(),
                    [](const Event& note) { return note.name == "honest"; });
  EXPECT_EQ(static_cast<uint64_t>(honest), made);
  EXPECT_GT(outcome_->attacks, 5u);
  EXPECT_EQ(outcome_->dismissed, outcome_->attacks);
  EXPECT_FALSE(run.of(EventKind::client_quarantined).empty());
  std::printf(
      "%lld s: %llu attacks, all thrown out, after %.1f ms at most; %llu "
      "connections; %llu honest marks, all kept\n",
      static_cast<long long>(attack_length().count()),
      static_cast<unsigned long long>(outcome_->attacks.load()),
      static_cast<double>(outcome_->worst_ns.load()) / 1e6,
      static_cast<unsigned long long>(outcome_->connects.load()),
      static_cast<unsigned long long>(made));
}

}  // namespace
}  // namespace tidemark
