// `tidemark record --heap=shim`: the figures that a program's functions are
// known to have (tests/bpf/heap_target.cpp), told by libtidemark-heap in it.
#include <string>
#include <vector>

#include "client/channel.h"
#include "client/heap/heap_channel.h"
#include "record_fixture.h"
#include "recorded_sites.h"

namespace tidemark {
namespace {

class HeapShimTest : public RecordTest {
 protected:
  // Every block, in a child of the command.
  int record_target(const std::string& program,
                    const std::vector<std::string>& works) {
    std::vector<std::string> words = {"-q",
                                      "--heap=shim",
                                      "--heap-sample=exact",
                                      "--interval=200ms",
                                      "--",
                                      "sh",
                                      "-c",
                                      "{ echo; sleep 0.5; } | \"$0\" \"$@\"",
                                      program};
    words.insert(words.end(), works.begin(), works.end());
    ::setenv("TIDEMARK_PLUGIN", TIDEMARK_HEAP_PLUGIN, 1);
    const int code = record(words);
    sites_ = read_recorded_sites(output());
    return code;
  }
  void expect(const char* name, int64_t allocs, int64_t live, int64_t bytes) {
    EXPECT_EQ(sites_[name], (SiteFigures{allocs, live, bytes}))
        << name << ": " << sites_[name].alloc_count << " allocated, "
        << sites_[name].live_count << " alive, " << sites_[name].live_bytes;
  }

  std::map<std::string, SiteFigures> sites_;
};

TEST_F(HeapShimTest, NamesTheFunctionsThatHoldMemory) {
  ASSERT_EQ(
      record_target(TIDEMARK_HEAP_TARGET,
                    {"malloc", "calloc", "aligned", "new", "new_aligned",
                     "strdup", "realloc", "realloc_zero", "threads", "dlopen"}),
      0)
      << said();
  expect("site_malloc_leak", 7, 7, 700);
  expect("site_malloc_freed", 1000, 0, 0);
  expect("site_malloc_zero", 3, 3, 0);
  expect("site_malloc_large", 2, 2, 2 * (300 << 10));
  expect("site_malloc_fails", 0, 0, 0);
  expect("site_calloc", 11, 11, 11 * 150);
  expect("site_memalign", 4, 4, 2800);
  expect("site_aligned_alloc", 4, 4, 2560);
  expect("site_valloc", 4, 4, 40);
  expect("site_pvalloc", 4, 4, 40);
  expect("site_posix_memalign", 4, 4, 1332);
  expect("site_posix_memalign_small", 4, 4, 220);
  expect("site_new", 6, 6, 600);
  expect("site_new_nothrow", 6, 6, 6 * 77);
  expect("site_new_aligned", 6, 6, 6 * 256);
  expect("site_new_deleted", 12, 0, 0);
  expect("site_strdup", 9, 9, 9 * 16);
  expect("site_reallocarray", 3, 3, 3 * 77);
  expect("site_realloc_grow", 52, 2, 50'000 + (3 << 20));
  expect("site_thread_allocates", 5 * 64, 5 * 16, 5 * 16 * 200);
  expect("site_plugin_leak", 17, 17, 17 * 77);
}

TEST_F(HeapShimTest, StandsBeforeOtherAllocators) {
  for (const char* allocator : {"_jemalloc", "_tcmalloc"}) {
    const std::string program = std::string(TIDEMARK_HEAP_TARGET) + allocator;
    ASSERT_EQ(record_target(program, {"malloc", "calloc", "new", "new_aligned",
                                      "strdup", "realloc"}),
              0)
        << said();
    expect("site_malloc_leak", 7, 7, 700);
    expect("site_malloc_freed", 1000, 0, 0);
    expect("site_calloc", 11, 11, 11 * 150);
    expect("site_new", 6, 6, 600);
    expect("site_new_nothrow", 6, 6, 6 * 77);
    expect("site_new_aligned", 6, 6, 6 * 256);
    expect("site_strdup", 9, 9, 9 * 16);
    expect("site_realloc_grow", 52, 2, 50'000 + (3 << 20));
    std::remove(output().c_str());
  }
}

TEST_F(HeapShimTest, LeavesTheProbesOut) {
  ASSERT_EQ(record({"-q", "--heap=shim", "--", "true"}), 0) << said();
  const auto found = read();
  EXPECT_TRUE(found.has_level("heap: off"));
  EXPECT_TRUE(found.has_level("heap_shim: where a process brings it"));
}

// Sends a segment that is well, spoils it a moment later, and comes back with
// others: malformed from the start, or of the wrong size.
constexpr const char* kHostile = R"(
import array, fcntl, mmap, os, socket, struct, sys, time
size, magic, channel = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
def send(length, fill):
    fd = os.memfd_create("x", os.MFD_ALLOW_SEALING)
    os.ftruncate(fd, length)
    fcntl.fcntl(fd, 1033, 1 | 2 | 4)
    memory = mmap.mmap(fd, 4096)
    memory[:len(fill)] = fill
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.connect(os.environ["TIDEMARK_SOCKET"])
    hello = struct.pack("<QHHIQ", channel, 1, 0, 2, size) + bytes(136)
    s.sendmsg([hello], [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                         array.array("i", [fd]))])
    return memory
good = struct.pack("<QHHIQ", magic, 1, 0, 0, size) + bytes(40)
good += struct.pack("<IIQ", 0, 0, 4096)
memory = send(size, good)
time.sleep(0.5)
memory[64:72] = struct.pack("<II", 0xFFFFFFFF, 0xFFFFFFFF)
time.sleep(0.5)
for i in range(100):
    try:
        send(size, os.urandom(4096))
        send(4096, good)
    except OSError:
        pass
time.sleep(0.3)
)";

TEST_F(HeapShimTest, QuarantinesASegmentThatLies) {
  const std::string script = path("hostile.py");
  std::ofstream(script) << kHostile;
  const std::string command =
      "python3 " + script + " " + std::to_string(TIDEMARK_HEAP_SEGMENT_BYTES) +
      " " + std::to_string(TIDEMARK_HEAP_MAGIC) + " " +
      std::to_string(TIDEMARK_CHANNEL_MAGIC) +
      " & { echo; sleep 0.3; } | LD_PRELOAD=" TIDEMARK_HEAP_SHIM
      " TIDEMARK_HEAP_PERIOD=1 " TIDEMARK_HEAP_TARGET " malloc; wait";
  ASSERT_EQ(record({"-q", "--heap=auto", "--interval=100ms", "--", "sh", "-c",
                    command}),
            0)
      << said();
  const auto events = read().of(EventKind::client_quarantined);
  ASSERT_FALSE(events.empty());
  EXPECT_NE(events[0].text.find("claims too many"), std::string::npos)
      << events[0].text;
  sites_ = read_recorded_sites(output());
  expect("site_malloc_leak", 7, 7, 700);
}

TEST_F(HeapShimTest, SaysWhereItLookedForTheLibrary) {
  ::setenv("TIDEMARK_HEAP_LIBRARY", "/nowhere/libtidemark-heap.so", 1);
  EXPECT_EQ(record({"--heap=shim", "--", "true"}), 64);
  EXPECT_NE(said().find("cannot preload /nowhere/libtidemark-heap.so"),
            std::string::npos)
      << said();
  ::unsetenv("TIDEMARK_HEAP_LIBRARY");
}

}  // namespace
}  // namespace tidemark
