#include "daemon/stack_registry.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace tidemark
