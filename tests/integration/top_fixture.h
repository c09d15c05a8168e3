// `tidemark top` in a real terminal: tmux draws it, presses its keys and says
// what the terminal is left like.
#pragma once

#include <gmock/gmock.h>

#include <array>
#include <cstdio>
#include <sstream>
#include <string>

#include "tests/integration/record_fixture.h"

namespace tidemark {

class TopTest : public RecordTest {
 protected:
  TopTest() : tmux_("tmux -L tidemark-test-" + std::to_string(::getpid())) {}

  void SetUp() override {
    run("env LC_ALL=C.UTF-8 " + tmux_ +
        " -u -f /dev/null new-session -d -s top -x 120 -y 40 'cd " + folder_ +
        " && exec env PS1=\"ready> \" T=" + std::string(kTidemark) + " sh'");
    await("ready>");  // nothing is typed before the shell listens
    modes_ = modes();
  }
  void TearDown() override { run(tmux_ + " kill-server"); }

  // What a command says, on stderr too.
  static std::string run(const std::string& command) {
    std::string text;
    FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
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
  void resize(int columns, int rows) {
    run(tmux_ + " resize-window -t top -x " + std::to_string(columns) + " -y " +
        std::to_string(rows));
  }
  void keys(const std::string& names) {
    run(tmux_ + " send-keys -t top " + names);
  }
  void type(const std::string& text) {
    run(tmux_ + " send-keys -t top -l \"" + escaped(text) + "\"");
  }

  // Types a command on a blank screen. What it leaves there ends with a line
  // that no other command has, so that an old screen is never taken for its.
  void enter(const std::string& command) {
    ++commands_;
    type("clear; " + command + "; echo left-$((" + std::to_string(commands_) +
         ")) with $?");
    keys("Enter");
  }
  std::string left() const {
    return "left-" + std::to_string(commands_) + " with ";
  }
  // The screen when the command has ended; `code`: its exit code.
  std::string await_end(int code) {
    return await(left() + std::to_string(code));
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
  // The modes of the shell's terminal, as stty(1) writes them.
  std::string modes() {
    enter("echo modes $(stty -g)");
    std::istringstream lines(await_end(0));
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("modes ")) return line;
    }
    return {};
  }
  // Starts top; its pid goes to a file, its exit code to the screen.
  void top(const std::string& words) {
    enter("sh -c 'echo $$ > pid; exec \"$0\" top " + words + "' $T");
  }
  pid_t top_pid() {
    std::ifstream file(path("pid"));
    pid_t pid = 0;
    file >> pid;
    return pid;
  }
  // The shell's screen is back, with its cursor and its modes.
  void expect_restored(int code = 0) {
    await_end(code);
    EXPECT_EQ(run(tmux_ + " display -p -t top '#{alternate_on}'"), "0\n");
    EXPECT_EQ(run(tmux_ + " display -p -t top '#{cursor_flag}'"), "1\n");
    EXPECT_EQ(run(tmux_ + " display -p -t top '#{mouse_any_flag}'"), "0\n");
    EXPECT_EQ(modes(), modes_);
  }
  void record_something() {
    const pid_t recorder = spawn({kTidemark, "record", "-q", "-o", output(),
                                  "--interval", "100ms", "--", "sleep", "2"});
    ASSERT_EQ(wait_for(recorder), 0) << said();
  }
  pid_t record_live(std::vector<std::string> command) {
    std::vector<std::string> words = {kTidemark, "record",     "-q",    "-o",
                                      output(),  "--interval", "200ms", "--"};
    words.insert(words.end(), command.begin(), command.end());
    const pid_t recorder = spawn(words);
    EXPECT_TRUE(wait_for_ticks(2)) << said();
    return recorder;
  }

  std::string tmux_;
  std::string modes_;

 private:
  static std::string escaped(const std::string& line) {
    std::string text;
    for (const char c : line) {
      if (c == '$' || c == '"' || c == '\\' || c == '`') text += '\\';
      text += c;
    }
    return text;
  }

  int commands_ = 0;
};

}  // namespace tidemark
