// Heap segments that lie: each lie is named, and costs no more than a reading.
#include "daemon/heap_segment.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>

namespace tidemark {
namespace {

constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

// A segment as the shim makes it: two stacks, three rows.
class HeapSegmentTest : public testing::Test {
 protected:
  HeapSegmentTest() : memfd_(make_memfd(TIDEMARK_HEAP_SEGMENT_BYTES, kSeals)) {
    void* memory = ::mmap(nullptr, TIDEMARK_HEAP_SEGMENT_BYTES,
                          PROT_READ | PROT_WRITE, MAP_SHARED, memfd_, 0);
    shared_ = static_cast<tidemark_heap_segment*>(memory);
    tidemark_heap_header& header = shared_->header;
    header.magic = TIDEMARK_HEAP_MAGIC;
    header.major = TIDEMARK_HEAP_MAJOR;
    header.segment_bytes = TIDEMARK_HEAP_SEGMENT_BYTES;
    header.period = 4096;
    header.alloc_bytes = 123'456;
    header.stack_count = 2;
    header.row_count = 3;
    for (uint32_t i = 0; i < 2; ++i) {
      shared_->stacks[i].key = 100 + i;
      shared_->stacks[i].ready = 1;
      shared_->stacks[i].frames = 3;
      shared_->stacks[i].return_addresses[0] = 0x1000 + i;
    }
    shared_->rows[0] = {1, TIDEMARK_HEAP_NO_STACK, 0, 0, 0, 0, 0, 0, 0, 0};
    shared_->rows[1] = {1, 0, 7, 0, 40, 256, 100, 512, 2, 0};
    shared_->rows[2] = {1, 1, 7, 0, 0, 0, 5000, 256, 1, 0};
  }
  ~HeapSegmentTest() override {
    ::munmap(shared_, TIDEMARK_HEAP_SEGMENT_BYTES);
    ::close(memfd_);
  }

