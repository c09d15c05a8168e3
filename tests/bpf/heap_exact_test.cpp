// Exact mode against heaptrack, by function, and against what the target knows
// of itself where heaptrack sees nothing (static programs, children, memalign).
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "tests/bpf/heap_fixture.h"

namespace tidemark {
namespace {

using testing_bpf::CuedTarget;
using testing_bpf::HeapSession;
using Figures = HeapSession::Figures;
using ByFunction = std::map<std::string, Figures>;

// Folded stacks of heaptrack_print: "frame;frame; cost", outermost first.
void add_folded(const std::string& file, int64_t Figures::* field,
                ByFunction& sums) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    const size_t begin = line.rfind("site_");
    const size_t cost = line.rfind(' ');
    if (begin == std::string::npos || cost == std::string::npos) continue;
    const size_t end = line.find_first_of(" (;", begin);
    sums[line.substr(begin, end - begin)].*field +=
        std::stoll(line.substr(cost));
  }
}

class HeapExactTest : public testing_bpf::HeapFixture {
 protected:
  static bool run(const std::string& command) {
    return std::system(command.c_str()) == 0;
  }

  // Functions that heaptrack cannot see are left out.
  ByFunction by_heaptrack(const std::string& program, const std::string& work) {
    const std::string base = folder_ + "/" + work;
    EXPECT_TRUE(run("heaptrack -o " + base + " " + program + " " + work +
                    " < /dev/null > /dev/null 2>&1"));
    ByFunction sums;
    const auto print = [&](const char* cost, int64_t Figures::* field) {
      const std::string folded = base + "." + cost;
      EXPECT_TRUE(run("heaptrack_print -f " + base +
                      ".zst -p 0 -a 0 -T 0 -l 0 "
                      "-F " +
                      folded + " --flamegraph-cost-type " + cost +
                      " > /dev/null 2>&1"));
      add_folded(folded, field, sums);
    };
    print("allocations", &Figures::allocs);
    print("leaked", &Figures::live_bytes);
    return sums;
  }

  ByFunction by_probes(const std::string& program, const std::string& work) {
    HeapSession session(*tracer_);
    CuedTarget target({program, work},
                      {"TIDEMARK_PLUGIN=" TIDEMARK_HEAP_PLUGIN});
    EXPECT_TRUE(target.hear("ready\n"));
    const Status attached = session.attach(target.pid());
    EXPECT_TRUE(attached) << attached.error().what;
    session.sample(HeapTracer::kExact);
    target.answer();
    EXPECT_TRUE(target.hear("done\n"));
    EXPECT_TRUE(session.look_again());
    const Status read = session.read();
    EXPECT_TRUE(read) << read.error().what;
    target.answer();
    EXPECT_EQ(target.wait(), 0);
    EXPECT_EQ(session.counts().untracked, 0u);
    return session.by_function();
  }

  void expect_as_heaptrack(const std::string& program,
                           const std::string& work) {
    const ByFunction expected = by_heaptrack(program, work);
    ByFunction found = by_probes(program, work);
    ASSERT_FALSE(expected.empty());
    for (const auto& [function, figures] : expected) {
      EXPECT_EQ(found[function].allocs, figures.allocs) << function;
      EXPECT_EQ(found[function].live_bytes, figures.live_bytes) << function;
    }
    std::printf("%s %s: %zu functions as heaptrack\n",
                program.substr(program.rfind('/') + 1).c_str(), work.c_str(),
                expected.size());
  }
  void expect(ByFunction& found, const char* function, int64_t allocs,
              int64_t live, int64_t bytes) {
    const Figures& figures = found[function];
    EXPECT_EQ(figures, (Figures{allocs, live, bytes}))
        << function << ": " << figures.allocs << " allocated, " << figures.live
        << " alive, " << figures.live_bytes << " bytes";
  }
};

TEST_F(HeapExactTest, AsHeaptrackOnEachKindOfAllocation) {
  for (const char* work : {"malloc", "calloc", "realloc", "new", "new_aligned",
                           "strdup", "containers", "threads", "sampled"}) {
    expect_as_heaptrack(TIDEMARK_HEAP_TARGET, work);
  }
}

TEST_F(HeapExactTest, AsHeaptrackWithoutFramePointers) {
  for (const char* work : {"new", "containers", "strdup", "realloc"}) {
    expect_as_heaptrack(TIDEMARK_HEAP_TARGET "_optimised", work);
  }
}

