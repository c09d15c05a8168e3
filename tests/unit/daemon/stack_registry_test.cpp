#include "daemon/stack_registry.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <fstream>
#include <string>

#include "core/model/stack_table.h"

namespace tidemark {
namespace {

TEST(StackRegistry, TheSameAgainGetsTheSameIdAndIsToldOnce) {
  StackRegistry registry;
  const ModuleId shop = registry.module({{}, "/bin/shop", "id"});
  EXPECT_EQ(registry.module({{}, "/bin/shop", "id"}), shop);
  const ModuleId upgraded = registry.module({{}, "/bin/shop", "other id"});
  EXPECT_NE(upgraded, shop);
  const StackId one = registry.stack({.addresses = {{shop, 1}, {shop, 2}}});
  EXPECT_EQ(registry.stack({.addresses = {{shop, 1}, {shop, 2}}}), one);
  EXPECT_NE(registry.stack({.addresses = {{shop, 2}, {shop, 1}}}), one);
  EXPECT_NE(registry.stack({.addresses = {{upgraded, 1}, {shop, 2}}}), one);
  EXPECT_NE(registry.stack({.addresses = {{shop, 1}, {shop, 2}},
                            .quality = StackQuality::guess}),
            one);

  StackDefinitions changes;
  registry.take(changes);
  EXPECT_EQ(changes.modules.size(), 2u);
  EXPECT_EQ(changes.stacks.size(), 4u);
  EXPECT_TRUE(registry.changes().empty());
  registry.stack({.addresses = {{shop, 1}, {shop, 2}}});
  EXPECT_TRUE(registry.changes().empty());
}

TEST(StackRegistry, CutsWhatATableWouldRefuse) {
  StackRegistry registry;
  const ModuleId module =
      registry.module({{}, std::string(StackTable::kMaxText + 9, 'p'), ""});
  Stack deep;
  for (size_t i = 0; i < StackTable::kMaxDepth + 5; ++i) {
    deep.addresses.push_back({module, i});
  }
  registry.stack(deep);
  AddressSymbols symbols{{module, 1}, {}};
  for (size_t i = 0; i < StackTable::kMaxInlines + 5; ++i) {
    symbols.frames.push_back({"f" + std::to_string(i), "", 1, true});
  }
  symbols.frames.back() = {std::string(StackTable::kMaxText + 9, 'f'), "", 1,
                           false};
  registry.symbols(symbols);

  StackTable table;
  const StackDefinitions& told = registry.changes();
  ASSERT_TRUE(table.define(told.modules.at(0)));
  ASSERT_TRUE(table.define(told.stacks.at(0)));
  ASSERT_TRUE(table.define(told.symbols.at(0)));
  EXPECT_TRUE(told.stacks[0].truncated);
  const auto* frames = table.symbols({module, 1});
  ASSERT_EQ(frames->size(), StackTable::kMaxInlines);
  EXPECT_FALSE(frames->back().inlined);
}

// As many stacks as it takes, each of its own, and names for their addresses.
void fill(StackRegistry& registry) {
  const ModuleId module = registry.module({{}, "/opt/shop/bin/shop", "id"});
  for (uint64_t i = 0; registry.refused() == 0; ++i) {
    Stack stack;
    for (uint64_t k = 0; k < 12; ++k) {
      stack.addresses.push_back({module, (i << 8) + k});
    }
    registry.stack(stack);
    registry.symbols({{module, i << 8},
                      {{"shop::Cart::checkout(int)", "cart.cpp", 54, false}}});
  }
}

TEST(StackRegistry, RefusesAndCountsBeyondItsBudget) {
  StackRegistry registry(1 << 20);
  fill(registry);
  const int64_t refused = registry.refused();
  EXPECT_FALSE(registry.stack({.addresses = {{{}, 1}, {{}, 2}}}).valid() &&
               registry.stack({.addresses = {{{}, 3}, {{}, 4}}}).valid());
  EXPECT_GT(registry.refused(), refused);
  // What is known stays.
  Stack first;
  for (uint64_t k = 0; k < 12; ++k) {
    first.addresses.push_back({ModuleId(0), k});
  }
  EXPECT_TRUE(registry.stack(first).valid());
}

size_t heap_in_use() { return ::mallinfo2().uordblks; }

TEST(StackRegistry, WithTheWritersTableItTakesWhatIsSaid) {
  constexpr size_t kBudget = 8 << 20;
  const size_t before = heap_in_use();
  if (before == 0) GTEST_SKIP() << "this malloc does not say";
  StackRegistry registry(kBudget);
  fill(registry);
  StackTable table;
  {
    StackDefinitions told;
    registry.take(told);
    for (Module& each : told.modules) ASSERT_TRUE(table.define(each));
    for (Stack& each : told.stacks) ASSERT_TRUE(table.define(each));
    for (AddressSymbols& each : told.symbols) ASSERT_TRUE(table.define(each));
  }
  const size_t taken = heap_in_use() - before;
  EXPECT_LT(taken, kBudget * 5 / 2);
  RecordProperty("bytes_per_byte_of_cost",
                 std::to_string(static_cast<double>(taken) / kBudget));
  std::printf("%.2f bytes for each byte of cost\n",
              static_cast<double>(taken) / kBudget);
}

// All of a service that does not grow with its stacks: measured in soaks.
TEST(StackRegistry, AServicesStacksFitItsUnit) {
  constexpr size_t kAllElse = 72u << 20;
  std::ifstream unit(TIDEMARK_SOURCE_DIR "/systemd/tidemarkd.service");
  size_t high = 0;
  for (std::string line; std::getline(unit, line);) {
    constexpr std::string_view kKey = "MemoryHigh=";
    if (!line.starts_with(kKey)) continue;
    ASSERT_TRUE(line.ends_with('M')) << line;
    high = std::stoul(line.substr(kKey.size())) << 20;
  }
  ASSERT_GT(high, 0u);
  EXPECT_LE(StackRegistry::kServiceCost * 5 / 2 + kAllElse, high);
}

}  // namespace
}  // namespace tidemark
