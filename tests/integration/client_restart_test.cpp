// `tidemark record` stopped and started again under a live client: by SIGINT
// and by SIGKILL in turn. Every mark is in one of the recordings.
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <thread>
#include <tidemark/tidemark.hpp>
#include <vector>

#include "core/store/recording_reader.h"

namespace tidemark {
namespace {

using namespace std::chrono_literals;

constexpr const char* kTidemark = TIDEMARK_BINARY_DIR "/cli/tidemark";

// How often it is restarted; the full measure takes a minute.
int restarts() {
  const char* asked = std::getenv("TIDEMARK_TEST_RESTARTS");
  return asked != nullptr ? std::atoi(asked) : 4;
}

class ClientRestart : public ::testing::Test {
 protected:
  ClientRestart() {
    char pattern[] = "/tmp/tidemark-test-XXXXXX";
    folder_ = ::mkdtemp(pattern);
    socket_ = folder_ + "/client.sock";
    ::setenv("TIDEMARK_SOCKET", socket_.c_str(), 1);
  }
  ~ClientRestart() override { std::filesystem::remove_all(folder_); }

  std::string recording(int life) const {
    return folder_ + "/" + std::to_string(life) + ".tmk";
  }
  pid_t record(int life) const {
    const std::vector<std::string> words = {
        kTidemark,  "record",        "--quiet",    "--socket", socket_,
        "--output", recording(life), "--interval", "200ms"};
    std::vector<char*> argv;
    for (const std::string& word : words) {
      argv.push_back(const_cast<char*>(word.c_str()));
    }
    argv.push_back(nullptr);
    pid_t pid = -1;
    ::posix_spawn(&pid, kTidemark, nullptr, nullptr, argv.data(), environ);
    return pid;
  }
  static bool wait_until(const std::function<bool()>& done) {
    for (int i = 0; i < 3000; ++i) {
      if (done()) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }
  static void end(pid_t pid, int signal) {
    ::kill(pid, signal);
    ::waitpid(pid, nullptr, 0);
  }
  // Notes of a recording that were not seen before, by lane and sequence.
  void read(const std::string& path) {
    auto reader = RecordingReader::open(path);
    ASSERT_TRUE(reader) << reader.error().what;
    while (const auto item = reader->next()) {
      if (item->events == nullptr) continue;
      for (const Event& event : *item->events) {
        if (event.kind != EventKind::note) continue;
        if (!seen_.emplace(event.lane, event.sequence).second) continue;
        names_.insert(event.name);
        ++notes_;
      }
    }
  }

  std::string folder_;
  std::string socket_;
  std::set<std::pair<uint32_t, uint64_t>> seen_;
  std::set<std::string> names_;
  size_t notes_ = 0;
};

TEST_F(ClientRestart, NoMarkIsLost) {
  const Session session("live");
  std::atomic<bool> stop = false;
  size_t made = 0;
  std::thread client([&] {
    while (!stop) {
      session.note("note " + std::to_string(made++));
      std::this_thread::sleep_for(10ms);
    }
  });
  const int lives = restarts() + 1;
  for (int life = 0; life < lives; ++life) {
    const pid_t pid = record(life);
    ASSERT_GT(pid, 0);
    EXPECT_TRUE(wait_until([&] { return session.connected(); }));
    std::this_thread::sleep_for(150ms + life % 7 * 30ms);
    if (life + 1 == lives) {
      stop = true;
      client.join();
      EXPECT_EQ(session.flush(10s), Answer::done);
    }
    end(pid, life % 2 == 0 ? SIGINT : SIGKILL);
    // The client notices by its daemon's silence.
    wait_until([&] { return life + 1 == lives || !session.connected(); });
  }
  for (int life = 0; life < lives; ++life) read(recording(life));
  EXPECT_EQ(session.dropped(), 0u);
  EXPECT_EQ(notes_, made);
  EXPECT_EQ(names_.size(), made);
  RecordProperty("marks", std::to_string(made));
  RecordProperty("restarts", lives - 1);
}

}  // namespace
}  // namespace tidemark
