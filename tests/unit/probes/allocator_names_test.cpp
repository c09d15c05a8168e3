#include "probes/allocator_names.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

TEST(AllocatorNames, KnowsTheCFunctionsOfEachAllocator) {
  using enum AllocatorFunction;
  EXPECT_EQ(allocator_function("malloc"), malloc);
  EXPECT_EQ(allocator_function("__libc_malloc"), malloc);
  EXPECT_EQ(allocator_function("je_malloc"), malloc);
  EXPECT_EQ(allocator_function("_rjem_malloc"), malloc);
  EXPECT_EQ(allocator_function("tc_malloc"), malloc);
  EXPECT_EQ(allocator_function("mi_zalloc"), malloc);
  EXPECT_EQ(allocator_function("aligned_alloc"), memalign);
  EXPECT_EQ(allocator_function("cfree"), free);
  EXPECT_EQ(allocator_function("free_aligned_sized"), free);
  EXPECT_EQ(allocator_function("rallocx"), realloc);
}

TEST(AllocatorNames, KnowsTheOperators) {
  using enum AllocatorFunction;
  EXPECT_EQ(allocator_function("_Znwm"), operator_new);
  EXPECT_EQ(allocator_function("_ZnamSt11align_val_t"), operator_new);
  EXPECT_EQ(allocator_function("_ZnwmRKSt9nothrow_t"), operator_new_nothrow);
  EXPECT_EQ(allocator_function("_ZdaPvmSt11align_val_t"), operator_delete);
  EXPECT_EQ(allocator_function("tc_newarray"), operator_new);
}

TEST(AllocatorNames, LeavesOthersFunctionsAlone) {
  for (const char* name :
       {"", "xmalloc", "zalloc", "new", "delete", "mallocate", "_ZnwmPv",
        "_Znwm.cold", "_ZN5tcmalloc4freeEv", "_ZdlPvmm", "je_", "mi_heap"}) {
    EXPECT_EQ(allocator_function(name), std::nullopt) << name;
  }
}

TEST(AllocatorNames, ReadsNoMoreThanThreeArguments) {
  for (size_t i = 0; i < kAllocatorFunctions; ++i) {
    EXPECT_LE(arguments_of(static_cast<AllocatorFunction>(i)), 3u);
  }
}

TEST(AllocatorNames, TellsAllocatorsApart) {
  EXPECT_EQ(name_allocator({"malloc", "mallocx"}), "jemalloc");
  EXPECT_EQ(name_allocator({"_rjem_malloc"}), "jemalloc");
  EXPECT_EQ(name_allocator({"malloc", "tc_malloc"}), "tcmalloc");
  EXPECT_EQ(name_allocator({"malloc", "mi_malloc"}), "mimalloc");
  EXPECT_EQ(name_allocator({"malloc", "__libc_memalign"}), "glibc");
  EXPECT_EQ(name_allocator({"malloc"}), "other");
}

}  // namespace
}  // namespace tidemark
