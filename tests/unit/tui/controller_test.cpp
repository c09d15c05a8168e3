// Keys typed into a controller, and what the screen says then.
#include "tui/controller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/text.h"
#include "tests/unit/tui/sample_run.h"

namespace tidemark {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ControllerTest : public ::testing::Test {
 protected:
  std::string screen(int width = 120, int height = 40) {
    return screen_text(controller_, width, height);
  }
  // The n-th row (from 0) of the screen.
  std::string row(int n) {
    std::string text = screen();
    size_t at = 0;
    for (int i = 0; i < n; ++i) at = text.find('\n', at) + 1;
    return text.substr(at, text.find('\n', at) - at);
  }
  // Names in the process table, from the top.
  std::vector<std::string> names() {
    std::vector<std::string> names;
    for (int i = 5;; ++i) {
      std::string line = row(i);
      // The mark of the selected row is three bytes.
      line = line.starts_with("▶")
                 ? line.substr(3)
                 : line.substr(std::min<size_t>(line.size(), 1));
      if (line.empty()) return names;
      names.push_back(line.substr(0, line.find(' ')));
    }
  }

  void SetUp() override { controller_.handle('2'); }

  SampleRun run_;
  FrameSource source_ = run_.open();
  Controller controller_{source_, Charset::utf8, false};
};

TEST_F(ControllerTest, BeginsAtTheEndOfAReplay) {
  EXPECT_THAT(row(0), HasSubstr("END"));
  EXPECT_THAT(row(0), HasSubstr("00:03:30"));
  EXPECT_THAT(row(0), HasSubstr("host db3"));
  EXPECT_THAT(row(0), HasSubstr("checkout-soak"));
  EXPECT_THAT(row(1), HasSubstr("self 0.3% 21M"));
  EXPECT_THAT(row(1), HasSubstr("drop 0"));
  EXPECT_THAT(row(1), HasSubstr("coverage 100%"));
}

TEST_F(ControllerTest, StepsThroughSamples) {
  controller_.handle('T');
  EXPECT_THAT(row(0), HasSubstr("REPLAY"));
  EXPECT_THAT(row(0), HasSubstr("00:03:29"));
  controller_.handle('T');
  EXPECT_THAT(row(0), HasSubstr("00:03:28"));
  controller_.handle('t');
  EXPECT_THAT(row(0), HasSubstr("00:03:29"));
  controller_.handle('t');
  controller_.handle('t');
  EXPECT_THAT(row(0), HasSubstr("END"));
}

TEST_F(ControllerTest, HomeAndEndGoToBothEnds) {
  controller_.handle(keys::kHome);
  EXPECT_THAT(row(0), HasSubstr("00:00:00"));
  EXPECT_THAT(row(1), HasSubstr("warm-up"));
  controller_.handle('T');  // there is nothing before
  EXPECT_THAT(row(0), HasSubstr("00:00:00"));
  controller_.handle(keys::kEnd);
  EXPECT_THAT(row(0), HasSubstr("END"));
}

TEST_F(ControllerTest, JumpsFromPhaseToPhase) {
  controller_.handle(keys::kHome);
  controller_.handle(']');
  EXPECT_THAT(row(0), HasSubstr("00:00:30"));
  EXPECT_THAT(row(1), HasSubstr("soak/load#1 00:00"));
  controller_.handle(']');
  EXPECT_THAT(row(1), HasSubstr("soak/idle#1"));
  controller_.handle(']');
  EXPECT_THAT(row(1), HasSubstr("soak/load#2"));
  controller_.handle('[');
  EXPECT_THAT(row(1), HasSubstr("soak/idle#1"));
  controller_.handle('[');
  controller_.handle('[');
  EXPECT_THAT(row(1), HasSubstr("warm-up"));
  controller_.handle('[');
  EXPECT_THAT(screen(), HasSubstr("no earlier phase"));
  EXPECT_THAT(row(1), HasSubstr("warm-up"));
}

TEST_F(ControllerTest, GoesToATimeAsTyped) {
  const std::pair<const char*, const char*> cases[] = {
      {"+1m5s", "00:01:05"},    {"-30s", "00:03:00"},   {"50%", "00:01:45"},
      {"00:02:03", "00:02:03"}, {"load#3", "00:01:30"}, {"soak", "00:00:30"},
  };
  for (const auto& [typed, expected] : cases) {
    controller_.handle('b');
    type(controller_, typed);
    controller_.handle(keys::kEnter);
    EXPECT_THAT(row(0), HasSubstr(expected)) << typed;
  }
  controller_.handle('b');
  type(controller_, "nowhere");
  controller_.handle(keys::kEnter);
  EXPECT_THAT(screen(), HasSubstr("no such time or phase 'nowhere'"));
  EXPECT_THAT(row(0), HasSubstr("00:00:30"));  // stayed
}

TEST_F(ControllerTest, AReplayShowsWhatLiveShowed) {
  // The tail's own figures at each second, against a seek to that second.
  auto following = FrameSource::open(run_.path());
  ASSERT_TRUE(following);
  while (following->follow(1)) {
    const Snapshot& live = following->shown();
    if (live.empty() || following->history().ticks() < 14) continue;
    if (following->history().ticks() % 17 != 0) continue;
    ASSERT_TRUE(source_.seek(live.time()));
    for (const ProcessState& expected : live.processes()) {
      const ProcessState* found = source_.shown().find(expected.id);
      ASSERT_NE(found, nullptr);
      EXPECT_EQ(found->values, expected.values);
      EXPECT_EQ(found->rates, expected.rates);
      EXPECT_EQ(found->has_rate, expected.has_rate);
    }
  }
}

TEST_F(ControllerTest, SortsByAnyColumn) {
  controller_.handle('w');  // all
  controller_.handle('b');
  type(controller_, "+40s");
  controller_.handle(keys::kEnter);
  controller_.handle('P');
  EXPECT_EQ(names().size(), 5u);
  EXPECT_EQ(names()[0], "shopd");
  EXPECT_EQ(names()[1], "worker");
  EXPECT_EQ(names()[2], "import");
  EXPECT_EQ(names()[3], "kworker/0:1");
  controller_.handle('I');
  EXPECT_EQ(names().back(), "shopd");
  controller_.handle('M');
  EXPECT_EQ(names()[0], "shopd");
  EXPECT_EQ(names()[1], "worker");
  EXPECT_EQ(names()[2], "import");  // unknown memory comes last
  controller_.handle('>');
  EXPECT_THAT(screen(), HasSubstr("by GROWTH ▼"));
  controller_.handle('<');
  EXPECT_THAT(screen(), HasSubstr("by ANON ▼"));
}

TEST_F(ControllerTest, WatchedOnlyIsTheDefault) {
  EXPECT_THAT(screen(), HasSubstr("2 watched of 4"));
  EXPECT_THAT(screen(), Not(HasSubstr("kworker")));
  controller_.handle('w');
  EXPECT_THAT(screen(), HasSubstr("kworker"));
}

TEST_F(ControllerTest, FilterHidesAndEscapeUndoes) {
  ASSERT_TRUE(controller_.go_to("+125s"));
  controller_.handle('w');
  controller_.handle('\\');
  type(controller_, "WORKER");
  EXPECT_EQ(names().size(), 2u);
  controller_.handle(keys::kEnter);
  EXPECT_THAT(screen(), HasSubstr("filter WORKER"));
  controller_.handle(keys::f(4));
  controller_.handle('U' & keys::kCtrl);
  type(controller_, "role:server");
  controller_.handle(keys::kEnter);
  EXPECT_EQ(names(), std::vector<std::string>{"shopd"});
  controller_.handle(keys::f(4));
  type(controller_, " nothing");
  EXPECT_THAT(screen(), HasSubstr("no process matches"));
  controller_.handle(keys::kEscape);
  EXPECT_EQ(names().size(), 1u);
  controller_.handle(keys::kEscape);
  EXPECT_EQ(names().size(), 4u);
}

TEST_F(ControllerTest, SearchMovesAndHidesNothing) {
  ASSERT_TRUE(controller_.go_to("+125s"));
  controller_.handle('w');
  controller_.handle('/');
  type(controller_, "worker");
  controller_.handle(keys::kEnter);
  EXPECT_EQ(names().size(), 4u);
  EXPECT_THAT(screen(), HasSubstr("▶worker"));
  controller_.handle('n');
  EXPECT_THAT(screen(), HasSubstr("▶kworker"));
  controller_.handle('N');
  EXPECT_THAT(screen(), HasSubstr("▶worker"));
}

TEST_F(ControllerTest, TheSelectionStaysOnItsProcess) {
  ASSERT_TRUE(controller_.go_to("+125s"));
  controller_.handle(keys::kDown);
  EXPECT_THAT(screen(), HasSubstr("▶worker"));
  controller_.handle('I');
  EXPECT_THAT(screen(), HasSubstr("▶worker"));
  controller_.handle(keys::kPageUp);
  controller_.handle(keys::kPageDown);
  controller_.handle(keys::kEnter);
  EXPECT_THAT(screen(), HasSubstr("─ shopd ─ pid 4112"));
  controller_.handle(keys::kEscape);
  EXPECT_THAT(screen(), HasSubstr("─ processes ─"));
}

TEST_F(ControllerTest, TreePutsChildrenUnderParents) {
  ASSERT_TRUE(controller_.go_to("+125s"));
  controller_.handle('I');
  EXPECT_EQ(names().back(), "shopd");
  controller_.handle(keys::f(5));
  EXPECT_THAT(screen(), HasSubstr("└─worker"));
}

TEST_F(ControllerTest, AnEndedProcessIsBlankUntilItsPhaseEnds) {
  controller_.handle('b');
  type(controller_, "+105s");
  controller_.handle(keys::kEnter);
  EXPECT_THAT(screen(), HasSubstr("import"));
  EXPECT_THAT(screen(), HasSubstr("ended"));
  controller_.handle(']');
  EXPECT_THAT(screen(), Not(HasSubstr("import")));
}

TEST_F(ControllerTest, AtTheEndOfTheRunEveryWatchedProcessIsShown) {
  EXPECT_THAT(row(0), HasSubstr("END"));
  EXPECT_THAT(screen(), HasSubstr("import"));
  // Its last figures: 500,000 bytes of anonymous memory.
  EXPECT_THAT(screen(), HasSubstr("ended"));
  EXPECT_THAT(screen(), HasSubstr("488K"));
  EXPECT_EQ(names().back(), "import");  // after those that live
}

TEST_F(ControllerTest, GrowthIsCountedFromThePhasesBegin) {
  controller_.handle('b');
  type(controller_, "+40s");
  controller_.handle(keys::kEnter);
  // 1 MiB a second since second 30.
  EXPECT_THAT(screen(), HasSubstr("+10M"));
}

TEST_F(ControllerTest, UnknownIsNotZeroIsNotBlank) {
  controller_.handle('w');
  const std::string text = screen();
  const auto line_of = [&](std::string_view name) {
    const size_t at = text.rfind('\n', text.find(name)) + 1;
    return text.substr(at, text.find('\n', at) - at);
  };
  EXPECT_THAT(line_of("kworker"), Not(HasSubstr("K")));
  EXPECT_THAT(line_of("worker  "), HasSubstr(" 0 "));
  EXPECT_THAT(text, HasSubstr("~1.2M"));
}

TEST_F(ControllerTest, PlaysAReplay) {
  controller_.handle(keys::kHome);
  controller_.handle(' ');
  screen();
  ASSERT_TRUE(controller_.playing());
  EXPECT_TRUE(controller_.play(at_second(1'000)));
  EXPECT_FALSE(controller_.play(at_second(1'000.5)));
  EXPECT_TRUE(controller_.play(at_second(1'001)));
  EXPECT_THAT(row(0), HasSubstr("PLAYING"));
  EXPECT_THAT(row(0), HasSubstr("00:00:02"));
  controller_.handle(' ');
  EXPECT_FALSE(controller_.play(at_second(1'003)));
}

TEST_F(ControllerTest, ArrowsMoveByOneColumn) {
  controller_.handle(keys::kLeft);
  EXPECT_THAT(row(0), HasSubstr("REPLAY"));
  const BootTime left = source_.shown().time();
  controller_.handle(keys::kLeft);
  EXPECT_LT(source_.shown().time(), left);
  for (int i = 0; i < 3; ++i) controller_.handle(keys::kRight);
  EXPECT_THAT(row(0), HasSubstr("END"));
}

TEST_F(ControllerTest, EnterOnAnEventGoesToItsTime) {
  controller_.handle('6');
  EXPECT_THAT(screen(), HasSubstr("deploy "));
  EXPECT_THAT(screen(), Not(HasSubstr("\x1b")));
  for (int i = 0; i < 40; ++i) controller_.handle(keys::kUp);
  controller_.handle(keys::kDown);
  controller_.handle(keys::kEnter);
  EXPECT_THAT(row(0), HasSubstr("00:00:00"));
}

TEST_F(ControllerTest, FindingsShowTheirEvidence) {
  controller_.set_verdicts(SampleRun::verdicts());
  EXPECT_THAT(row(1), HasSubstr("2 LEAKS"));
  controller_.handle('3');
  EXPECT_THAT(screen(), HasSubstr("+412B/request [398B, 425B]"));
  EXPECT_THAT(screen(), HasSubstr("confirmed by cycles"));
  controller_.handle(keys::kDown);
  controller_.handle(keys::kDown);
  EXPECT_THAT(screen(), HasSubstr("flat at 64 fds"));
  controller_.handle(keys::kEnter);
  EXPECT_THAT(screen(), HasSubstr("─ worker ─"));
}

TEST_F(ControllerTest, SitesShowTheirStacksAndCohorts) {
  controller_.set_verdicts(SampleRun::verdicts());
  controller_.handle('3');
  EXPECT_THAT(screen(), HasSubstr("▶Cart::checkout (shop.cpp:88)"));
  EXPECT_THAT(screen(), HasSubstr("412B/request"));
  EXPECT_THAT(screen(), HasSubstr(" Server::handle (shop.cpp:41)"));
  EXPECT_THAT(screen(), HasSubstr("BORN IN"));
  EXPECT_THAT(screen(), Not(HasSubstr("outer frames are missing")));
  controller_.handle('s');
  EXPECT_THAT(screen(), HasSubstr("▶Cache::put (shop.cpp:52)"));
  EXPECT_THAT(screen(), HasSubstr("the outer frames are missing"));
  controller_.handle('s');  // and around
  EXPECT_THAT(screen(), HasSubstr("▶Cart::checkout"));
  controller_.handle('S');
  EXPECT_THAT(screen(), HasSubstr("▶Cache::put"));
  controller_.handle(keys::kDown);  // another finding begins at its first
  controller_.handle(keys::kUp);
  EXPECT_THAT(screen(), HasSubstr("▶Cart::checkout"));
  controller_.handle(keys::kEnter);
  EXPECT_THAT(screen(), HasSubstr("─ figures ─"));
  EXPECT_THAT(screen(), HasSubstr("▶Cart::checkout"));
}

TEST_F(ControllerTest, TheAnalysisJudgesWhatWasRead) {
  const Verdicts verdicts = source_.judge();
  EXPECT_TRUE(verdicts.known);
  EXPECT_FALSE(verdicts.provisional);
  EXPECT_FALSE(verdicts.findings.empty());
}

TEST_F(ControllerTest, ASmallTerminalIsToldSo) {
  EXPECT_THAT(screen(40, 10), HasSubstr("terminal too small: 40x10, needs"));
  EXPECT_THAT(screen(1, 1), HasSubstr("…"));
}

TEST_F(ControllerTest, EveryViewDrawsAtEverySize) {
  controller_.set_verdicts(SampleRun::verdicts());
  for (const ViewEntry& view : all_views()) {
    ASSERT_TRUE(controller_.open_view(view.name));
    for (int width = 58; width <= 200; width += 9) {
      for (int height = 12; height <= 70; height += 7) {
        const std::string text = screen(width, height);
        EXPECT_EQ(std::ranges::count(text, '\n'), height);
        EXPECT_THAT(text, Not(HasSubstr("\x1b")));
      }
    }
  }
}

TEST_F(ControllerTest, EveryKeyInEveryViewIsHarmless) {
  for (const ViewEntry& view : all_views()) {
    for (const Binding& binding : bindings()) {
      if (binding.action == Action::quit) continue;
      ASSERT_TRUE(controller_.open_view(view.name));
      controller_.handle(binding.key);
      screen(80, 24);
      controller_.handle(keys::kEscape);
    }
  }
  EXPECT_FALSE(controller_.wants_quit());
  controller_.handle('q');
  EXPECT_TRUE(controller_.wants_quit());
}

TEST_F(ControllerTest, QAsTextDoesNotQuit) {
  controller_.handle('/');
  controller_.handle('q');
  EXPECT_FALSE(controller_.wants_quit());
  EXPECT_THAT(screen(), HasSubstr("search: q"));
}

TEST_F(ControllerTest, AnUnknownViewIsNamedWithTheNearest) {
  const Status status = controller_.open_view("leak");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::usage);
  EXPECT_THAT(status.error().what, HasSubstr("leaks"));
}

TEST(ControllerLive, FollowsPausesAndStalls) {
  const SampleRun run(false);
  FrameSource source = run.open();
  Controller controller(source, Charset::utf8, true);
  const auto mode_at = [&](double second) {
    Canvas canvas(80, 24, Charset::utf8);
    controller.draw(canvas, at_second(second));
    const std::string text = canvas.to_text();
    return text.substr(1, text.find(' ', 1) - 1);
  };
  EXPECT_EQ(mode_at(kSeconds + 0.5), "LIVE");
  EXPECT_EQ(mode_at(kSeconds + 5), "STALLED");
  EXPECT_EQ(mode_at(kSeconds + 100), "END");  // the writer has gone
  EXPECT_EQ(mode_at(kSeconds + 0.5), "LIVE");
  controller.handle(' ');
  EXPECT_EQ(mode_at(kSeconds + 0.5), "PAUSED");
  controller.handle('t');
  EXPECT_EQ(mode_at(kSeconds + 0.5), "LIVE");
  controller.handle('T');
  EXPECT_EQ(mode_at(kSeconds + 0.5), "PAUSED");
  controller.handle(' ');
  EXPECT_EQ(mode_at(kSeconds + 0.5), "LIVE");
}

}  // namespace
}  // namespace tidemark
