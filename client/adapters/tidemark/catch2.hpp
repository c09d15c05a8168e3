// Catch2 under Tidemark: each test case is a phase and each section a phase in
// it. Include it once, in the file with CATCH_CONFIG_MAIN.
//
//   #define CATCH_CONFIG_MAIN
//   #include <catch2/catch.hpp>
//   #include <tidemark/catch2.hpp>
//
// For Catch2 2.x; a listener may assert nothing, so the verdict is that of the
// recording.
#ifndef TIDEMARK_CATCH2_HPP_
#define TIDEMARK_CATCH2_HPP_

#if !defined(CATCH_CONFIG_EXTERNAL_INTERFACES)
#define CATCH_CONFIG_EXTERNAL_INTERFACES
#endif
#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <tidemark/tidemark.hpp>
#include <vector>

namespace tidemark {

class CatchListener : public Catch::TestEventListenerBase {
 public:
  explicit CatchListener(const Catch::ReporterConfig& config)
      : TestEventListenerBase(config) {}

  void testRunStarting(const Catch::TestRunInfo& info) override {
    session_ = std::make_unique<Session>(info.name);
    test_ = std::make_unique<Op>(*session_, "test");
    tidemark_run_begin(session_->get(), info.name.c_str());
  }
  void testRunEnded(const Catch::TestRunStats& stats) override {
    tidemark_run_end(session_->get(), stats.totals.assertions.allOk()
                                          ? TIDEMARK_RUN_OK
                                          : TIDEMARK_RUN_FAILED);
    session_->flush(std::chrono::seconds(2));  // the program ends now
    test_.reset();
    session_.reset();
  }

  void testCaseStarting(const Catch::TestCaseInfo& info) override {
    phases_.emplace_back(*session_, info.name, Kind::load);
  }
  void testCaseEnded(const Catch::TestCaseStats& stats) override {
    ++*test_;
    if (!stats.totals.assertions.allOk()) test_->failed();
    phases_.pop_back();
  }

  // The outermost section is the test case itself, under its name.
  void sectionStarting(const Catch::SectionInfo& info) override {
    if (depth_++ > 0) phases_.emplace_back(*session_, info.name, Kind::load);
  }
  void sectionEnded(const Catch::SectionStats&) override {
    if (--depth_ > 0) phases_.pop_back();
  }

 private:
  std::unique_ptr<Session> session_;
  std::unique_ptr<Op> test_;
  std::vector<Phase> phases_;
  int depth_ = 0;
};

CATCH_REGISTER_LISTENER(CatchListener)

}  // namespace tidemark

#endif  // TIDEMARK_CATCH2_HPP_
