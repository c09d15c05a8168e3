// Parsers of /proc/PID files on real and on hostile text.
#include <gtest/gtest.h>

#include <string>

#include "daemon/procfs/process_io.h"
#include "daemon/procfs/process_stat.h"
#include "daemon/procfs/process_statm.h"
#include "daemon/procfs/process_status.h"

namespace tidemark::procfs {
namespace {

constexpr std::string_view kAfterName =
    " S 41 42 42 34816 42 4194560 1504 900 7 2 31 12 5 6 20 0 3 0 88123 "
    "228769792 2560 18446744073709551615 1 1 0 0 0 0 0 4096 134217730 0 0 0 17 "
    "1 0 0 0 0 0 0 0 0 0 0 0 0 0\n";

std::string stat_text(std::string_view name) {
  return "4112 (" + std::string(name) + ")" + std::string(kAfterName);
}

TEST(ProcessStat, ReadsEachField) {
  const std::string text = stat_text("server");
  const auto stat = parse_process_stat(text);
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->pid, Pid{4112});
  EXPECT_EQ(stat->comm, "server");
  EXPECT_EQ(stat->state, 'S');
  EXPECT_EQ(stat->parent, Pid{41});
  EXPECT_EQ(stat->minor_faults, 1504);
  EXPECT_EQ(stat->major_faults, 7);
  EXPECT_EQ(stat->user, Ticks(31));
  EXPECT_EQ(stat->system, Ticks(12));
  EXPECT_EQ(stat->threads, 3);
  EXPECT_EQ(stat->start_ticks, 88123u);
  EXPECT_EQ(stat->vm_size, Bytes(228769792));
  EXPECT_EQ(stat->rss, Pages(2560));
  EXPECT_FALSE(stat->kernel_thread());
}

TEST(ProcessStat, NamesThatLookLikeFields) {
  for (const std::string_view name :
       {") R 1 1 1 1", "a) b", "()()", "", " ", "x\ny", ")\n(", "\x1b[31m"}) {
    const std::string text = stat_text(name);
    const auto stat = parse_process_stat(text);
    ASSERT_TRUE(stat) << name;
    EXPECT_EQ(stat->comm, name);
    EXPECT_EQ(stat->parent, Pid{41});
    EXPECT_EQ(stat->rss, Pages(2560));
  }
}

TEST(ProcessStat, EveryTruncationIsAnErrorOrTheSame) {
  const std::string text = stat_text("a) b");
  const auto whole = parse_process_stat(text);
  ASSERT_TRUE(whole);
  // Up to and with the rss field, whatever is cut away must be noticed, or
  // leave a shorter number in rss alone.
  const size_t rss_end = text.find(" 18446744073709551615");
  for (size_t size = 0; size < rss_end; ++size) {
    const auto cut = parse_process_stat(std::string_view(text).substr(0, size));
    if (!cut) continue;
    EXPECT_GT(size, text.find(" 2560"));
    EXPECT_EQ(cut->start_ticks, whole->start_ticks);
  }
}

TEST(ProcessStat, HugeAndForeignNumbersAreErrors) {
  for (const std::string_view pid :
       {"99999999999999999999", "-3", "4294967296", "x", "", "0x10"}) {
    const std::string text =
        std::string(pid) + " (a)" + std::string(kAfterName);
    EXPECT_FALSE(parse_process_stat(text)) << pid;
  }
  std::string text = stat_text("a");
  text.replace(text.find("1504"), 4, "99999999999999999999");
  const auto stat = parse_process_stat(text);
  ASSERT_FALSE(stat);
  EXPECT_EQ(stat.error().kind, ErrorKind::malformed);
}

TEST(ProcessStat, KernelThread) {
  const auto stat = parse_process_stat(
      "2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 1 0 0 "
      "18446744073709551615 0\n");
  ASSERT_TRUE(stat);
  EXPECT_TRUE(stat->kernel_thread());
  EXPECT_EQ(stat->vm_size, Bytes(0));
}

TEST(ProcessStatm, AnonymousIsResidentLessShared) {
  const auto statm = parse_process_statm("55852 2560 1900 6 0 1200 0\n");
  ASSERT_TRUE(statm);
  EXPECT_EQ(statm->anonymous(), Pages(660));
}

TEST(ProcessStatm, RefusesWhatCannotBe) {
  EXPECT_FALSE(parse_process_statm(""));
  EXPECT_FALSE(parse_process_statm("1 2"));
  EXPECT_FALSE(parse_process_statm("10 5 6 0"));
  EXPECT_FALSE(parse_process_statm("10 99999999999999999999 6 0"));
}

constexpr std::string_view kStatus =
    "Name:\tserver\\nVmRSS: 1 kB\nUmask:\t0022\nState:\tS (sleeping)\n"
    "Tgid:\t4112\nNSpid:\t4112\t17\nVmSize:\t  223408 kB\nVmHWM:\t   10240 kB\n"
    "VmRSS:\t    8192 kB\nRssAnon:\t    2048 kB\nRssFile:\t    6000 kB\n"
    "RssShmem:\t     144 kB\nVmPTE:\t     100 kB\nVmSwap:\t       0 kB\n"
    "Threads:\t3\nvoluntary_ctxt_switches:\t150\n"
    "nonvoluntary_ctxt_switches:\t5\n";

TEST(ProcessStatus, ReadsSizesAndCounts) {
  const auto status = parse_process_status(kStatus);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->rss, kib(8192));
  EXPECT_EQ(status->rss_anon, kib(2048));
  EXPECT_EQ(status->rss_shmem, kib(144));
  EXPECT_EQ(status->rss_peak, kib(10240));
  EXPECT_EQ(status->page_tables, kib(100));
  EXPECT_EQ(status->swap, Bytes(0));
  EXPECT_EQ(status->threads, 3);
  EXPECT_EQ(status->involuntary_switches, 5);
  EXPECT_EQ(status->namespace_depth, 2);
  EXPECT_EQ(status->innermost_pid, 17);
}

