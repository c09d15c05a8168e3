// Which of a client's spans count as the recording's own.
#include "core/analysis/edge_histograms.h"

#include <gtest/gtest.h>

#include <chrono>

namespace tidemark {
namespace {

using std::chrono::seconds;

class EdgeHistogramsTest : public testing::Test {
 protected:
  static constexpr MetricId kSpan{0};
  static constexpr SubjectId kClient{7}, kCommand{9};
  // The first frame; process starts are told in ticks of 10 ms.
  static constexpr BootTime kFirst = boot_time(100'005'000'000);

  EdgeHistogramsTest() {
    Metric span;
    span.id = kSpan;
    span.name = "span.checkout";
    dictionary_.define(span);
  }
  void define(SubjectId id, SubjectKind kind, uint64_t start_ticks) {
    Subject subject;
    subject.id = id;
    subject.kind = kind;
    subject.process = {Pid{42}, start_ticks};
    dictionary_.define(subject);
  }
  void frame(BootTime time, int64_t spans) {
    Frame frame;
    frame.time = time;
    if (spans > 0) {
      HistogramValue value;
      value.metric = kSpan;
      value.subject = kClient;
      value.buckets = {{5, static_cast<uint64_t>(spans)}};
      value.sum = 5 * spans;
      value.max = 5;
      frame.histograms.push_back(value);
    }
    histograms_.on_frame(frame, dictionary_);
  }
  // Spans counted over the whole recording.
  uint64_t counted() {
    const auto all = histograms_.between({kFirst, kFirst + seconds(60)});
    const auto found = all.find("checkout");
    return found == all.end() ? 0 : found->second.count();
  }

  Dictionary dictionary_;
  EdgeHistograms histograms_;
};

TEST_F(EdgeHistogramsTest, WhatAClientBroughtAlongIsNotOurs) {
  define(kClient, SubjectKind::client, 9'000);
  frame(kFirst, 0);
  frame(kFirst + seconds(1), 10);
  frame(kFirst + seconds(2), 14);
  EXPECT_EQ(counted(), 4u);
}

TEST_F(EdgeHistogramsTest, AClientThatBeganLaterHadNothingBefore) {
  define(kClient, SubjectKind::client, 10'090);
  frame(kFirst, 0);
  frame(kFirst + seconds(1), 10);
  frame(kFirst + seconds(2), 14);
  EXPECT_EQ(counted(), 14u);
}

TEST_F(EdgeHistogramsTest, AStartInTheTickOfTheFirstFrameIsLater) {
  define(kClient, SubjectKind::client, 10'000);  // to 100.010 s
  frame(kFirst, 0);
  frame(kFirst + seconds(1), 10);
  EXPECT_EQ(counted(), 10u);
}

TEST_F(EdgeHistogramsTest, TheRecordedCommandWasHeldUntilTheFirstFrame) {
  define(kClient, SubjectKind::client, 9'900);
  define(kCommand, SubjectKind::process, 9'900);
  frame(kFirst, 0);
  histograms_.on_command(kCommand);
  frame(kFirst + seconds(1), 10);
  frame(kFirst + seconds(2), 14);
  EXPECT_EQ(counted(), 14u);
}

}  // namespace
}  // namespace tidemark
