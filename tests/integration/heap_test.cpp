// `tidemark record --heap=probes`: sites with stacks, names and phases, in the
// recording of a program whose figures are known (tests/bpf/heap_target.cpp).
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "core/os/unique_fd.h"
#include "record_fixture.h"
#include "recorded_sites.h"

namespace tidemark {
namespace {

class HeapTest : public RecordTest {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "heap probes need capabilities";
  }

  // Exact, whatever it costs, in a child of the command, which gets its cue
  // when its probes have followed it there.
  int record_target(const std::vector<std::string>& works) {
    const std::string cue = path("cue"), number = path("pid");
    EXPECT_EQ(::mkfifo(cue.c_str(), 0600), 0);
    const UniqueFd to_target(::open(cue.c_str(), O_RDWR | O_CLOEXEC));
    std::vector<std::string> words = {
        "-q",
        "--heap=probes",
        "--heap-sample=exact",
        "--heap-budget=100000%",
        "--interval=200ms",
        "--",
        "sh",
        "-c",
        "sh -c 'echo $$ > \"$0\"; exec \"$@\"' \"$@\" < \"$0\" > /dev/null; "
        "exit $?",
        cue,
        number,
        TIDEMARK_HEAP_TARGET};
    words.insert(words.end(), works.begin(), works.end());
    const pid_t recorder = start(words);
    EXPECT_TRUE(wait_until([&] { return is_probed(number); }));
    // They count from the moment that all of them are there.
    ::usleep(500'000);
    EXPECT_EQ(::write(to_target.get(), "x", 1), 1);
    ::usleep(400'000);
    EXPECT_EQ(::write(to_target.get(), "x", 1), 1);
    return wait_for(recorder);
  }

  // Whether malloc of the process whose number stands there is not as ours.
  static bool is_probed(const std::string& number) {
    int pid = 0;
    std::ifstream(number) >> pid;
    const std::string proc = "/proc/" + std::to_string(pid);
    Dl_info libc{};
    auto* own = reinterpret_cast<unsigned char*>(&::malloc);
    if (pid == 0 || ::dladdr(reinterpret_cast<void*>(own), &libc) == 0) {
      return false;
    }
    std::ifstream maps(proc + "/maps");
    const std::string name = std::filesystem::path(libc.dli_fname).filename();
    std::string line;
    do {
      if (!std::getline(maps, line)) return false;
    } while (!line.ends_with(name));
    const auto offset = own - static_cast<unsigned char*>(libc.dli_fbase);
    const UniqueFd memory(::open((proc + "/mem").c_str(), O_RDONLY));
    std::array<unsigned char, 32> theirs{};
    const auto place =
        std::stoull(line, nullptr, 16) + static_cast<uint64_t>(offset);
    return ::pread(memory.get(), theirs.data(), theirs.size(),
                   static_cast<off_t>(place)) == 32 &&
           std::memcmp(theirs.data(), own, theirs.size()) != 0;
  }

  // What the ladder of a target with these works did, in its order.
  std::vector<std::string> record_ladder(const char* work) {
    EXPECT_EQ(
        record({"-q", "--heap=auto", "--heap-after=1s", "--interval=100ms",
                "--", "sh", "-c", "\"$0\" \"$1\" < /dev/null > /dev/null",
                TIDEMARK_HEAP_TARGET, work}),
        0)
        << said();
    std::vector<std::string> steps;
    for (const Event& event : read().events) {
      if (event.text.find("heap_target") == std::string::npos) continue;
      if (event.kind == EventKind::heap || event.name == "heap") {
        steps.push_back(event.text);
      }
    }
    return steps;
  }

  std::map<std::string, SiteFigures> read_sites() {
    return read_recorded_sites(output());
  }
};

TEST_F(HeapTest, NamesTheFunctionsThatHoldMemory) {
  ASSERT_EQ(record_target({"malloc", "new", "strdup", "realloc"}), 0) << said();
  auto sites = read_sites();
  const auto expect = [&](const char* name, int64_t allocs, int64_t live,
                          int64_t bytes) {
    EXPECT_EQ(sites[name], (SiteFigures{allocs, live, bytes}))
        << name << ": " << sites[name].alloc_count << " allocated, "
        << sites[name].live_count << " alive, " << sites[name].live_bytes;
  };
  expect("site_malloc_leak", 7, 7, 700);
  expect("site_malloc_freed", 1000, 0, 0);
  expect("site_malloc_large", 2, 2, 2 * (300 << 10));
  expect("site_new", 6, 6, 600);
  expect("site_new_nothrow", 6, 6, 6 * 77);
  expect("site_new_deleted", 12, 0, 0);
  expect("site_strdup", 9, 9, 9 * 16);
  expect("site_reallocarray", 3, 3, 3 * 77);
  expect("site_realloc_grow", 52, 2, 50'000 + (3 << 20));
}

TEST_F(HeapTest, SaysThatItIsOffAndTakesNothing) {
  ASSERT_EQ(record({"-q", "--heap=off", "--", "true"}), 0) << said();
  EXPECT_TRUE(read().has_level("heap: off"));
  EXPECT_TRUE(read_sites().empty());
}

TEST_F(HeapTest, LeavesAProcessAloneThatDoesNotGrow) {
  ASSERT_EQ(record({"-q", "--", "sleep", "0.3"}), 0) << said();
  EXPECT_TRUE(read().has_level("heap: on persistent growth"));
  EXPECT_TRUE(read_sites().empty());
}

bool says(const std::vector<std::string>& steps, size_t at, const char* words) {
  return at < steps.size() && steps[at].find(words) != std::string::npos;
}

TEST_F(HeapTest, GoesUpTheLadderOnceGrowthPersists) {
  const auto steps = record_ladder("grow");
  EXPECT_TRUE(says(steps, 0, "memory keeps growing, by "))
      << testing::PrintToString(steps);
  EXPECT_TRUE(says(steps, 1, "allocator calls/s would cost"))
      << testing::PrintToString(steps);
  // What was taken before is not seen; what came after is.
  const SiteFigures grown = read_sites()["site_grow"];
  EXPECT_GT(grown.live_bytes, 1 << 20);
  EXPECT_LT(grown.live_bytes, 500 * (64 << 10));
}

TEST_F(HeapTest, ComesDownTheLadderWhenCallsBecomeTooMany) {
  const auto steps = record_ladder("storm");
  ASSERT_GE(steps.size(), 3u) << testing::PrintToString(steps);
  EXPECT_TRUE(says(steps, 0, "memory keeps growing, by "));
  EXPECT_TRUE(says(steps, 1, "allocator calls/s would cost"));
  EXPECT_NE(steps.back().find("detached after"), std::string::npos)
      << steps.back();
  EXPECT_NE(steps.back().find("budget 5 %"), std::string::npos);
}

TEST_F(HeapTest, TracesARunningProcess) {
  const std::string cue = path("cue"), listing = path("listing");
  ASSERT_EQ(::mkfifo(cue.c_str(), 0600), 0);
  const int to_target = ::open(cue.c_str(), O_RDWR | O_CLOEXEC);
  const pid_t target =
      spawn({"sh", "-c", "exec \"$0\" malloc strdup < \"$1\" > /dev/null",
             TIDEMARK_HEAP_TARGET, cue});
  const pid_t trace = spawn(
      {"sh", "-c", "exec \"$0\" -v trace \"$1\" --exact --for 5s > \"$2\"",
       kTidemark, std::to_string(target), listing});
  // It says so when its probes are on; then the target gets its cue.
  EXPECT_TRUE(wait_until([&] {
    return said().find("allocator calls/s would cost") != std::string::npos;
  }));
  EXPECT_EQ(::write(to_target, "x", 1), 1);
  EXPECT_EQ(wait_for(trace), 0) << said();
  ::kill(target, SIGKILL);
  ::waitpid(target, nullptr, 0);
  ::close(to_target);
  std::ifstream file(listing);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  EXPECT_NE(text.find("site_malloc_large (heap_target.cpp:"), std::string::npos)
      << text;
  EXPECT_EQ(wait_for(spawn({kTidemark, "trace", "99999999"})), 64);
  EXPECT_NE(said().find("99999999: no such process"), std::string::npos);
}

TEST_F(HeapTest, RefusesWordsThatItDoesNotKnow) {
  EXPECT_EQ(record({"--heap=maybe", "--", "true"}), 64);
  EXPECT_NE(said().find("--heap: 'maybe': off, auto, probes or shim"),
            std::string::npos)
      << said();
  EXPECT_EQ(record({"--heap-sample=2GiB", "--", "true"}), 64);
  EXPECT_EQ(record({"--heap-budget=0%", "--", "true"}), 64);
}

}  // namespace
}  // namespace tidemark
