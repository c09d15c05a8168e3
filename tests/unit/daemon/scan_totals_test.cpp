// The records of the task iterator become processes.
#include "probes/scan_totals.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace tidemark {
namespace {

constexpr uint64_t kMs = 1'000'000;

template <typename Record>
void append(std::vector<std::byte>& bytes, const Record& record) {
  const auto* begin = reinterpret_cast<const std::byte*>(&record);
  bytes.insert(bytes.end(), begin, begin + sizeof record);
}

tidemark_process_record process(uint32_t pid, uint64_t runtime_ns) {
  tidemark_process_record record{};
  record.tgid = record.tid = pid;
  record.usage.runtime_ns = runtime_ns;
  record.start_boot_ns = 1234 * kMs;
  std::strcpy(record.comm, "server");
  return record;
}

tidemark_thread_record thread(uint32_t pid, uint32_t tid, uint64_t runtime_ns) {
  tidemark_thread_record record{};
  record.tgid = pid;
  record.tid = tid;
  record.usage.runtime_ns = runtime_ns;
  return record;
}

struct Keep final : ProcessScan::Visitor {
  void visit(const ScannedProcess& one) override {
    all.push_back(one);
    names.emplace_back(one.comm);
  }
  std::vector<ScannedProcess> all;
  std::vector<std::string> names;
};

std::vector<ScannedProcess> pass(ScanTotals& totals,
                                 const std::vector<std::byte>& bytes,
                                 size_t step = SIZE_MAX) {
  Keep keep;
  totals.begin();
  for (size_t at = 0; at < bytes.size();) {
    const size_t size = std::min(step, bytes.size() - at);
    EXPECT_TRUE(totals.feed(std::span(bytes).subspan(at, size)));
    at += size;
  }
  EXPECT_TRUE(totals.finish(keep));
  return keep.all;
}

TEST(ScanTotals, ThreadsAreAddedWhereverTheyStand) {
  std::vector<std::byte> bytes;
  append(bytes, thread(20, 5, 3));  // its id wrapped around
  append(bytes, process(10, 1));
  append(bytes, process(20, 10));
  append(bytes, thread(20, 21, 4));
  append(bytes, thread(99, 100, 4));  // its leader was not seen
  for (const size_t step : {SIZE_MAX, size_t{1}, size_t{7}, size_t{200}}) {
    ScanTotals totals(100);
    const auto all = pass(totals, bytes, step);
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].cpu_user_ns, 1);
    EXPECT_EQ(all[1].cpu_user_ns, 17);
    EXPECT_EQ(all[1].key, (ProcessKey{Pid{20}, 123}));
  }
}

TEST(ScanTotals, CutRecordIsAnError) {
  std::vector<std::byte> bytes;
  append(bytes, process(10, 1));
  bytes.pop_back();
  ScanTotals totals(100);
  Keep keep;
  totals.begin();
  EXPECT_TRUE(totals.feed(bytes));
  const Status status = totals.finish(keep);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::malformed);
  EXPECT_TRUE(keep.all.empty());
}

TEST(ScanTotals, CountersNeverFallWhileThreadsEnd) {
  ScanTotals totals(100);
  auto leader = process(10, 50 * kMs);
  auto worker = thread(10, 11, 30 * kMs);
  worker.usage.minor_faults = 7;
  worker.usage.io.read = 4096;
  worker.usage.run_delay_ns = 5;
  std::vector<std::byte> both;
  append(both, leader);
  append(both, worker);
  const auto first = pass(totals, both);
  // It ended after its leader was read: for one pass it is in neither.
  std::vector<std::byte> alone;
  append(alone, leader);
  for (int i = 0; i < 2; ++i) {
    const auto next = pass(totals, alone);
    EXPECT_EQ(next[0].cpu_user_ns, first[0].cpu_user_ns);
    EXPECT_EQ(next[0].minor_faults, 7);
    EXPECT_EQ(next[0].io_read_bytes, 4096);
    EXPECT_EQ(next[0].run_delay_ns, 5);
  }
}

