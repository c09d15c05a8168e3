// Clients that break the rules: each is put out alone, and the daemon and
// everybody else go on.
#include <sys/resource.h>
#include <sys/wait.h>

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <random>
#include <thread>

#include "tests/unit/client/channel_fixture.h"
#include "tests/unit/client/raw_client.h"

namespace tidemark::test {
namespace {

class Hostile : public ChannelTest {
 protected:
  // Runs `attack` as a process of its own, which then waits to be killed; so
  // that the backoff for its pid does not hit the next one.
  template <typename Attack>
  void expect_quarantine(const char* rule, Attack&& attack) {
    SCOPED_TRACE(rule);
    const size_t before = count(EventKind::client_quarantined);
    const pid_t child = ::fork();
    if (child == 0) {
      attack();
      ::pause();
    }
    EXPECT_TRUE(turn_until(
        [&] { return count(EventKind::client_quarantined) > before; }));
    EXPECT_THAT(of_kind(EventKind::client_quarantined).back().text,
                ::testing::HasSubstr(rule));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    turn();
  }
  // A well-behaved client beside them keeps all its marks.
  void expect_all_well(RawClient& good) {
    const size_t before = count(EventKind::note);
    good.note(0, "still here");
    turn();
    EXPECT_EQ(count(EventKind::note), before + 1);
    EXPECT_FALSE(good.dismissed());
  }
  static size_t open_descriptors() {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return static_cast<size_t>(std::distance(begin(all), end(all)));
  }
};

TEST_F(Hostile, BadHandshakesAreNamed) {
  start_host();
  RawClient good;
  ASSERT_TRUE(good.join(socket_));
  turn();
  expect_quarantine("no HELLO", [&] {
    RawClient raw;
    raw.connect(socket_);
    raw.send_packet(uint64_t{0x4141414141414141}, {raw.memfd()});
    ::pause();
  });
  expect_quarantine("another major version", [&] {
    RawClient raw;
    raw.connect(socket_);
    auto hello = RawClient::hello();
    hello.major = 9;
    raw.send_packet(hello, {raw.memfd()});
    ::pause();
  });
  expect_quarantine("wrong segment size", [&] {
    RawClient raw;
    raw.connect(socket_);
    auto hello = RawClient::hello();
    hello.segment_bytes = UINT64_MAX;
    raw.send_packet(hello, {raw.memfd()});
    ::pause();
  });
  expect_quarantine("wrong name length", [&] {
    RawClient raw;
    raw.connect(socket_);
    auto hello = RawClient::hello();
    hello.name_length = 255;
    raw.send_packet(hello, {raw.memfd()});
    ::pause();
  });
  expect_quarantine("one descriptor", [&] {
    RawClient raw;
    raw.connect(socket_);
    raw.send_packet(RawClient::hello());
    ::pause();
  });
  expect_all_well(good);
}

TEST_F(Hostile, BadSegmentsAreNamed) {
  start_host();
  const auto join = [&](size_t bytes, int seals) {
    RawClient raw(bytes, seals);
    raw.join(socket_);
    ::pause();
  };
  expect_quarantine("not sealed", [&] { join(TIDEMARK_SEGMENT_BYTES, 0); });
  expect_quarantine("not sealed", [&] {
    join(TIDEMARK_SEGMENT_BYTES, F_SEAL_GROW | F_SEAL_SEAL);
  });
  expect_quarantine("wrong size", [&] { join(4096, kAllSeals); });
  expect_quarantine("wrong size",
                    [&] { join(2 * TIDEMARK_SEGMENT_BYTES, kAllSeals); });
  expect_quarantine("header is wrong", [&] {
    RawClient raw;
    raw.segment().header.magic = 1;
    raw.join(socket_);
    ::pause();
  });
  expect_quarantine("no memfd", [&] {
    RawClient raw;
    raw.connect(socket_);
    const int fd = ::open("/dev/zero", O_RDWR | O_CLOEXEC);
    raw.send_packet(RawClient::hello(), {fd});
    ::pause();
  });
  expect_quarantine("not open for writing", [&] {
    RawClient raw;
    raw.connect(socket_);
    const std::string path = "/proc/self/fd/" + std::to_string(raw.memfd());
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    raw.send_packet(RawClient::hello(), {fd});
    ::pause();
  });
  // The daemon cannot map it writable.
  expect_quarantine("mapping", [&] {
    RawClient raw(TIDEMARK_SEGMENT_BYTES, 0);
    ::fcntl(raw.memfd(), F_ADD_SEALS, kAllSeals | F_SEAL_FUTURE_WRITE);
    raw.join(socket_);
    ::pause();
  });
}

TEST_F(Hostile, ForgedPositionsAndRecordsAreNamed) {
  start_host();
  RawClient good;
  ASSERT_TRUE(good.join(socket_));
  const auto forge = [&](const std::function<void(tidemark_segment&)>& by) {
    return [&, by] {
      RawClient raw;
      raw.note(0, "first");
      raw.join(socket_);
      ::usleep(20'000);
      by(raw.segment());
      ::pause();
    };
  };
  expect_quarantine("out of range", forge([](tidemark_segment& s) {
                      s.lanes[0].written = UINT64_MAX;
                    }));
  expect_quarantine("out of range", forge([](tidemark_segment& s) {
                      s.header.lanes_used = UINT32_MAX;
                      s.lanes[63].written = 2000;
                    }));
  expect_quarantine("out of range",
                    forge([](tidemark_segment& s) { s.lanes[0].written = 0; }));
  expect_quarantine("out of sequence",
                    forge([](tidemark_segment& s) { s.lanes[0].written = 7; }));
  expect_quarantine("longer than allowed", forge([](tidemark_segment& s) {
                      s.rings[0][1].sequence = 2;
                      s.rings[0][1].kind = TIDEMARK_RECORD_NOTE;
                      s.rings[0][1].length = 60'000;
                      s.lanes[0].written = 2;
                    }));
  expect_quarantine("beyond the committed", forge([](tidemark_segment& s) {
                      s.rings[0][1].sequence = 2;
                      s.rings[0][1].kind = TIDEMARK_RECORD_NOTE;
                      s.rings[0][1].length = 300;
                      s.lanes[0].written = 2;
                    }));
  expect_quarantine("no kind", forge([](tidemark_segment& s) {
                      s.rings[0][1].sequence = 2;
                      s.rings[0][1].kind = TIDEMARK_RECORD_TEXT;
                      s.lanes[0].written = 2;
                    }));
  // What it had said well is kept.
  EXPECT_EQ(count(EventKind::note), 7u);
  expect_all_well(good);
}

TEST_F(Hostile, UnknownKindsArePassedOverAndCounted) {
  start_host();
  RawClient raw;
  raw.note(0, "a");
  raw.note(0, "from the future");
  raw.segment().rings[0][1].kind = 99;
  raw.note(0, "b");
  ASSERT_TRUE(raw.join(socket_));
  turn();
  EXPECT_EQ(count(EventKind::note), 2u);
  EXPECT_EQ(host_->totals().unknown, 1u);
  EXPECT_EQ(host_->totals().quarantined, 0u);
}

TEST_F(Hostile, TimesAreClamped) {
  start_host();
  RawClient raw;
  raw.note(0, "past");
  raw.note(0, "future");
  raw.segment().rings[0][1].time_ns = UINT64_MAX;
  ASSERT_TRUE(raw.join(socket_));
  turn();
  const auto notes = of_kind(EventKind::note);
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_GT(to_ns(notes[0].time), 0);
  EXPECT_LE(notes[0].time, now());
  EXPECT_LE(notes[1].time, now() + Nanoseconds(1'000'000));
}

TEST_F(Hostile, FiguresMayBeAnything) {
  start_host();
  RawClient raw;
  std::mt19937_64 random(3);
  tidemark_segment& s = raw.segment();
  const auto scribble = [&](void* at, size_t bytes) {
    auto* words = static_cast<uint64_t*>(at);
    for (size_t i = 0; i < bytes / 8; ++i) words[i] = random();
  };
  scribble(s.names, sizeof s.names);
  scribble(s.gauges, sizeof s.gauges);
  scribble(s.stripes, sizeof s.stripes);
  scribble(s.heads, sizeof s.heads);
  scribble(s.buckets[0], sizeof s.buckets[0]);
  s.header.name_count = UINT32_MAX;
  s.header.lanes_used = UINT32_MAX;
  s.header.primary = UINT32_MAX;
  for (uint8_t i = 0; i < 200; ++i) {
    s.names[i].kind = i % 6;
    s.names[i].length = i % 140;
    s.names[i].histogram = i;
  }
  ASSERT_TRUE(raw.join(socket_));
  turn();
  TakenFrame frame;
  host_->sample(frame);
  EXPECT_FALSE(frame.values.empty());
  for (const auto& [cell, value] : frame.values) {
    EXPECT_TRUE(cell.first.valid());
  }
}

TEST_F(Hostile, DescriptorsAreNotCollected) {
  start_host();
  RawClient good;
  ASSERT_TRUE(good.join(socket_));
  turn();
  const size_t before = open_descriptors();
  expect_quarantine("too many descriptors", [&] {
    RawClient raw;
    raw.connect(socket_);
    raw.send_packet(RawClient::hello(), std::vector<int>(200, raw.memfd()));
    ::pause();
  });
  expect_quarantine("descriptors after HELLO", [&] {
    RawClient raw;
    raw.join(socket_);
    for (int i = 0; i < 50; ++i) {
      raw.send_packet(tidemark_goodbye{TIDEMARK_CHANNEL_MAGIC},
                      std::vector<int>(100, raw.memfd()));
    }
    ::pause();
  });
  expect_quarantine("unknown packet", [&] {
    RawClient raw;
    raw.join(socket_);
    raw.send_packet(uint64_t{1});
    ::pause();
  });
  sampled("none");
  sampled("none");
  EXPECT_EQ(open_descriptors(), before);
  expect_all_well(good);
}

TEST_F(Hostile, ConnectionsAreCapped) {
  start_host();
  std::vector<std::unique_ptr<RawClient>> many;
  for (int i = 0; i < 300; ++i) {
    many.push_back(std::make_unique<RawClient>());
    many.back()->connect(socket_);
    if (i % 50 == 0) turn();
  }
  for (int i = 0; i < 10; ++i) turn();
  EXPECT_GE(host_->totals().refused, 44u);
  EXPECT_EQ(count(EventKind::degraded), 10u);  // said, not flooded
  many.clear();
  for (int i = 0; i < 10; ++i) turn();
  ASSERT_FALSE(host_->has_clients());
  RawClient good;
  ASSERT_TRUE(good.join(socket_));
  turn();
  expect_all_well(good);
}

TEST_F(Hostile, ASilentConnectionIsClosed) {
  start_host();
  RawClient raw;
  ASSERT_TRUE(raw.connect(socket_));
  turn();
  EXPECT_TRUE(host_->has_clients());
  DrainBatch batch;
  host_->drain(now() + Nanoseconds(3'000'000'000), batch);
  EXPECT_FALSE(host_->has_clients());
  EXPECT_TRUE(raw.dismissed());
}

TEST_F(Hostile, AFloodOfMarksIsHeldBackAndOthersAreServed) {
  marks_per_second_ = 100;
  start_host();
  RawClient loud;
  RawClient quiet;
  for (int i = 0; i < 1000; ++i) loud.note(0, "!");
  quiet.note(0, "?");
  ASSERT_TRUE(loud.join(socket_));
  ASSERT_TRUE(quiet.join(socket_));
  const BootTime at = now();
  host_->service(at);
  DrainBatch batch;
  host_->drain(at, batch);
  const auto notes = [&](const char* text) {
    return std::count_if(
        batch.events.begin(), batch.events.end(), [&](const Event& event) {
          return event.kind == EventKind::note && event.name == text;
        });
  };
  EXPECT_EQ(notes("?"), 1);
  EXPECT_EQ(notes("!"), 200);  // the burst
  host_->drain(at + Nanoseconds(1'000'000'000), batch);
  EXPECT_EQ(notes("!"), 300);  // and a second's worth
}

// Positions, records and the header change while the daemon reads them.
TEST_F(Hostile, ARacerCannotBreakTheReader) {
  start_host();
  RawClient good;
  ASSERT_TRUE(good.join(socket_));
  turn();
  const pid_t child = ::fork();
  if (child == 0) {
    std::mt19937_64 random(5);
    RawClient raw;
    raw.join(socket_);
    while (true) {
      raw.note(0, "bait");
      for (int i = 0; i < 50; ++i) {
        auto& record = raw.segment().rings[0][random() % 8];
        __atomic_store_n(&record.length, static_cast<uint16_t>(random()),
                         __ATOMIC_RELAXED);
      }
      ::madvise(raw.segment().rings, 4096, MADV_REMOVE);  // a hole
    }
  }
  EXPECT_TRUE(
      turn_until([&] { return count(EventKind::client_quarantined) > 0; }));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  turn();
  expect_all_well(good);
}

TEST_F(Hostile, RandomSegmentsNeverHurt) {
  start_host();
  RawClient good;
  ASSERT_TRUE(good.join(socket_));
  turn();
  for (unsigned seed = 0; seed < 40; ++seed) {
    const pid_t child = ::fork();
    if (child == 0) {
      std::mt19937_64 random(seed);
      RawClient raw;
      auto* words =
          reinterpret_cast<uint64_t*>(&raw.segment().header.reserved1);
      const size_t count = offsetof(tidemark_segment, stripes) / 8 - 8;
      // All of it, or a few words.
      if (seed % 2 == 0) {
        for (size_t i = 0; i < count; ++i) words[i] = random();
      } else {
        for (int i = 0; i < 200; ++i) words[random() % count] = random() % 4096;
      }
      raw.join(socket_);
      ::usleep(30'000);
      ::_exit(0);
    }
    for (int i = 0; i < 5; ++i) turn();
    ::waitpid(child, nullptr, 0);
    turn();
    sampled("none");
  }
  expect_all_well(good);
}

}  // namespace
}  // namespace tidemark::test