TEST_F(HeapExactTest, AsHeaptrackWithOtherAllocators) {
  for (const char* work : {"malloc", "calloc", "realloc", "strdup"}) {
    expect_as_heaptrack(TIDEMARK_HEAP_TARGET "_jemalloc", work);
    expect_as_heaptrack(TIDEMARK_HEAP_TARGET "_tcmalloc", work);
  }
}

// Their operator new has a fast path of its own, which no malloc sees; nor does
// heaptrack.
TEST_F(HeapExactTest, OperatorNewOfOtherAllocatorsByItsOwnFigures) {
  for (const char* allocator : {"_jemalloc", "_tcmalloc"}) {
    SCOPED_TRACE(allocator);
    const std::string program = TIDEMARK_HEAP_TARGET + std::string(allocator);
    auto found = by_probes(program, "new");
    expect(found, "site_new", 6, 6, 600);
    expect(found, "site_new_nothrow", 6, 6, 6 * 77);
    expect(found, "site_new_deleted", 12, 0, 0);
    found = by_probes(program, "new_aligned");
    expect(found, "site_new_aligned", 6, 6, 6 * 256);
    found = by_probes(program, "containers");
    // The vector, its eight sizes, a hundred strings.
    expect(found, "site_vector_growth", 109, 102, 24 + 128 * 32 + 100 * 41);
  }
}

TEST_F(HeapExactTest, AlignedAllocationsByTheirOwnFigures) {
  auto found = by_probes(TIDEMARK_HEAP_TARGET, "aligned");
  expect(found, "site_memalign", 4, 4, 2800);
  expect(found, "site_aligned_alloc", 4, 4, 2560);
  expect(found, "site_valloc", 4, 4, 40);
  expect(found, "site_pvalloc", 4, 4, 40);
  expect(found, "site_posix_memalign", 4, 4, 1332);
  expect(found, "site_posix_memalign_small", 4, 4, 220);
}

TEST_F(HeapExactTest, AStaticProgramByItsOwnFigures) {
  auto found = by_probes(TIDEMARK_HEAP_TARGET "_static", "malloc");
  expect(found, "site_malloc_leak", 7, 7, 700);
  expect(found, "site_malloc_freed", 1000, 0, 0);
  expect(found, "site_malloc_zero", 3, 3, 0);
  expect(found, "site_malloc_large", 2, 2, 2 * (300 << 10));
  found = by_probes(TIDEMARK_HEAP_TARGET "_static", "new");
  expect(found, "site_new", 6, 6, 600);
  expect(found, "site_new_nothrow", 6, 6, 6 * 77);
}

TEST_F(HeapExactTest, APluginByItsOwnFigures) {
  auto found = by_probes(TIDEMARK_HEAP_TARGET, "dlopen");
  expect(found, "site_plugin_leak", 17, 17, 17 * 77);
}

TEST_F(HeapExactTest, AChildHasItsOwnFiguresAlone) {
  HeapSession parent(*tracer_), child(*tracer_);
  CuedTarget target({TIDEMARK_HEAP_TARGET, "fork"});
  ASSERT_TRUE(target.hear("ready\n"));
  ASSERT_TRUE(parent.attach(target.pid()));
  parent.sample(HeapTracer::kExact);
  target.answer();
  ASSERT_TRUE(target.hear("done\n"));
  ASSERT_TRUE(parent.read());
  ASSERT_EQ(parent.events().size(), 1u);
  EXPECT_EQ(parent.events()[0].kind, HeapEventKind::forked);
  ASSERT_TRUE(child.attach(parent.events()[0].pid));
  child.sample(HeapTracer::kExact);
  target.answer_child();
  ASSERT_TRUE(target.hear_child());
  ASSERT_TRUE(child.read());
  ASSERT_TRUE(parent.read());
  auto of_child = child.by_function();
  auto of_parent = parent.by_function();
  expect(of_child, "site_malloc_leak", 13, 13, 1300);
  expect(of_child, "site_calloc", 0, 0, 0);
  expect(of_parent, "site_malloc_leak", 1, 1, 100);
  expect(of_parent, "site_calloc", 1, 1, 150);
  target.answer_child();
  target.answer();
}

}  // namespace
}  // namespace tidemark
