#include "core/analysis/reconcile.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

constexpr double kMiB = 1 << 20;

GrowthParts parts_of_a_small_block_leak() {
  GrowthParts parts;
  parts.anon = 100 * kMiB;
  parts.file = 2 * kMiB;
  parts.sites = 80 * kMiB;
  parts.touched_heap = 97 * kMiB;
  parts.touched_mappings = 1 * kMiB;
  parts.arenas = 0.0;
  return parts;
}

TEST(Reconcile, HeadersAndHolesAreTheAllocators) {
  const Reconciliation growth = reconcile(parts_of_a_small_block_leak());
  EXPECT_DOUBLE_EQ(growth.rss, 102 * kMiB);
  EXPECT_DOUBLE_EQ(*growth.sites, 80 * kMiB);
  EXPECT_DOUBLE_EQ(*growth.allocator, 17 * kMiB);
  EXPECT_DOUBLE_EQ(*growth.file_shmem, 2 * kMiB);
  EXPECT_DOUBLE_EQ(growth.unexplained, 3 * kMiB);
}

TEST(Reconcile, MappingsOfTheProgramStayUnexplained) {
  GrowthParts parts = parts_of_a_small_block_leak();
  parts.anon += 50 * kMiB;
  *parts.touched_mappings += 50 * kMiB;
  const Reconciliation growth = reconcile(parts);
  EXPECT_DOUBLE_EQ(*growth.allocator, 17 * kMiB);
  EXPECT_DOUBLE_EQ(growth.unexplained, 53 * kMiB);
}

TEST(Reconcile, MappingsOfKnownSitesAreTheProgramsOwn) {
  GrowthParts parts = parts_of_a_small_block_leak();
  parts.anon += 50 * kMiB;
  *parts.touched_mappings += 50 * kMiB;
  parts.mapped = 50 * kMiB;
  Reconciliation growth = reconcile(parts);
  EXPECT_DOUBLE_EQ(*growth.mapped, 50 * kMiB);
  EXPECT_DOUBLE_EQ(growth.unexplained, 3 * kMiB);
  // Reserved, and hardly touched: it cannot be more than what is left.
  parts.mapped = 500 * kMiB;
  growth = reconcile(parts);
  EXPECT_DOUBLE_EQ(*growth.mapped, 53 * kMiB);
  EXPECT_DOUBLE_EQ(growth.unexplained, 0);
}

TEST(Reconcile, LargeBlocksAreNotCountedTwice) {
  GrowthParts parts;
  parts.anon = 90 * kMiB;
  parts.sites = 60 * kMiB;
  parts.touched_heap = 0.0;
  parts.touched_mappings = 90 * kMiB;
  parts.mapped = 90 * kMiB;  // 60 MiB of them by the allocator
  const Reconciliation growth = reconcile(parts);
  EXPECT_DOUBLE_EQ(*growth.mapped, 30 * kMiB);
  EXPECT_DOUBLE_EQ(growth.unexplained, 0);
}

TEST(Reconcile, LargeBlocksAndArenasAreMappings) {
  GrowthParts parts;
  parts.anon = 64 * kMiB;
  parts.sites = 60 * kMiB;
  parts.touched_heap = 0.0;
  parts.touched_mappings = 63 * kMiB;
  EXPECT_DOUBLE_EQ(*reconcile(parts).allocator, 0);  // large blocks
  parts.arenas = 70 * kMiB;
  EXPECT_DOUBLE_EQ(*reconcile(parts).allocator, 3 * kMiB);
}

TEST(Reconcile, WhatWasTouchedTwiceCountsOnce) {
  GrowthParts parts = parts_of_a_small_block_leak();
  *parts.touched_heap = 500 * kMiB;  // trimmed and taken again
  const Reconciliation growth = reconcile(parts);
  EXPECT_DOUBLE_EQ(*growth.allocator, 20 * kMiB);
  EXPECT_DOUBLE_EQ(growth.unexplained, 0);
}

TEST(Reconcile, WhatWasNotMeasuredIsNoPart) {
  GrowthParts parts = parts_of_a_small_block_leak();
  parts.touched_heap.reset();
  EXPECT_FALSE(reconcile(parts).allocator);
  parts = parts_of_a_small_block_leak();
  parts.sites.reset();
  const Reconciliation growth = reconcile(parts);
  EXPECT_FALSE(growth.allocator);
  EXPECT_DOUBLE_EQ(growth.unexplained, 100 * kMiB);
}

}  // namespace
}  // namespace tidemark
