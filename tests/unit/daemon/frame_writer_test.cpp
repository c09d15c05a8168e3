#include "daemon/frame_writer.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

constexpr MetricId kRss{0}, kCpu{7};

TEST(FrameWriter, ColumnsAreFoundAgainInFramesThatTakeTurns) {
  FrameWriter writer;
  Frame first, second;
  writer.begin(first, boot_time(1), FrameKind::tick, Nanoseconds(10));
  writer.put(kRss, SubjectId(1), 5);
  writer.put(kCpu, SubjectId(1), 6);
  writer.begin(second, boot_time(2), FrameKind::edge, Nanoseconds(10));
  writer.put(kCpu, SubjectId(1), 8);
  writer.begin(first, boot_time(3), FrameKind::tick, Nanoseconds(10));
  writer.put(kCpu, SubjectId(2), 9);
  ASSERT_EQ(first.columns.size(), 2u);
  EXPECT_EQ(first.columns[1].metric, kCpu);
  EXPECT_EQ(first.columns[1].values, (std::vector<int64_t>{9}));
  EXPECT_TRUE(first.columns[0].values.empty());
  EXPECT_EQ(second.columns.size(), 1u);
  EXPECT_EQ(second.kind, FrameKind::edge);
}

TEST(FrameWriter, EachCollectorsColumnsGetItsSpan) {
  FrameWriter writer;
  Frame frame;
  writer.begin(frame, boot_time(1), FrameKind::tick, Nanoseconds(10));
  writer.begin_reads(boot_time(100));
  writer.put(kRss, SubjectId(1), 5);
  writer.end_reads(boot_time(150));
  writer.begin_reads(boot_time(200));
  writer.put(kCpu, SubjectId(1), 5);
  writer.end_reads(boot_time(220));
  EXPECT_EQ(frame.columns[0].read_begin, boot_time(100));
  EXPECT_EQ(frame.columns[0].read_span, Nanoseconds(50));
  EXPECT_EQ(frame.columns[1].read_begin, boot_time(200));
  EXPECT_EQ(frame.columns[1].read_span, Nanoseconds(20));
}

TEST(FrameWriter, WhatHasNoIdentityIsLeftOut) {
  FrameWriter writer;
  Frame frame;
  writer.begin(frame, boot_time(1), FrameKind::tick, Nanoseconds(10));
  writer.put(MetricId(), SubjectId(1), 5);
  writer.put(kRss, SubjectId(), 5);
  EXPECT_TRUE(frame.columns.empty());
}

}  // namespace
}  // namespace tidemark
