#include "core/os/event_loop.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>

namespace tidemark {
namespace {

constexpr Nanoseconds kNow{0};

class EventLoopTest : public testing::Test {
 protected:
  EventLoopTest() : loop_(*EventLoop::create()) {
    EXPECT_EQ(::pipe(ends_.data()), 0);
  }
  ~EventLoopTest() override {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  void write_byte() { EXPECT_EQ(::write(ends_[1], "x", 1), 1); }

  std::unique_ptr<EventLoop> loop_;
  std::array<int, 2> ends_{};
};

TEST_F(EventLoopTest, AReadableDescriptorIsServedUntilRead) {
  int calls = 0;
  ASSERT_TRUE(loop_->watch(ends_[0], [&] { ++calls; }));
  ASSERT_TRUE(loop_->run_once(kNow));
  EXPECT_EQ(calls, 0);
  write_byte();
  ASSERT_TRUE(loop_->run_once(kNow));
  ASSERT_TRUE(loop_->run_once(kNow));
  EXPECT_EQ(calls, 2);
  loop_->unwatch(ends_[0]);
  ASSERT_TRUE(loop_->run_once(kNow));
  EXPECT_EQ(calls, 2);
}

TEST_F(EventLoopTest, AHandlerMayUnwatchItself) {
  int calls = 0;
  ASSERT_TRUE(loop_->watch(ends_[0], [&] {
    ++calls;
    loop_->unwatch(ends_[0]);
  }));
  write_byte();
  ASSERT_TRUE(loop_->run_once(kNow));
  ASSERT_TRUE(loop_->run_once(kNow));
  EXPECT_EQ(calls, 1);
}

TEST_F(EventLoopTest, ADeadlineInThePastFiresOnceAtOnce) {
  int calls = 0;
  const auto timer = loop_->add_timer([&] { ++calls; });
  ASSERT_TRUE(timer);
  ASSERT_TRUE(loop_->run_once(kNow));
  EXPECT_EQ(calls, 0);
  ASSERT_TRUE(loop_->arm(*timer, boot_time(0)));
  ASSERT_TRUE(loop_->run_once(std::chrono::seconds(10)));
  EXPECT_EQ(calls, 1);
  ASSERT_TRUE(loop_->run_once(kNow));
  EXPECT_EQ(calls, 1);
}

TEST_F(EventLoopTest, ADisarmedTimerStaysSilent) {
  int calls = 0;
  const auto timer = loop_->add_timer([&] { ++calls; });
  ASSERT_TRUE(timer);
  ASSERT_TRUE(loop_->arm(*timer, boot_time(1)));
  ASSERT_TRUE(loop_->disarm(*timer));
  ASSERT_TRUE(loop_->run_once(kNow));
  EXPECT_EQ(calls, 0);
}

TEST_F(EventLoopTest, ATimersHandlerMayAddTimers) {
  int calls = 0;
  const auto first = loop_->add_timer([&] {
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(loop_->add_timer([] {}));
    }
    ++calls;
  });
  ASSERT_TRUE(first);
  ASSERT_TRUE(loop_->arm(*first, boot_time(0)));
  ASSERT_TRUE(loop_->run_once(std::chrono::seconds(10)));
  EXPECT_EQ(calls, 1);
}

TEST_F(EventLoopTest, SignalsArriveAsDataAndTheMaskComesBack) {
  sigset_t before, after;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  uint32_t seen = 0;
  constexpr std::array<int, 1> kSignals = {SIGUSR1};
  ASSERT_TRUE(loop_->on_signals(kSignals, [&](const signalfd_siginfo& info) {
    seen = info.ssi_signo;
    loop_->stop();
  }));
  ::raise(SIGUSR1);
  ASSERT_TRUE(loop_->run());
  EXPECT_EQ(seen, static_cast<uint32_t>(SIGUSR1));
  loop_.reset();
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  EXPECT_EQ(sigismember(&after, SIGUSR1), sigismember(&before, SIGUSR1));
}

}  // namespace
}  // namespace tidemark
