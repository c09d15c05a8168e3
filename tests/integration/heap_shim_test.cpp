// `tidemark record --heap=shim`: the figures that a program's functions are
// known to have (tests/bpf/heap_target.cpp), told by libtidemark-heap in it.
#include <string>
#include <vector>

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
