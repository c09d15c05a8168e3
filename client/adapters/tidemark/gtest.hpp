// GoogleTest under Tidemark: each test is a phase, each program a run.
//
//   int main(int argc, char** argv) {
//     testing::InitGoogleTest(&argc, argv);
//     tidemark::watch_gtest();
//     return RUN_ALL_TESTS();
//   }
//
// With --gtest_repeat=N every test has N cycles, and between two repetitions
// the program rests until its memory is stable: leaks are judged from there.
#ifndef TIDEMARK_GTEST_HPP_
#define TIDEMARK_GTEST_HPP_

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <tidemark/tidemark.hpp>

namespace tidemark {

class GtestListener : public ::testing::EmptyTestEventListener {
 public:
  // `rest`: how long at most to wait for stable memory between repetitions.
  explicit GtestListener(
      const std::string& app,
      std::chrono::milliseconds rest = std::chrono::seconds(2))
      : session_(app), test_(session_, "test"), app_(app), rest_(rest) {}

  void OnTestProgramStart(const ::testing::UnitTest&) override {
    tidemark_run_begin(session_.get(), app_.c_str());
  }
  void OnTestProgramEnd(const ::testing::UnitTest& unit) override {
    tidemark_run_end(session_.get(),
                     unit.Passed() ? TIDEMARK_RUN_OK : TIDEMARK_RUN_FAILED);
    session_.flush(std::chrono::seconds(2));  // the program ends now
  }

  void OnTestIterationEnd(const ::testing::UnitTest&, int) override {
    if (::testing::GTEST_FLAG(repeat) == 1) return;
    const Phase phase(session_, "rest", Kind::cooldown);
    session_.quiesce(rest_);
  }

  void OnTestStart(const ::testing::TestInfo& test) override {
    phase_ = std::make_unique<Phase>(
        session_, std::string(test.test_suite_name()) + "." + test.name(),
        Kind::load);
  }
  void OnTestEnd(const ::testing::TestInfo& test) override {
    ++test_;
    if (test.result()->Failed()) test_.failed();
    phase_.reset();
  }

 private:
  Session session_;
  Op test_;
  std::unique_ptr<Phase> phase_;
  std::string app_;
  std::chrono::milliseconds rest_;
};

// After InitGoogleTest; GoogleTest owns the listener.
inline void watch_gtest(const std::string& app = "gtest") {
  ::testing::UnitTest::GetInstance()->listeners().Append(
      new GtestListener(app));
}

}  // namespace tidemark

#endif  // TIDEMARK_GTEST_HPP_
