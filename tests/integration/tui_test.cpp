// tidemark top in a real terminal: tmux draws it, presses its keys and says
// what the terminal is left like.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <string>

#include "tests/integration/record_fixture.h"

namespace tidemark {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

class TopTest : public RecordTest {
 protected:
  TopTest() : tmux_("tmux -L tidemark-test-" + std::to_string(::getpid())) {}

  void SetUp() override {
    run("env LC_ALL=C.UTF-8 " + tmux_ +
        " -u -f /dev/null new-session -d -s top -x 120 -y 40 'cd " + folder_ +
        " && exec env PS1=\"ready> \" T=" + std::string(kTidemark) + " sh'");
    await("ready>");  // nothing is typed before the shell listens
    enter("clear; stty -g");
    modes_ = await_line(":");
  }
  void TearDown() override { run(tmux_ + " kill-server"); }

  static std::string run(const std::string& command) {
    std::string text;
    FILE* pipe = ::popen((command + " 2>/dev/null").c_str(), "r");
    std::array<char, 4096> buffer{};
    while (pipe != nullptr) {
      const size_t n = ::fread(buffer.data(), 1, buffer.size(), pipe);
      if (n == 0) break;
      text.append(buffer.data(), n);
    }
    if (pipe != nullptr) ::pclose(pipe);
    return text;
  }
  std::string screen() { return run(tmux_ + " capture-pane -p -t top"); }
  void keys(const std::string& names) {
    run(tmux_ + " send-keys -t top " + names);
  }
  void enter(const std::string& line) {
    run(tmux_ + " send-keys -t top -l \"" + escaped(line) + "\"");
    keys("Enter");
  }
  static std::string escaped(const std::string& line) {
    std::string text;
    for (const char c : line) {
      if (c == '$' || c == '"' || c == '\\') text += '\\';
      text += c;
    }
    return text;
  }

  // The screen once it shows `text`; fails after 30 s.
  std::string await(const std::string& text) {
    std::string shown;
    for (int i = 0; i < 300; ++i) {
      shown = screen();
      if (shown.find(text) != std::string::npos) return shown;
      std::this_thread::sleep_for(100ms);
    }
    ADD_FAILURE() << "never saw '" << text << "':\n" << shown;
    return shown;
  }
  // The first line that begins with a hexadecimal digit and holds `text`.
  std::string await_line(const std::string& text) {
    std::istringstream lines(await(text));
    for (std::string line; std::getline(lines, line);) {
      if (!line.empty() && std::isxdigit(line.front()) != 0 &&
          line.find(text) != std::string::npos) {
        return line;
      }
    }
    return {};
  }
  // Starts top; its pid goes to a file, its exit code to the screen.
  void top(const std::string& words) {
    enter("clear; sh -c 'echo $$ > pid; exec \"$0\" top " + words +
          "' $T; echo left with $?");
  }
  pid_t top_pid() {
    std::ifstream file(path("pid"));
    pid_t pid = 0;
    file >> pid;
    return pid;
  }
  // The shell's screen is back, with its cursor and its modes.
  void expect_restored() {
    await("left with");
    EXPECT_EQ(run(tmux_ + " display -p -t top '#{alternate_on}'"), "0\n");
    EXPECT_EQ(run(tmux_ + " display -p -t top '#{cursor_flag}'"), "1\n");
    enter("clear; stty -g");
    EXPECT_EQ(await_line(":"), modes_);
  }
  void record_something() {
    const pid_t recorder = spawn({kTidemark, "record", "-q", "-o", output(),
                                  "--interval", "100ms", "--", "sleep", "2"});
    ASSERT_EQ(wait_for(recorder), 0);
  }

  std::string tmux_;
  std::string modes_;
};

TEST_F(TopTest, FollowsARecordingThenReplaysIt) {
  const pid_t recorder = spawn({kTidemark, "record", "-q", "-o", output(),
                                "--interval", "200ms", "--", "sleep", "300"});
  ASSERT_TRUE(
      wait_until([&] { return ::access(output().c_str(), R_OK) == 0; }));
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
  EXPECT_THAT(await("left with"), HasSubstr("left with 0"));
  expect_restored();
}

TEST_F(TopTest, SurvivesEverySize) {
  record_something();
  top("run.tmk");
  await("END");
  for (const auto* size : {"-x 80 -y 24", "-x 200 -y 60", "-x 61 -y 14"}) {
    run(tmux_ + " resize-window -t top " + size);
    await("phases");
  }
  run(tmux_ + " resize-window -t top -x 30 -y 8");
  await("terminal too small");
  run(tmux_ + " resize-window -t top -x 120 -y 40");
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
    const std::string code =
        signal == SIGINT ? "0" : std::to_string(128 + signal);
    EXPECT_THAT(await("left with"), HasSubstr("left with " + code));
    expect_restored();
  }
}

TEST_F(TopTest, WithoutATerminalItSaysSoInOneLine) {
  record_something();
  enter("clear; TERM=dumb $T top run.tmk; echo left with $?");
  EXPECT_THAT(await("left with 64"), HasSubstr("TERM is unset or 'dumb'"));
  enter("clear; env -u TERM $T top run.tmk; echo left with $?");
  EXPECT_THAT(await("left with 64"), HasSubstr("TERM is unset or 'dumb'"));
  enter("clear; TERM=nosuch $T top run.tmk; echo left with $?");
  EXPECT_THAT(await("left with 64"), HasSubstr("unknown terminal TERM=nosuch"));
  enter("clear; $T top run.tmk </dev/null; echo left with $?");
  EXPECT_THAT(await("left with 64"), HasSubstr("needs a terminal"));
  expect_restored();
}

TEST_F(TopTest, NothingLiveSaysHowToBegin) {
  enter("clear; $T top; echo left with $?");
  EXPECT_THAT(await("left with 64"), HasSubstr("tidemark record"));
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
  enter("clear; NO_COLOR=1 $T top run.tmk");
  await("phases");
  const std::string raw = run(tmux_ + " capture-pane -p -e -t top");
  EXPECT_THAT(
      raw, Not(ContainsRegex("\x1b\\[([0-9;]*;)?(3[0-8]|4[0-8]|9[0-7])[;m]")));
  keys("q");
}

}  // namespace
}  // namespace tidemark