  static int make_memfd(size_t bytes, int seals) {
    const int fd =
        ::memfd_create("heap-segment-test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    EXPECT_EQ(::ftruncate(fd, static_cast<off_t>(bytes)), 0);
    EXPECT_EQ(::fcntl(fd, F_ADD_SEALS, seals), 0);
    return fd;
  }
  std::unique_ptr<HeapSegment> map() {
    auto segment = HeapSegment::map(UniqueFd(::dup(memfd_)));
    EXPECT_TRUE(segment) << segment.error().what;
    return segment ? std::move(*segment) : nullptr;
  }
  static std::string refusal(int fd) {
    const auto segment = HeapSegment::map(UniqueFd(fd));
    return segment ? "" : segment.error().what;
  }
  // What a reading says after a lie was told.
  std::string lie(const std::function<void(tidemark_heap_segment&)>& tell) {
    const auto segment = map();
    EXPECT_TRUE(segment->read());
    tell(*shared_);
    const Status read = segment->read();
    if (read) return "";
    EXPECT_EQ(read.error().kind, ErrorKind::malformed);
    return read.error().what;
  }

  int memfd_;
  tidemark_heap_segment* shared_;
};

TEST_F(HeapSegmentTest, ReadsRowsAndStacksOnce) {
  const auto segment = map();
  ASSERT_TRUE(segment->read());
  ASSERT_EQ(segment->rows().size(), 3u);
  EXPECT_EQ(segment->rows()[0].key, 0u);
  const HeapSite& row = segment->rows()[1];
  EXPECT_EQ(row.key, 100u);
  EXPECT_EQ(row.cohort, 7u);
  EXPECT_EQ(row.alloc_bytes, 100);
  EXPECT_EQ(row.alloc_count, 2);
  EXPECT_EQ(row.live_bytes, 60);
  EXPECT_EQ(row.live_count, 1);
  EXPECT_EQ(segment->totals().samples, 3u);
  EXPECT_EQ(segment->totals().alloc_bytes, 123'456u);
  EXPECT_EQ(segment->take_stacks().size(), 2u);
  ASSERT_TRUE(segment->read());
  EXPECT_TRUE(segment->take_stacks().empty());
}

TEST_F(HeapSegmentTest, CountsEveryBlockItselfInExactMode) {
  shared_->header.period = TIDEMARK_HEAP_EXACT;
  const auto segment = map();
  ASSERT_TRUE(segment->read());
  EXPECT_EQ(segment->totals().alloc_bytes, 5100u);
}

TEST_F(HeapSegmentTest, TellsTheShimItsPhaseAndPeriod) {
  const auto segment = map();
  segment->set_cohort(42);
  segment->set_period(1 << 20);
  EXPECT_EQ(shared_->header.cohort, 42u);
  EXPECT_EQ(shared_->header.wanted_period, 1u << 20);
  ASSERT_TRUE(segment->read());
  EXPECT_EQ(segment->totals().period, 1u << 20);
}

TEST_F(HeapSegmentTest, RefusesFilesThatAreNone) {
  EXPECT_NE(refusal(::open("/dev/null", O_RDWR)), "");
  EXPECT_NE(refusal(make_memfd(TIDEMARK_HEAP_SEGMENT_BYTES, 0)), "");
  EXPECT_NE(refusal(make_memfd(4096, kSeals)), "");
  EXPECT_NE(refusal(make_memfd(TIDEMARK_HEAP_SEGMENT_BYTES, kSeals)), "");
}

TEST_F(HeapSegmentTest, NamesEachLie) {
  using Segment = tidemark_heap_segment;
  EXPECT_NE(lie([](Segment& s) { s.header.row_count = UINT32_MAX; }), "");
  shared_->header.row_count = 3;
  EXPECT_NE(lie([](Segment& s) { s.header.stack_count = 16385; }), "");
  shared_->header.stack_count = 2;
  EXPECT_NE(lie([](Segment& s) { s.header.stack_count = 1; }), "");
  shared_->header.stack_count = 2;
  EXPECT_NE(lie([](Segment& s) { s.header.stack_count = 3; }), "");
  shared_->header.stack_count = 2;
  EXPECT_NE(lie([](Segment& s) { s.header.row_count = 4; }), "");
  shared_->header.row_count = 3;
  EXPECT_NE(lie([](Segment& s) { s.rows[1].stack = 2; }), "");
  shared_->rows[1].stack = 0;
  EXPECT_NE(lie([](Segment& s) { s.rows[1].alloc_bytes = UINT64_MAX; }), "");
  shared_->rows[1].alloc_bytes = 100;
  EXPECT_NE(lie([](Segment& s) { s.rows[1].freed_count = 1ull << 61; }), "");
  shared_->rows[1].freed_count = 256;
  EXPECT_NE(lie([](Segment& s) { s.header.period = 0; }), "");
  shared_->header.period = 4096;
  EXPECT_EQ(lie([](Segment&) {}), "");
}

TEST_F(HeapSegmentTest, BoundsWhatRowsAddUpTo) {
  shared_->header.row_count = TIDEMARK_HEAP_ROWS;
  for (tidemark_heap_row& row : shared_->rows) {
    row = {1, 0, 0, 0, 0, 0, HeapSegment::kLargestSum / 1000, 1, 1, 0};
  }
  const Status read = map()->read();
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().what.find("beyond belief"), std::string::npos);
}

TEST_F(HeapSegmentTest, MoreFreedThanAllocatedIsNothingAlive) {
  shared_->rows[1].freed_bytes = 1000;
  const auto segment = map();
  ASSERT_TRUE(segment->read());
  EXPECT_EQ(segment->rows()[1].live_bytes, 0);
}

// Any bytes at all: a reading ends, and gives no more than the tables hold.
TEST_F(HeapSegmentTest, SurvivesRandomTables) {
  std::mt19937_64 random(20240611);
  for (int round = 0; round < 200; ++round) {
    const auto segment = map();
    auto* words = reinterpret_cast<uint64_t*>(&shared_->header) + 8;
    for (int i = 0; i < 16; ++i) {
      words[random() % 12] = random() >> (random() % 64);
      auto* rows = reinterpret_cast<uint64_t*>(shared_->rows);
      rows[random() % 64] = random() >> (random() % 64);
      auto* stacks = reinterpret_cast<uint64_t*>(shared_->stacks);
      stacks[random() % 256] = random() >> (random() % 64);
    }
    static_cast<void>(segment->read());
    EXPECT_LE(segment->rows().size(), size_t{TIDEMARK_HEAP_ROWS});
    EXPECT_LE(segment->take_stacks().size(), size_t{TIDEMARK_HEAP_STACKS});
  }
}

}  // namespace
}  // namespace tidemark