TEST(ScanTotals, ReusedPidStartsAnew) {
  ScanTotals totals(100);
  std::vector<std::byte> bytes;
  append(bytes, process(10, 50 * kMs));
  pass(totals, bytes);
  auto young = process(10, 1 * kMs);
  young.start_boot_ns += 10 * kMs;
  bytes.clear();
  append(bytes, young);
  const auto all = pass(totals, bytes);
  EXPECT_EQ(all[0].cpu_user_ns, static_cast<int64_t>(1 * kMs));
  EXPECT_EQ(all[0].key.start_ticks, 124u);
}

TEST(ScanTotals, CpuIsTheRunTimeHoweverOthersWereToldItsSplit) {
  ScanTotals totals(100);
  auto record = process(10, 30 * kMs);
  record.usage.user_ns = 20 * kMs;
  record.usage.system_ns = 10 * kMs;
  std::vector<std::byte> bytes;
  append(bytes, record);
  pass(totals, bytes);
  // By the next tick's ratio a reader of /proc got more system time.
  record.usage.runtime_ns = 31 * kMs;
  record.prev_user_ns = 10 * kMs;
  record.prev_system_ns = 21 * kMs;
  bytes.clear();
  append(bytes, record);
  const auto all = pass(totals, bytes);
  EXPECT_EQ(all[0].cpu_user_ns + all[0].cpu_system_ns,
            static_cast<int64_t>(31 * kMs));
  EXPECT_GE(all[0].cpu_user_ns, static_cast<int64_t>(20 * kMs));
}

TEST(ScanTotals, WholePassInAnyOrderIsToldByPid) {
  ScanTotals totals(100);
  Keep keep;
  totals.tell(std::vector{process(30, 3), process(10, 1), process(20, 2)},
              keep);
  ASSERT_EQ(keep.all.size(), 3u);
  EXPECT_EQ(keep.all[0].key.pid, Pid{10});
  EXPECT_EQ(keep.all[2].cpu_user_ns, 3);
  // One ended, one is new, one fell behind what was told of it.
  Keep next;
  totals.tell(std::vector{process(5, 9), process(20, 2), process(30, 1)}, next);
  ASSERT_EQ(next.all.size(), 3u);
  EXPECT_EQ(next.all[0].cpu_user_ns, 9);
  EXPECT_EQ(next.all[2].cpu_user_ns, 3);
  Keep last;
  totals.tell(std::vector{process(10, 4), process(30, 5)}, last);
  ASSERT_EQ(last.all.size(), 2u);
  EXPECT_EQ(last.all[0].cpu_user_ns, 4);
  EXPECT_EQ(last.all[1].cpu_user_ns, 5);
}

TEST(ScanTotals, MemoryBelowZeroIsZeroAndNoneIsAbsent) {
  ScanTotals totals(100);
  auto record = process(10, 0);
  record.flags = TIDEMARK_HAS_MM;
  record.rss_anon_pages = -5;
  std::vector<std::byte> bytes;
  append(bytes, record);
  append(bytes, process(11, 0));
  const auto all = pass(totals, bytes);
  EXPECT_TRUE(all[0].has_memory);
  EXPECT_EQ(all[0].rss_anon_pages, 0);
  EXPECT_FALSE(all[1].has_memory);
}

TEST(SplitRuntime, AsTheKernelDoes) {
  // No tick yet: all is user time.
  CpuTime now = split_runtime({0, 0}, 500, {});
  EXPECT_EQ(now.user_ns, 500u);
  EXPECT_EQ(now.system_ns, 0u);
  // Only system ticks: all is system time, but what was told stays.
  now = split_runtime({0, 40}, 900, now);
  EXPECT_EQ(now.user_ns, 500u);
  EXPECT_EQ(now.system_ns, 400u);
  // By ratio.
  now = split_runtime({100, 300}, 1000, {});
  EXPECT_EQ(now.system_ns, 750u);
  EXPECT_EQ(now.user_ns, 250u);
  // Run time that fell changes nothing.
  EXPECT_EQ(split_runtime({100, 300}, 10, now).total(), 1000u);
}

}  // namespace
}  // namespace tidemark