TEST(ProcessStatus, KernelThreadsHaveNoMemory) {
  const auto status = parse_process_status(
      "Name:\tkthreadd\nState:\tS (sleeping)\nThreads:\t1\n");
  ASSERT_TRUE(status);
  EXPECT_FALSE(status->rss);
  EXPECT_FALSE(status->swap);
}

TEST(ProcessStatus, ForeignTextIsAnError) {
  EXPECT_FALSE(parse_process_status(""));
  EXPECT_FALSE(parse_process_status("nothing here"));
  const auto huge =
      parse_process_status("State:\tS\nVmRSS:\t9223372036854775807 kB\n");
  ASSERT_TRUE(huge);
  EXPECT_FALSE(huge->rss);
}

TEST(ProcessIo, NeedsEveryLine) {
  constexpr std::string_view kText =
      "rchar: 323934931\nwchar: 323929600\nsyscr: 632687\nsyscw: 632675\n"
      "read_bytes: 4096\nwrite_bytes: 323932160\ncancelled_write_bytes: 7\n";
  const auto io = parse_process_io(kText);
  ASSERT_TRUE(io);
  EXPECT_EQ(io->rchar, Bytes(323934931));
  EXPECT_EQ(io->write, Bytes(323932160));
  EXPECT_EQ(io->cancelled_write, Bytes(7));
  EXPECT_FALSE(parse_process_io(kText.substr(0, 60)));
  EXPECT_FALSE(parse_process_io("rchar: x\n"));
}

TEST(ProcessLimits, OpenFiles) {
  const auto limits = parse_process_limits(
      "Limit                     Soft Limit           Hard Limit  Units\n"
      "Max open files            1024                 unlimited   files\n");
  ASSERT_TRUE(limits);
  EXPECT_EQ(limits->open_files_soft, 1024);
  EXPECT_EQ(limits->open_files_hard, INT64_MAX);
  EXPECT_FALSE(parse_process_limits("Max open files  many few files\n"));
  EXPECT_FALSE(parse_process_limits("Max processes 1 2 x\n"));
}

}  // namespace
}  // namespace tidemark::procfs
