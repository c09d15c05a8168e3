// The pure parts of the daemon's end: records, allowances, the watchlist.
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "client/channel.h"
#include "daemon/client_connection.h"
#include "daemon/client_lane.h"
#include "daemon/client_peer.h"
#include "daemon/client_watchlist.h"

namespace tidemark {
namespace {

constexpr BootTime at(double seconds) {
  return boot_time(static_cast<int64_t>(seconds * 1e9));
}

tidemark_record record(uint64_t position, uint16_t length) {
  tidemark_record record{};
  record.sequence = position + 1;
  record.kind = TIDEMARK_RECORD_NOTE;
  record.length = length;
  std::memset(record.text, 'a', sizeof record.text);
  return record;
}

tidemark_record tail(uint64_t position, char letter) {
  tidemark_text_record text{};
  text.sequence = position + 1;
  std::memset(text.text, letter, sizeof text.text);
  tidemark_record record;
  std::memcpy(&record, &text, sizeof record);
  return record;
}

TEST(ParseMark, TakesAsManyRecordsAsItsTextNeeds) {
  const std::vector<tidemark_record> records = {record(7, 100), tail(8, 'b'),
                                                tail(9, 'c'), record(10, 0)};
  size_t size = 0;
  const auto mark = parse_mark(records, 7, size);
  ASSERT_TRUE(mark);
  EXPECT_EQ(size, 3u);
  EXPECT_EQ(mark->text,
            std::string(32, 'a') + std::string(56, 'b') + std::string(12, 'c'));
  EXPECT_EQ(mark->sequence, 8u);
}

TEST(ParseMark, SaysWhenItGoesOnBeyondTheSpan) {
  const std::vector<tidemark_record> records = {record(0, 33)};
  size_t size = 9;
  EXPECT_TRUE(parse_mark(records, 0, size));
  EXPECT_EQ(size, 0u);
}

TEST(ParseMark, NamesTheBrokenRule) {
  size_t size = 0;
  const auto why = [&](const std::vector<tidemark_record>& records) {
    const auto mark = parse_mark(records, 5, size);
    return mark ? std::string() : mark.error().what;
  };
  EXPECT_EQ(why({record(5, 32)}), "");
  EXPECT_EQ(why({record(4, 0)}), "record out of sequence");
  EXPECT_EQ(why({tidemark_record{}}), "record out of sequence");
  EXPECT_EQ(why({record(5, TIDEMARK_TEXT_BYTES + 1)}),
            "text longer than allowed");
  EXPECT_EQ(why({record(5, 40), tail(7, 'x')}), "text record out of sequence");
}

TEST(MarkAllowance, EarnsByTimeUpToTwiceTheRate) {
  MarkAllowance allowance(100, at(10));
  EXPECT_EQ(allowance.available(at(10)), 200u);
  allowance.spend(200);
  EXPECT_EQ(allowance.available(at(10)), 0u);
  EXPECT_EQ(allowance.available(at(10.5)), 50u);
  EXPECT_EQ(allowance.available(at(99)), 200u);
  EXPECT_EQ(allowance.available(at(50)), 200u);  // never backwards
}

TEST(ClientWatchlist, BarsForTenSeconds) {
  ClientWatchlist list;
  list.bar(Pid{7}, at(1));
  EXPECT_TRUE(list.is_barred(Pid{7}, at(10.9)));
  EXPECT_FALSE(list.is_barred(Pid{8}, at(2)));
  EXPECT_FALSE(list.is_barred(Pid{7}, at(11)));
}

TEST(ClientWatchlist, ReportsTenTimesAMinuteAndTopic) {
  ClientWatchlist list;
  int reports = 0;
  for (int i = 0; i < 100; ++i) reports += list.may_report(1000, at(5));
  EXPECT_EQ(reports, 10);
  EXPECT_TRUE(list.may_report(1001, at(5)));
  EXPECT_FALSE(list.may_report(1000, at(64)));
  EXPECT_TRUE(list.may_report(1000, at(65)));
}

TEST(BootOffset, IsReadFromTimensOffsets) {
  EXPECT_EQ(parse_boot_offset("monotonic           0         0\n"
                              "boottime        86400         5\n"),
            86'400'000'000'005);
  EXPECT_EQ(parse_boot_offset("boottime -3 250\n"), -2'999'999'750);
  EXPECT_EQ(parse_boot_offset("boottime 99999999999999 0\n"), 0);
  EXPECT_EQ(parse_boot_offset("boottime x 0\n"), 0);
  EXPECT_EQ(parse_boot_offset("boottime 3"), 0);
  EXPECT_EQ(parse_boot_offset(""), 0);
}

}  // namespace
}  // namespace tidemark
