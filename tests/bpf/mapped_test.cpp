// What a process mapped and did not give back, by stack, held against its
// /proc/PID/maps.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <map>
#include <string>
#include <vector>

#include "probes/symbolizer.h"
#include "tests/bpf/handle_fixture.h"
#include "tests/bpf/workload.h"

namespace tidemark {
namespace {

using testing_bpf::Child;
using testing_bpf::Steps;

constexpr size_t kPage = 4096;
constexpr size_t kMiB = 1u << 20;

// Mapped bytes: the heap, stacks and what is only reserved left out.
int64_t mapped_bytes(pid_t pid) {
  const auto maps = read_process_maps("/proc", Pid{pid});
  int64_t sum = 0;
  if (!maps) return -1;
  for (const Mapping& mapping : maps->mappings) {
    const bool is_other = mapping.path == "[heap]" || mapping.path == "[stack]";
    if (is_other || !mapping.readable) continue;
    sum += static_cast<int64_t>(mapping.end - mapping.begin);
  }
  return sum;
}

void* anonymous(size_t size, int protection = PROT_READ | PROT_WRITE,
                int flags = 0, void* at = nullptr) {
  void* block =
      ::mmap(at, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
  if (block == MAP_FAILED) ::abort();
  return block;
}

class MappedTest : public testing_bpf::HandleFixture {
 protected:
  // Mappings reach the rows through the ring.
  Open open_now(int cohort = -1) const {
    EXPECT_TRUE(tracer_->drain([](const HandleStack&) {},
                               [](HandleSlot, HandleEvent) {}));
    return HandleFixture::open_now(SiteKind::mapped, cohort);
  }
};

// A region of its own in which ranges come and go at random; the same numbers
// in each run.
struct Playground {
  static constexpr size_t kPages = 512;
  char* base = nullptr;
  unsigned random = 1;

  unsigned draw(unsigned below) {
    random = random * 1103515245u + 12345u;
    return (random >> 8) % below;
  }
  void step() {
    const size_t first = draw(kPages - 32);
    char* at = base + first * kPage;
    const size_t size = (1 + draw(31)) * kPage;
    switch (draw(6)) {
      case 0:
      case 1: anonymous(size, PROT_READ | PROT_WRITE, MAP_FIXED, at); return;
      case 2: anonymous(size, PROT_NONE, MAP_FIXED | MAP_NORESERVE, at); return;
      case 3: ::munmap(at, size - draw(3)); return;  // up to the page's end
      case 4: {
        const int file = ::open("/proc/self/exe", O_RDONLY);
        ::mmap(at, size, PROT_READ, MAP_PRIVATE | MAP_FIXED, file, 0);
        ::close(file);
        return;
      }
      // Fails where the range is not of one mapping.
      default: ::mremap(at, size, (1 + draw(40)) * kPage, MREMAP_MAYMOVE);
    }
  }
};
Playground playground;

void begin_playing() {
  playground.base = static_cast<char*>(
      anonymous(Playground::kPages * kPage, PROT_NONE, MAP_NORESERVE));
}
void play() {
  for (int i = 0; i < 500; ++i) playground.step();
}

TEST_F(MappedTest, StandsAsMapsShowsWhateverIsGivenBackAndMoved) {
  Steps child({begin_playing, play, play, play, play});
  const HandleSlot slot = attach(child.pid());
  const int64_t before = mapped_bytes(child.pid());
  for (int step = 0; step < 5; ++step) {
    child.next();
    EXPECT_EQ(open_now().bytes, mapped_bytes(child.pid()) - before) << step;
  }
  EXPECT_GT(open_now().bytes, int64_t{kMiB});
  const HandleCounts counts = tracer_->counts(slot);
  EXPECT_EQ(counts.missed_mappings, 0u);
  EXPECT_EQ(counts.missed_unmappings, 0u);
}

[[gnu::noinline]] void leaker_of_mappings() {
  for (int i = 0; i < 5; ++i) {
    void* block = anonymous(kMiB);
    if (i < 2) ::munmap(block, kMiB);
    if (i == 2) ::munmap(block, kMiB / 4);  // the rest still stands
    asm volatile("" : : "r"(block) : "memory");
  }
}

TEST_F(MappedTest, NamesTheFunctionAndThePhase) {
  Steps child({leaker_of_mappings, leaker_of_mappings});
  attach(child.pid());
  tracer_->set_cohort(1);
  child.next();
  Unwinder unwinder;
  Symbolizer symbolizer;
  std::map<uint64_t, std::string> functions;  // by key
  ASSERT_TRUE(tracer_->drain(
      [&](const HandleStack& stack) {
        std::string& names = functions[stack.key];
        for (const UnwoundFrame& frame : unwind(unwinder, stack).frames) {
          if (frame.object == UnwoundFrame::kNoObject) continue;
          for (const auto& each : symbolizer.symbolize(
                   symbol_source(unwinder.objects().at(frame.object)),
                   frame.offset)) {
            names += each.function + ' ';
          }
        }
      },
      [](HandleSlot, HandleEvent) {}));
  std::vector<HandleSite> rows;
  ASSERT_TRUE(tracer_->read_sites(rows));
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].kind, SiteKind::mapped);
  EXPECT_EQ(rows[0].cohort, 1u);
  EXPECT_EQ(rows[0].opened, 5);
  EXPECT_EQ(rows[0].closed, 2);
  EXPECT_EQ(rows[0].opened_bytes - rows[0].closed_bytes,
            static_cast<int64_t>(3 * kMiB - kMiB / 4));
  EXPECT_NE(functions[rows[0].key].find("leaker_of_mappings"),
            std::string::npos)
      << functions[rows[0].key];
  tracer_->set_cohort(2);
  child.next();
  EXPECT_EQ(open_now(1).count, 3);
  EXPECT_EQ(open_now(2).count, 3);
}

void map_in_four_threads() {
  const auto work = [](void*) -> void* {
    for (int i = 0; i < 1000; ++i) {
      ::munmap(anonymous(16 * kPage), 16 * kPage);
    }
    anonymous(16 * kPage);
    return nullptr;
  };
  pthread_t threads[4];
  for (pthread_t& each : threads) {
    ::pthread_create(&each, nullptr, work, nullptr);
  }
  for (const pthread_t each : threads) ::pthread_join(each, nullptr);
}

TEST_F(MappedTest, IsExactWhereThreadsPassAddressesOn) {
  // glibc keeps the stacks of ended threads.
  Steps child({map_in_four_threads});
  attach(child.pid());
  child.next();
  std::vector<HandleSite> rows;
  open_now();
  ASSERT_TRUE(tracer_->read_sites(rows));
  int64_t blocks = 0;
  for (const HandleSite& row : rows) {
    if (row.kind == SiteKind::mapped && row.opened > 4) {
      blocks += row.opened_bytes - row.closed_bytes;
    }
    if (row.kind == SiteKind::mapped && row.opened == 4 &&
        row.opened_bytes == int64_t{4 * 16 * kPage}) {
      blocks += row.opened_bytes - row.closed_bytes;
    }
  }
  EXPECT_EQ(blocks, int64_t{4 * 16 * kPage});
}

void map_more_than_the_ring_holds() {
  for (int i = 0; i < 40'000; ++i) ::munmap(anonymous(kPage), kPage);
  for (int i = 0; i < 100; ++i)
    anonymous(static_cast<size_t>(i % 7 + 1) * kPage);
}

TEST_F(MappedTest, WhatTheRingLosesIsCountedAndMadeTrueAgain) {
  Steps child({leaker_of_mappings, map_more_than_the_ring_holds,
               [] { ::munmap(anonymous(kMiB), kMiB); }});
  const HandleSlot slot = attach(child.pid());
  child.next();
  EXPECT_EQ(open_now().count, 3);
  child.next();
  const HandleCounts counts = tracer_->counts(slot);
  EXPECT_GT(counts.missed_mappings, 0u);
  EXPECT_GT(counts.missed_unmappings, 0u);
  EXPECT_GE(counts.untracked(), counts.missed_mappings);
  open_now();
  const auto maps = read_process_maps("/proc", Pid{child.pid()});
  ASSERT_TRUE(maps);
  tracer_->correct(slot, *maps);
  // Of those that were seen only what the process still has.
  EXPECT_EQ(open_now().count, 3);
  child.next();
  EXPECT_EQ(open_now().count, 3);
}

TEST_F(MappedTest, EndsWithAnExecAndStaysAfterTheEnd) {
  std::array<int, 2> gate = {};
  ASSERT_EQ(::pipe(gate.data()), 0);
  Child child([&] {
    char byte = 0;
    if (::read(gate[0], &byte, 1) != 1) ::_exit(1);
    leaker_of_mappings();
    if (::read(gate[0], &byte, 1) != 1) ::_exit(1);
    ::execl("/bin/sleep", "sleep", "1000", nullptr);
  });
  attach(child.pid());
  ASSERT_EQ(::write(gate[1], "x", 1), 1);
  for (int i = 0; i < 2000 && open_now().count < 3; ++i) ::usleep(1000);
  EXPECT_EQ(open_now().count, 3);
  ASSERT_EQ(::write(gate[1], "x", 1), 1);
  bool execed = false;
  for (int i = 0; i < 5000 && !execed; ++i) {
    ASSERT_TRUE(tracer_->drain([](const HandleStack&) {},
                               [&](HandleSlot, HandleEvent event) {
                                 execed |= event == HandleEvent::execed;
                               }));
    ::usleep(1000);
  }
  ASSERT_TRUE(execed);
  EXPECT_EQ(open_now(1).count, 0);
  std::vector<HandleSite> rows;
  ASSERT_TRUE(tracer_->read_sites(rows));
  int64_t of_five = -1;
  for (const HandleSite& row : rows) {
    if (row.opened == 5 && row.opened_bytes == int64_t{5 * kMiB}) {
      of_five = row.opened - row.closed;
    }
  }
  EXPECT_EQ(of_five, 0);  // exec took them away
  std::string wait;
  while (wait.find("nanosleep") == wait.npos) {
    wait = testing_bpf::proc_text(child.pid(), "wchan");
    ::usleep(1000);
  }
  const Open standing = open_now();  // the new program's libraries
  EXPECT_GT(standing.bytes, 0);
  ::kill(child.pid(), SIGKILL);
  child.wait();
  EXPECT_EQ(open_now().bytes, standing.bytes);
  ::close(gate[0]);
  ::close(gate[1]);
}

}  // namespace
}  // namespace tidemark
