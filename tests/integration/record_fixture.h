// Runs `tidemark record` as a user does and reads back what it made.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/os/system_clock.h"
#include "core/store/recording_reader.h"

namespace tidemark {

using namespace std::chrono_literals;

// Everything a recording holds, in the order of the file.
struct ReadBack {
  RecordingInfo info;
  Dictionary dictionary;
  std::vector<Event> events;
  std::vector<Gap> gaps;
  std::vector<BootTime> ticks, edges;
  std::vector<Damage> damages;
  bool closed = false;

  std::vector<Event> of(EventKind kind) const {
    std::vector<Event> found;
    for (const Event& event : events) {
      if (event.kind == kind) found.push_back(event);
    }
    return found;
  }
  // By a word of its command line: other tests' processes have names too.
  const Subject* process(std::string_view name, std::string_view word) const {
    for (const Subject& subject : dictionary.subjects()) {
      if (subject.id.valid() && subject.kind == SubjectKind::process &&
          subject.name == name &&
          subject.command.find(word) != std::string::npos) {
        return &subject;
      }
    }
    return nullptr;
  }
  bool has_level(std::string_view level) const {
    for (const std::string& known : info.levels) {
      if (known == level) return true;
    }
    return false;
  }
};

class RecordTest : public ::testing::Test {
 protected:
  static constexpr const char* kTidemark = TIDEMARK_BINARY_DIR "/cli/tidemark";

  RecordTest() {
    char pattern[] = "/tmp/tidemark-test-XXXXXX";
    folder_ = ::mkdtemp(pattern);
    ::unsetenv("TIDEMARK_SOCKET");
  }
  ~RecordTest() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const {
    return folder_ + "/" + name;
  }
  std::string output() const { return path("run.tmk"); }

  // Starts any program; its stderr goes to path("stderr").
  pid_t spawn(const std::vector<std::string>& words) const {
    std::vector<char*> argv;
    for (const std::string& word : words) {
      argv.push_back(const_cast<char*>(word.c_str()));
    }
    argv.push_back(nullptr);
    const std::string err = path("stderr");
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, err.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0644);
    pid_t pid = -1;
    const int error =
        ::posix_spawnp(&pid, argv[0], &files, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    EXPECT_EQ(error, 0) << words[0];
    return pid;
  }
  // `tidemark record -o run.tmk` with more words behind it.
  pid_t start(std::vector<std::string> words) const {
    const std::vector<std::string> begin = {kTidemark, "record", "-o",
                                            output()};
    words.insert(words.begin(), begin.begin(), begin.end());
    return spawn(words);
  }
  static int wait_for(pid_t pid) {
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
  }
  int record(const std::vector<std::string>& words) const {
    return wait_for(start(words));
  }
  std::string said() const {
    std::ifstream file(path("stderr"));
    return {std::istreambuf_iterator<char>(file), {}};
  }

  static bool wait_until(const std::function<bool()>& done) {
    for (int i = 0; i < 3000; ++i) {
      if (done()) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }
  // Until the file holds at least this many ticks.
  bool wait_for_ticks(size_t ticks) const {
    return wait_until([&] {
      const auto run = try_read(output());
      return run && run->ticks.size() >= ticks;
    });
  }

  static std::optional<ReadBack> try_read(const std::string& file) {
    auto reader = RecordingReader::open(file);
    if (!reader) return std::nullopt;
    ReadBack back;
    while (const auto item = reader->next()) {
      if (item->frame != nullptr) {
        auto& times =
            item->frame->kind == FrameKind::tick ? back.ticks : back.edges;
        times.push_back(item->frame->time);
      }
      if (item->events != nullptr) {
        back.events.insert(back.events.end(), item->events->begin(),
                           item->events->end());
      }
      if (item->gap != nullptr) back.gaps.push_back(*item->gap);
    }
    back.info = reader->info();
    back.dictionary = reader->dictionary();
    back.damages = reader->damages();
    back.closed = reader->closed();
    return back;
  }
  ReadBack read() const {
    auto back = try_read(output());
    EXPECT_TRUE(back.has_value()) << said();
    return back ? *std::move(back) : ReadBack{};
  }

  std::string folder_;
  SystemClock clock_;
};

}  // namespace tidemark
