// tidemark top in a real terminal, on a recording that has ended or goes on.
#include <signal.h>

#include "tests/integration/top_fixture.h"

namespace tidemark {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(TopTest, FollowsARecordingThenReplaysIt) {
  const pid_t recorder = record_live({"sleep", "300"});
  top("");  // finds it by itself
  EXPECT_THAT(await("LIVE"), HasSubstr("every 200ms"));
  EXPECT_THAT(await("1 watched of"), HasSubstr("sleep"));
  // It moves by itself.
  const std::string first = screen();
  for (int i = 0; i < 100 && screen() == first; ++i) {
    std::this_thread::sleep_for(100ms);
  }
  EXPECT_NE(screen(), first);
  keys("Space");
  await("PAUSED");
  keys("Space");
  await("LIVE");
  keys("/");
  keys("-l sleep");
  keys("Enter");
  await("▶sleep");
  keys("F1");
  EXPECT_THAT(await("Shift-Tab"), HasSubstr("quit"));
  keys("2");
  await("processes ─");
  ::kill(recorder, SIGTERM);
  wait_for(recorder);
  await("END");
  keys("Home");
  await("REPLAY");
  keys("End");
  await("END");
  keys("q");
  expect_restored();
}

TEST_F(TopTest, SurvivesEverySize) {
  record_something();
  top("run.tmk");
  await("END");
  for (const auto& [columns, rows] : {std::pair(80, 24), {200, 60}, {61, 14}}) {
    resize(columns, rows);
    await("phases");
  }
  resize(30, 8);
  await("terminal too small");
  resize(120, 40);
  await("findings");
  keys("q");
  expect_restored();
}

TEST_F(TopTest, LeavesTheTerminalAsItWasOnEverySignal) {
  record_something();
  for (const int signal :
       {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGSEGV, SIGABRT, SIGBUS, SIGFPE}) {
    SCOPED_TRACE(signal);
    top("run.tmk");
    await("phases");
    ::kill(top_pid(), signal);
    expect_restored(signal == SIGINT ? 0 : 128 + signal);
  }
}

TEST_F(TopTest, WithoutATerminalItSaysSoInOneLine) {
  record_something();
  const auto says = [&](const std::string& command, const std::string& words) {
    enter(command);
    EXPECT_THAT(await_end(64), HasSubstr(words));
  };
  says("TERM=dumb $T top run.tmk", "TERM is unset or 'dumb'");
  says("env -u TERM $T top run.tmk", "TERM is unset or 'dumb'");
  says("TERM=nosuch $T top run.tmk", "unknown terminal TERM=nosuch");
  says("$T top run.tmk </dev/null", "needs a terminal");
  says("$T top run.tmk <&-", "needs a terminal");
  says("$T top run.tmk --theme pink", "--theme is dark, light or contrast");
  says("mkdir none; $T top none", "no recording in this folder");
  expect_restored(64);
}

TEST_F(TopTest, PlainTerminalsShowItToo) {
  record_something();
  for (const auto* words :
       {"TERM=vt100", "TERM=linux", "LC_ALL=C LANG=C", "NO_COLOR=1"}) {
    SCOPED_TRACE(words);
    enter(std::string("env ") + words + " $T top run.tmk");
    EXPECT_THAT(await("sleep"), HasSubstr("END"));
    keys("q");
    expect_restored();
  }
}

TEST_F(TopTest, NothingLiveSaysHowToBegin) {
  enter("$T top");
  EXPECT_THAT(await_end(64), HasSubstr("tidemark record"));
}

TEST_F(TopTest, PrintsAViewToAPipe) {
  record_something();
  const std::string text =
      run("env LC_ALL=C.UTF-8 " + std::string(kTidemark) + " top " + output() +
          " --once --view processes --size 100x30");
  EXPECT_THAT(text, HasSubstr("─ processes ─"));
  EXPECT_EQ(std::ranges::count(text, '\n'), 30);
  const std::string ascii =
      run("env -u LC_ALL -u LANG " + std::string(kTidemark) + " top " +
          output() + " --once");
  EXPECT_EQ(std::ranges::count_if(
                ascii, [](char c) { return static_cast<signed char>(c) < 0; }),
            0);
}

TEST_F(TopTest, NoColorSendsNoColour) {
  record_something();
  enter("NO_COLOR=1 $T top run.tmk");
  await("phases");
  const std::string raw = run(tmux_ + " capture-pane -p -e -t top");
  EXPECT_THAT(
      raw, Not(ContainsRegex("\x1b\\[([0-9;]*;)?(3[0-8]|4[0-8]|9[0-7])[;m]")));
  keys("q");
}

}  // namespace
}  // namespace tidemark
