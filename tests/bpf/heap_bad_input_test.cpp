// Targets that make it hard: each is traced all the same, or refused with its
// reason, and none is harmed.
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "core/os/system_clock.h"
#include "daemon/heap_targets.h"
#include "tests/bpf/heap_fixture.h"

namespace tidemark {
namespace {

using testing_bpf::CuedTarget;
using testing_bpf::HeapSession;

class HeapBadInputTest : public testing_bpf::HeapFixture {
 protected:
  // What the ladder says of it.
  std::string refusal_of(Pid pid) {
    const SystemClock clock;
    Symbolizer symbolizer;
    HeapTargets targets("/proc", {}, *tracer_, clock, symbolizer);
    HeapOutput output;
    targets.attach(pid, output);
    EXPECT_TRUE(targets.empty());
    return output.notices.empty() ? "" : output.notices.back().text;
  }
  std::string copy_of(const std::string& program) const {
    std::filesystem::copy(program, folder_ + "/target");
    return folder_ + "/target";
  }
};

TEST_F(HeapBadInputTest, TargetsThatExitDuringAttachAreNamedOrTraced) {
  int traced = 0, refused = 0;
  for (int i = 0; i < 40; ++i) {
    const pid_t target = ::fork();
    if (target == 0) {
      ::usleep(static_cast<useconds_t>(i) * 500);
      ::_exit(0);
    }
    HeapSession session(*tracer_);
    const Status attached = session.attach(Pid{target});
    (attached ? traced : refused) += 1;
    if (!attached) {
      EXPECT_FALSE(attached.error().what.empty());
    }
    ::waitpid(target, nullptr, 0);
    EXPECT_TRUE(session.read());
  }
  EXPECT_EQ(traced + refused, 40);
  const pid_t zombie = ::fork();
  if (zombie == 0) ::_exit(0);
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(zombie), &info, WEXITED | WNOWAIT);
  EXPECT_FALSE(refusal_of(Pid{zombie}).empty());
  ::waitpid(zombie, nullptr, 0);
}

TEST_F(HeapBadInputTest, AProgramThatWasUpgradedOnDiskIsTracedAsItRuns) {
  const std::string program = copy_of(TIDEMARK_HEAP_TARGET "_static");
  CuedTarget target({program, "malloc"});
  ASSERT_TRUE(target.hear("ready\n"));
  std::ofstream(folder_ + "/newer") << "not even a program";
  std::filesystem::rename(folder_ + "/newer", program);
  expect_traced(target);
}

TEST_F(HeapBadInputTest, AProgramOfAnotherMountNamespaceIsTraced) {
  // Seen from here there is nothing in that folder.
  const std::string script =
      "mount -t tmpfs none \"$0\" && cp \"$1\" \"$0/inside\" && "
      "exec \"$0/inside\" malloc";
  // In a changed root, / is no mount whose propagation could be set.
  const bool mount = std::system("unshare -m true 2>/dev/null") == 0;
  CuedTarget target({"/usr/bin/unshare", "-m", "--propagation",
                     mount ? "private" : "unchanged", "sh", "-c", script,
                     folder_, TIDEMARK_HEAP_TARGET "_static"},
                    {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"});
  ASSERT_TRUE(target.hear("ready\n"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
  expect_traced(target);
}

TEST_F(HeapBadInputTest, WithoutCapabilitiesItSaysWhichAreMissing) {
  int ends[2] = {-1, -1};
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    std::string said = "opened";
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(1);
    if (auto tracer = HeapTracer::open({}); !tracer) {
      said = tracer.error().what;
    }
    static_cast<void>(!::write(ends[1], said.data(), said.size()));
    ::_exit(0);
  }
  ::close(ends[1]);
  char buffer[1024] = {};
  EXPECT_GT(::read(ends[0], buffer, sizeof(buffer) - 1), 0);
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  EXPECT_NE(std::strstr(buffer, "CAP_BPF"), nullptr) << buffer;
}

// Tables that lie: the kernel runs it, since it reads the segments alone.
TEST_F(HeapBadInputTest, AHostileElfIsRefusedWithoutACrash) {
  const std::string program = copy_of(TIDEMARK_HEAP_TARGET "_static");
  std::fstream file(program, std::ios::in | std::ios::out | std::ios::binary);
  const auto put = [&](std::streamoff at, uint64_t value, int bytes) {
    file.seekp(at);
    file.write(reinterpret_cast<const char*>(&value), bytes);
  };
  const auto get = [&](std::streamoff at, int bytes) {
    uint64_t value = 0;
    file.seekg(at);
    file.read(reinterpret_cast<char*>(&value), bytes);
    return value;
  };
  const uint64_t sections = get(40, 8);  // e_shoff
  const uint64_t count = get(60, 2);     // e_shnum
  ASSERT_GT(count, 20u);
  for (uint64_t i = 1; i < count; ++i) {  // sh_offset, sh_size, sh_link
    const auto section = static_cast<std::streamoff>(sections + i * 64);
    put(section + 24, 0xfffffffffffffff0 - i, 8);
    put(section + 32, i % 2 == 0 ? ~uint64_t{0} : 1, 8);
    put(section + 40, 0xffffffff, 4);
  }
  file.close();
  CuedTarget target({program, "malloc"});
  ASSERT_TRUE(target.hear("ready\n"));
  EXPECT_NE(refusal_of(target.pid()).find("heap not visible"),
            std::string::npos);
  target.answer();
  ASSERT_TRUE(target.hear("done\n"));
  target.answer();
  EXPECT_EQ(target.wait(), 0);
}

TEST_F(HeapBadInputTest, AHostileStackIsCountedAndUnwoundWithoutACrash) {
  HeapSession session(*tracer_);
  CuedTarget target({TIDEMARK_HEAP_TARGET, "hostile_stack"});
  ASSERT_TRUE(target.hear("ready\n"));
  ASSERT_NO_FATAL_FAILURE(trace(session, target));
  EXPECT_EQ(session.live_count(), 3);
  int64_t bytes = 0;
  for (const auto& [function, figures] : session.by_function()) {
    bytes += figures.live_bytes;
  }
  EXPECT_EQ(bytes, 3 * 77);
  target.answer();
  EXPECT_EQ(target.wait(), 0);
}

TEST_F(HeapBadInputTest, FullTablesOfSitesAndStacksAreCounted) {
  HeapTracerOptions small;
  small.sites = small.stacks = 2;
  auto tracer = HeapTracer::open(small);
  ASSERT_TRUE(tracer) << tracer.error().what;
  HeapSession session(**tracer);
  CuedTarget target({TIDEMARK_HEAP_TARGET, "malloc", "strdup", "calloc"});
  ASSERT_TRUE(target.hear("ready\n"));
  ASSERT_NO_FATAL_FAILURE(trace(session, target));
  EXPECT_GT(session.counts().sites_full, 0u);
  // All of it is there, at the site that stands for the rest.
  EXPECT_EQ(session.live_count(), 12 + 11 + 18);
}

// A Go program, or one that looks like it from outside; TIDEMARK_TEST_GO names
// a real one that says "ready" and waits.
TEST_F(HeapBadInputTest, AGoProgramIsNamedAndOutlivesAThousandAttempts) {
  const char* real = std::getenv("TIDEMARK_TEST_GO");
  CuedTarget target({real != nullptr ? real : TIDEMARK_HEAP_BARE});
  ASSERT_TRUE(target.hear("ready\n"));
  const SystemClock clock;
  Symbolizer symbolizer;
  HeapTargets targets("/proc", {}, *tracer_, clock, symbolizer);
  for (int cycle = 0; cycle < 1000; ++cycle) {
    HeapOutput output;
    targets.attach(target.pid(), output);
    targets.detach(target.pid(), "asked to", output);
    ASSERT_TRUE(targets.empty());
    ASSERT_EQ(output.notices.size(), 1u);
    ASSERT_NE(output.notices[0].text.find(
                  "heap not visible: Go keeps its heap itself"),
              std::string::npos)
        << output.notices[0].text;
  }
  target.answer();
  ASSERT_TRUE(target.hear("done\n"));
  EXPECT_EQ(target.wait(), 0);
}

}  // namespace
}  // namespace tidemark
