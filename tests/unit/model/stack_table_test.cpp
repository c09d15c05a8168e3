#include "core/model/stack_table.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

constexpr ModuleId kShop{0};
constexpr ModuleId kLibc{1};

StackTable sample() {
  StackTable table;
  EXPECT_TRUE(table.define(Module{kShop, "/bin/shop", "\x01\x02"}));
  EXPECT_TRUE(table.define(Module{kLibc, "/lib/libc.so.6", ""}));
  EXPECT_TRUE(
      table.define(Stack{.id = StackId(7),
                         .addresses = {{kLibc, 0x10}, {kShop, 0x20}, {{}, 5}},
                         .quality = StackQuality::frame_pointer}));
  return table;
}

TEST(StackTable, ShowsAddressesUntilNamesAreKnown) {
  StackTable table = sample();
  auto frames = table.resolve(StackId(7));
  ASSERT_EQ(frames.size(), 3u);
  EXPECT_EQ(frames[1].function, "");
  EXPECT_EQ(frames[1].module, "/bin/shop");
  EXPECT_EQ(frames[1].offset, 0x20u);
  EXPECT_EQ(frames[1].build_id, "\x01\x02");
  EXPECT_EQ(frames[2].module, "");
  EXPECT_EQ(frames[2].offset, 5u);

  EXPECT_TRUE(table.define(AddressSymbols{
      {kShop, 0x20},
      {{"add", "cart.cpp", 8, true}, {"checkout", "cart.cpp", 88, false}}}));
  frames = table.resolve(StackId(7));
  ASSERT_EQ(frames.size(), 4u);
  EXPECT_EQ(frames[1].function, "add");
  EXPECT_TRUE(frames[1].inlined);
  EXPECT_EQ(frames[2].function, "checkout");
  EXPECT_EQ(frames[2].line, 88u);
  EXPECT_FALSE(frames[2].inlined);
  EXPECT_EQ(frames[2].offset, 0x20u);
}

TEST(StackTable, NamesThatWereNotFoundLeaveTheAddress) {
  StackTable table = sample();
  EXPECT_TRUE(table.define(AddressSymbols{{kShop, 0x20}, {}}));
  EXPECT_EQ(table.resolve(StackId(7)).size(), 3u);
  ASSERT_NE(table.symbols({kShop, 0x20}), nullptr);
  EXPECT_EQ(table.symbols({kShop, 0x21}), nullptr);
}

TEST(StackTable, RefusesWhatIsBeyondItsLimits) {
  StackTable table = sample();
  EXPECT_FALSE(table.define(Module{{}, "/x", ""}));
  EXPECT_FALSE(
      table.define(Module{ModuleId(StackTable::kMaxModules), "/x", ""}));
  EXPECT_FALSE(table.define(
      Module{ModuleId(2), std::string(StackTable::kMaxText + 1, 'x'), ""}));
  EXPECT_FALSE(table.define(Stack{.addresses = {{kShop, 1}}}));
  EXPECT_FALSE(table.define(Stack{.id = StackId(StackTable::kMaxStacks)}));
  EXPECT_FALSE(
      table.define(Stack{.id = StackId(1), .addresses = {{ModuleId(9), 1}}}));
  Stack deep{.id = StackId(1)};
  deep.addresses.resize(StackTable::kMaxDepth + 1);
  EXPECT_FALSE(table.define(deep));
  EXPECT_FALSE(table.define(AddressSymbols{{ModuleId(9), 1}, {}}));
  AddressSymbols many{{kShop, 1}, {}};
  many.frames.resize(StackTable::kMaxInlines + 1);
  EXPECT_FALSE(table.define(many));
  EXPECT_EQ(table.modules().size(), 2u);
  EXPECT_EQ(table.stacks().size(), 1u);
  EXPECT_EQ(table.names().size(), 0u);
  EXPECT_TRUE(table.resolve(StackId(1)).empty());
}

TEST(StackTable, RefusesMoreThanItsMemory) {
  StackTable table = sample();
  AddressSymbols big{{kShop, 0}, {}};
  for (size_t i = 0; i < StackTable::kMaxInlines; ++i) {
    big.frames.push_back({std::string(StackTable::kMaxText, 'f'),
                          std::string(StackTable::kMaxText, 'g'), 1, true});
  }
  const size_t each = StackTable::cost(big.frames);
  size_t taken = 0;
  while (taken <= 2 * StackTable::kMaxCost / each && table.define(big)) {
    ++taken;
    ++big.address.offset;
  }
  EXPECT_EQ(taken, StackTable::kMaxCost / each);
  // What replaces costs only the difference.
  big.address.offset = 0;
  EXPECT_TRUE(table.define(big));
}

}  // namespace
}  // namespace tidemark
